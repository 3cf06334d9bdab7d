//! An undo, for a person.

use super::{style::Style, wrap};
use dbha_core::{UndoPlan, UndoStep};

/// Where what belongs to a step begins.
const INDENT: usize = 6;

/// Writes what will be taken back, what is dropped with it and what stays; with its statements where that is wished.
pub fn plan(plan: &UndoPlan, statements: bool, style: Style) -> Vec<String> {
    let mut lines = vec![format!(
        "{} of the set-up of {}, by {}",
        style.bold("Undo"),
        plan.pair,
        plan.receipt.display()
    )];
    if plan.steps.is_empty() {
        lines.push("  nothing is left to take back".into());
    }
    for (number, step) in plan.steps.iter().enumerate() {
        lines.push(format!("  {:>2}  {}", number + 1, step.title));
        let details = wrap::wrapped(&step.details).into_iter();
        lines.extend(details.map(|text| format!("{}{}", " ".repeat(INDENT), style.dim(&text))));
        for dropped in &step.drops {
            lines.push(format!(
                "{}{} drops {dropped}",
                " ".repeat(INDENT),
                style.red("–")
            ));
        }
        if statements {
            let sent = step.statements.iter();
            lines.extend(sent.map(|sql| format!("{}{}", " ".repeat(INDENT), style.dim(&format!("{sql};")))));
        }
    }
    lines.extend(stays(plan, style));
    lines
}

/// Writes what stays as it is.
pub fn stays(plan: &UndoPlan, style: Style) -> Vec<String> {
    let margin = format!("\n{}", " ".repeat(INDENT));
    let line = |text: &String| {
        let words = wrap::words(text, wrap::width().saturating_sub(INDENT));
        format!("  {} {}", style.yellow("stays:"), words.join(&margin))
    };
    plan.stays.iter().map(line).collect()
}

/// Writes one step that was taken back.
pub fn done(step: &UndoStep, took_ms: u64, style: Style) -> String {
    let took = format!("{:.2} s", took_ms as f64 / 1e3);
    format!("{} {}  {}", style.green("✔"), step.title, style.dim(&took))
}
