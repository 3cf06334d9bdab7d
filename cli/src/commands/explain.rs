//! `dbha explain`

use crate::{
    args::{Cli, ExplainArgs, Output},
    exit::Failure,
    render::{json, style, wrap},
};
use dbha_core::{Explanation, explain, explanations};

/// Says what one code means and what to do about it, or lists all of them.
pub fn run(cli: &Cli, args: &ExplainArgs) -> Result<u8, Failure> {
    match &args.code {
        Some(code) => {
            let found = explain(code).ok_or_else(|| {
                Failure::usage(
                    format!("there is no code {}", dbha_sql::printable(code)),
                    "codes are DBHA-P01 and so on for findings, DBHA-M01 and so on for conditions; dbha explain lists them",
                )
            })?;
            match cli.output.format {
                Output::Human => one(&found),
                form => json::print(&found, form == Output::Json),
            }
        }
        None => match cli.output.format {
            Output::Human => list(&explanations()),
            form => json::print(&explanations(), form == Output::Json),
        },
    }
    Ok(0)
}

fn one(found: &Explanation) {
    let style = style::of_stdout();
    let ignorable = if found.ignorable { ", may be ignored" } else { "" };
    data!(
        "{} {} ({}{ignorable})",
        style.bold(found.code),
        found.title,
        found.effect
    );
    let width = wrap::width().saturating_sub(4);
    for line in wrap::words(found.why, width) {
        data!("    {line}");
    }
    data!(
        "    → {}",
        wrap::words(found.what_to_do, width - 2).join("\n      ")
    );
}

fn list(all: &[Explanation]) {
    let style = style::of_stdout();
    for found in all {
        data!(
            "{}  {:<9} {}",
            style.bold(found.code),
            first_word(&found.effect),
            found.title
        );
    }
}

fn first_word(effect: &str) -> &str {
    effect.split(';').next().unwrap_or(effect)
}
