//! What a server's error means, for a person at a terminal.

use super::{style::Style, wrap};
use dbha_core::ServerError;

/// Where the text under a heading begins.
const MARGIN: usize = 4;

/// Writes all that is known of an error; commands stand on lines of their own, whole, to be copied.
pub fn human(error: &ServerError, style: Style, width: usize) -> String {
    let title = format!("{} {} ({})", error.codes(), error.title, error.effect);
    let title = wrap::words(&title, width).join("\n    ");
    let mut text = format!("{}\n", style.bold(&title));
    text.push_str(&paragraph(error.means, MARGIN, width));
    text.push_str(&heading(style, "The server says, for instance"));
    text.push_str(&paragraph(error.says, MARGIN, width));
    text.push_str(&heading(style, "What usually caused it"));
    for cause in error.causes {
        text.push_str(&item("-", cause, width));
    }
    for case in error.cases {
        text.push_str(&format!("\n  {}\n", style.bold(&format!("… {}", case.words))));
        text.push_str(&paragraph(case.means, MARGIN, width));
        text.push_str(&item("→", case.next, width));
    }
    text.push_str(&heading(style, "What to do, in order"));
    for (index, step) in error.next.iter().enumerate() {
        text.push_str(&item(&format!("{}.", index + 1), step.what, width));
        for command in step.commands.lines() {
            text.push_str(&format!("         {}\n", style.bold(command)));
        }
    }
    if !error.flavours.is_empty() {
        text.push_str(&heading(style, "MariaDB and MySQL"));
        text.push_str(&paragraph(error.flavours, MARGIN, width));
    }
    let last = "No transaction is skipped here. shop.orders, db1 and db2 are examples.";
    text.push_str(&format!("\n{}", style.dim(last)));
    text
}

fn heading(style: Style, title: &str) -> String {
    format!("\n  {}\n", style.bold(title))
}

fn paragraph(text: &str, indent: usize, width: usize) -> String {
    let margin = " ".repeat(indent);
    let lines = wrap::words(text, width.saturating_sub(indent));
    lines.iter().map(|line| format!("{margin}{line}\n")).collect()
}

/// One entry of a list: its mark, and the text beside it.
fn item(mark: &str, text: &str, width: usize) -> String {
    let indent = MARGIN + mark.chars().count() + 1;
    let lines = wrap::words(text, width.saturating_sub(indent));
    format!(
        "{}{mark} {}\n",
        " ".repeat(MARGIN),
        lines.join(&format!("\n{}", " ".repeat(indent)))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_fits_and_commands_stay_whole() {
        for error in ServerError::all() {
            let text = human(error, crate::render::style::plain(), 80);
            let commands: Vec<&str> = error.next.iter().flat_map(|step| step.commands.lines()).collect();
            for command in &commands {
                assert!(
                    text.lines().any(|line| line.trim() == *command),
                    "{command}\n{text}"
                );
            }
            for line in text.lines().filter(|line| !commands.contains(&line.trim())) {
                let fits =
                    line.chars().count() <= 80 || !line.trim().contains(' ') || line.starts_with("  …");
                assert!(fits, "{line}");
            }
        }
    }
}
