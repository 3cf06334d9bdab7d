//! The proof at the end of a set-up, for a person.

use super::{state_word::state_word, style::Style, wrap::wrapped};
use dbha_core::{Proof, Status};

/// Writes what was proven and what a restart would do.
pub fn human(proof: &Proof, status: &Status, style: Style) -> Vec<String> {
    let mut lines = vec![style.bold("Proof")];
    let names: Vec<&str> = status.servers.iter().map(|server| server.name.as_str()).collect();
    for link in &status.links {
        let threads = format!("IO {} · SQL {}", state_word(link.io), state_word(link.sql));
        lines.push(format!(
            "  {} {} → {}  {threads}",
            style.green("✔"),
            link.from,
            link.to
        ));
    }
    for trip in &proof.markers {
        lines.push(format!(
            "  {} a marker written on the {} was read on the {} after {:.1} ms",
            style.green("✔"),
            trip.from,
            trip.from.peer(),
            trip.milliseconds
        ));
    }
    if let Some(position) = &proof.compared_at {
        let at = if position.is_empty() {
            "an empty position".to_owned()
        } else {
            format!("position {position}")
        };
        lines.push(format!(
            "  {} {} tables, {} rows: counts and checksums equal on both at {at}",
            style.green("✔"),
            proof.tables,
            grouped(proof.rows)
        ));
    }
    if let Some(held) = proof.lock_held_ms {
        lines.push(format!(
            "  {} writers on the primary waited at most {held:.0} ms for the snapshot",
            style.green("✔")
        ));
    }
    for (name, position) in names.iter().zip(&proof.positions) {
        lines.push(format!("    {} {name}: {position}", style.dim("position of")));
    }
    lines.extend(restart(status, style));
    lines
}

/// Says whether a restart would leave the pair as it is.
pub fn restart(status: &Status, style: Style) -> Vec<String> {
    if status.restart_safe {
        return vec![format!(
            "  {} every setting survives a restart of either server",
            style.green("✔")
        )];
    }
    let heading =
        "a restart would lose settings, unless these lines stand under [mysqld] in the option file:";
    let mut lines = vec![format!("  {} {heading}", style.yellow("!"))];
    for server in status
        .servers
        .iter()
        .filter(|server| !server.lost_at_restart.is_empty())
    {
        lines.push(format!("      of {}:", server.name));
        lines.extend(
            wrapped(&server.lost_at_restart)
                .into_iter()
                .map(|line| format!("        {line}")),
        );
    }
    lines.push("      → dbha render my.cnf --server primary|secondary prints the whole file".into());
    lines
}

/// Writes a number with its thousands apart.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands_stand_apart() {
        let texts = [0, 999, 1_000, 1_234_567].map(super::grouped);
        assert_eq!(texts, ["0", "999", "1,000", "1,234,567"]);
    }
}
