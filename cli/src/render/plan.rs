//! A plan, for a person.

use super::{style::Style, wrap::wrapped};
use dbha_core::{AutoIncrement, Check, Plan, PlannedStep, Writers, harmless};

/// Writes what a set-up will do: the aim, what is lost, and a line per step that has something to do.
pub fn human(plan: &Plan, style: Style) -> Vec<String> {
    let mut lines = vec![format!("{} {}", style.bold("Plan"), aim(plan))];
    if plan.is_empty() {
        lines.push("  nothing to do: everything is as wanted".into());
        return lines;
    }
    for lost in &plan.discarded {
        lines.push(format!(
            "  {} the secondary loses {}",
            style.red("–"),
            harmless(lost)
        ));
    }
    for (number, step) in plan.needed().enumerate() {
        lines.push(format!("  {:>2}  {}", number + 1, step.title));
        lines.extend(
            wrapped(&differences(step))
                .into_iter()
                .map(|text| format!("      {}", style.dim(&text))),
        );
    }
    lines
}

/// Writes the statements too, in the order in which they will be sent.
pub fn statements(plan: &Plan, style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    for step in plan.needed() {
        lines.push(style.bold(&format!("-- {}", step.title)));
        if step.statements.is_empty() {
            lines.push(style.dim("--   (statements follow from what is found then)"));
        }
        lines.extend(step.statements.iter().map(|planned| {
            format!(
                "/* {:<9} */ {};",
                planned.server.to_string(),
                harmless(&planned.sql.to_string())
            )
        }));
    }
    lines
}

fn aim(plan: &Plan) -> String {
    let [primary, secondary] = [&plan.topology.servers[0].name, &plan.topology.servers[1].name];
    let writers = match plan.topology.writers {
        Writers::One => format!("{primary} takes writes, {secondary} is a read-only standby"),
        Writers::Both => "both take writes".to_owned(),
    };
    let keys = match plan.topology.auto_increment {
        AutoIncrement::Interleaved => "keys 1, 3, 5 … and 2, 4, 6 …",
        AutoIncrement::Single => "keys 1, 2, 3 … on both",
    };
    format!("{primary} ⇄ {secondary}: {writers}; {keys}")
}

fn differences(step: &PlannedStep) -> Vec<String> {
    match &step.check {
        Check::Satisfied => vec![],
        Check::Needed(list) => list.iter().map(|one| harmless(one)).collect(),
    }
}
