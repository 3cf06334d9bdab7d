//! A change of roles, for a person.

use super::style::Style;
use dbha_core::{FailoverDone, RoleStep, SwitchoverDone, SwitchoverPlan, harmless};

/// Where what belongs to a step begins.
const INDENT: usize = 6;

/// Writes what will be done; with its statements where that is wished.
pub fn switchover_plan(plan: &SwitchoverPlan, statements: bool, style: Style) -> Vec<String> {
    let connections = match plan.connections {
        Some(1) => "; 1 connection to it is ended".to_owned(),
        Some(count) => format!("; {count} connections to it are ended"),
        None => String::new(),
    };
    let mut lines = vec![format!(
        "{} {} → {}: {} takes the writes, {} becomes a read-only standby{connections}",
        style.bold("Switchover"),
        plan.from,
        plan.to,
        plan.to,
        plan.from
    )];
    for (number, step) in plan.steps.iter().enumerate() {
        lines.push(format!("  {:>2}  {}: {}", number + 1, step.server, step.title));
        if statements {
            let sent = step.statements.iter();
            lines.extend(sent.map(|sql| {
                format!(
                    "{}{}",
                    " ".repeat(INDENT),
                    style.dim(&format!("{};", harmless(&sql.to_string())))
                )
            }));
        }
    }
    lines
}

/// Writes a step that was done.
pub fn step(step: RoleStep, details: &[String], took_ms: u64, style: Style) -> Vec<String> {
    let took = format!("{:.2} s", took_ms as f64 / 1e3);
    let mut lines = vec![format!(
        "{} {}  {}",
        style.green("✔"),
        step.title(),
        style.dim(&took)
    )];
    lines.extend(
        details
            .iter()
            .map(|text| format!("    {}", style.dim(&harmless(text)))),
    );
    lines
}

/// Writes how a switchover ended.
pub fn switched_over(done: &SwitchoverDone, style: Style) -> String {
    style.green(&format!(
        "{} takes the writes (term {}); nobody could write for {:.0} ms; {} is {}: {}.",
        done.to, done.term, done.closed_ms, done.pair, done.status.verdict, done.status.reason
    ))
}

/// Writes how a failover ended, and what may be missing.
pub fn failed_over(done: &FailoverDone, style: Style) -> Vec<String> {
    let missing = match done.last_heartbeat_seconds {
        _ if done.complete => format!("{} has handed over everything; nothing is missing", done.from),
        Some(seconds) => format!(
            "what {} acknowledged after its last heartbeat, {seconds:.1} s ago, may be missing",
            done.from
        ),
        None => format!("the last of what {} acknowledged may be missing", done.from),
    };
    vec![
        style.green(&format!("{} takes the writes (term {}).", done.to, done.term)),
        format!("It begins with {}", done.begins_with),
        format!("{missing}."),
        format!("Keep {} from taking writes. Once it answers again:", done.from),
        format!("  dbha rejoin … --server {}", done.from),
    ]
}
