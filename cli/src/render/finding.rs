//! One finding, for a person.

use super::{style::Style, wrap};
use dbha_core::{Finding, Severity, harmless};

/// Where the text of a finding begins, and its further lines.
const CODE_WIDTH: usize = "✘ DBHA-P00 ".len() - "✘".len() + 1;
/// Where reason and fix begin.
const INDENT: usize = 4;

/// Writes a finding: what was seen, why it matters, and what to do; the fix on lines of its own.
pub fn human(finding: &Finding, style: Style) -> String {
    fitted(finding, style, wrap::width())
}

fn fitted(finding: &Finding, style: Style, width: usize) -> String {
    let mark = match finding.severity {
        Severity::Blocks => style.red("✘"),
        Severity::Warning => style.yellow("!"),
        Severity::Note => style.dim("·"),
    };
    let under = |text: &str, indent: usize| {
        let break_ = format!("\n{}", " ".repeat(indent));
        wrap::words(&harmless(text), width.saturating_sub(indent)).join(&break_)
    };
    let margin = " ".repeat(INDENT);
    let code = style.bold(finding.code.as_str());
    let mut text = format!("{mark} {code} {}", under(&finding.text, CODE_WIDTH));
    if finding.severity != Severity::Note {
        for line in wrap::words(finding.code.why(), width.saturating_sub(INDENT)) {
            text.push_str(&format!("\n{margin}{}", style.dim(&line)));
        }
    }
    if finding.fix != "nothing to do" {
        text.push_str(&format!("\n{margin}→ {}", under(&finding.fix, INDENT + 2)));
    }
    // Statements and option lines stay whole, however long: they are there to be copied.
    for line in &finding.lines {
        text.push_str(&format!("\n{margin}  {}", style.bold(&harmless(line))));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbha_core::{FindingCode, Side};

    #[test]
    fn prose_fits_the_width_and_lines_to_copy_stay_whole() {
        let statement = format!("GRANT {} ON *.* TO 'a'@'%';", "SOMETHING LONG, ".repeat(8));
        let prose = "several words that go on for a while ".repeat(6);
        let finding = Finding::new(
            FindingCode::MissingPrivilege,
            Some(Side::Primary),
            prose.trim(),
            prose.trim(),
        )
        .with_lines(vec![statement.clone()]);
        for width in [80, 120] {
            let text = fitted(&finding, crate::render::style::plain(), width);
            let (whole, wrapped): (Vec<_>, Vec<_>) =
                text.lines().partition(|line| line.trim() == statement.trim());
            assert_eq!(whole.len(), 1, "{text}");
            assert!(wrapped.iter().all(|line| line.chars().count() <= width), "{text}");
            assert!(
                wrapped.iter().any(|line| line.chars().count() > width - 20),
                "{text}"
            );
        }
    }
}
