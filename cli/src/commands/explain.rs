//! `dbha explain`

use crate::{
    args::{Cli, ExplainArgs, Output},
    exit::Failure,
    render::{json, server_error, style, wrap},
};
use dbha_core::{Explanation, explain, explanations};

/// Says what one code means and what to do about it, or lists all of them.
pub fn run(cli: &Cli, args: &ExplainArgs) -> Result<u8, Failure> {
    match &args.code {
        Some(code) => {
            let found = explain(code).ok_or_else(|| {
                Failure::usage(
                    format!("there is no code {}", dbha_sql::printable(code)),
                    "codes are DBHA-P01 and so on for findings, DBHA-M01 and so on for conditions, and the number for an error of a server that a pair meets; dbha explain lists them",
                )
            })?;
            match cli.output.format {
                Output::Human => match found.server_error {
                    Some(error) => data!(
                        "{}",
                        server_error::human(error, style::of_stdout(), wrap::width())
                    ),
                    None => one(&found),
                },
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
        style.bold(&found.code),
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
        // What an error does takes a sentence, where a finding's weight takes a word.
        let effect = match found.server_error {
            Some(_) => "error",
            None => first_word(&found.effect),
        };
        let code = format!("{:<8}", found.code);
        data!("{}  {effect:<9} {}", style.bold(&code), found.title);
    }
}

fn first_word(effect: &str) -> &str {
    effect.split(';').next().unwrap_or(effect)
}
