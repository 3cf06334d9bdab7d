//! One finding, for a person.

use super::{style::Style, wrap::words};
use dbha_core::{Finding, Severity};

/// Writes a finding in two or three lines: what, why, what to do.
pub fn human(finding: &Finding, style: Style) -> String {
    let mark = match finding.severity {
        Severity::Blocks => style.red("✘"),
        Severity::Warning => style.yellow("!"),
        Severity::Note => style.dim("·"),
    };
    let seen = words(&finding.text).join("\n           ");
    let mut text = format!("{mark} {} {seen}", style.bold(finding.code.as_str()));
    if finding.severity != Severity::Note {
        text.push_str(&format!("\n    {}", style.dim(finding.code.why())));
    }
    if finding.fix != "nothing to do" {
        text.push_str(&format!("\n    → {}", finding.fix));
    }
    text
}
