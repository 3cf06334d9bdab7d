//! `dbha preflight`

use super::setup;
use crate::{
    args::{Cli, Output, PreflightArgs},
    exit::Failure,
    interrupt::cancel_on_signal,
    render::{finding, json, style},
};
use dbha_core::{Finding, Severity};
use serde::Serialize;

/// The document of `-o json`.
#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    blocked: bool,
    findings: &'a [Finding],
}

/// What is said above the findings of each weight, the gravest first.
const WEIGHTS: [(Severity, &str); 3] = [
    (Severity::Blocks, "Must be mended first"),
    (Severity::Warning, "Worth a thought"),
    (Severity::Note, "Good to know"),
];

/// Exit code when something must be mended first.
const BLOCKED: u8 = 3;

/// Finds everything that speaks against a set-up; changes nothing.
pub async fn run(cli: &Cli, args: &PreflightArgs) -> Result<u8, Failure> {
    let pair = setup::pair(cli, &args.setup, cancel_on_signal())?;
    let findings = match args.probe {
        true => pair.preflight_with_probe().await?,
        false => pair.preflight().await?,
    };
    let blocked = findings.iter().any(Finding::blocks);
    let code = if blocked { BLOCKED } else { 0 };
    if cli.output.format != Output::Human {
        let document = Document {
            schema_version: 1,
            blocked,
            findings: &findings,
        };
        json::print(&document, cli.output.format == Output::Json);
        return Ok(code);
    }
    let style = style::of_stdout();
    for (weight, heading) in WEIGHTS {
        let of_weight = || findings.iter().filter(|found| found.severity == weight);
        if of_weight().next().is_some() {
            data!("{}", style.bold(&format!("{heading} ({})", of_weight().count())));
            of_weight().for_each(|found| data!("{}", finding::human(found, style)));
            data!();
        }
    }
    let verdict = match (blocked, findings.is_empty()) {
        (true, _) => style.red("The set-up cannot begin before the findings marked ✘ are mended."),
        (false, true) => style.green("Nothing speaks against a set-up."),
        (false, false) => style.green("Nothing stops a set-up; read the warnings and notes above."),
    };
    data!("{verdict}");
    Ok(code)
}
