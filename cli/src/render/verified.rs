//! What a comparison found, for a person.

use super::{proof::grouped, style::Style};
use dbha_core::{Difference, DifferenceKind, TableDifference, Verified, harmless};

/// Writes one sentence, then everything that differs, then what was not compared.
pub fn human(result: &Verified, style: Style) -> Vec<String> {
    let mut lines = vec![verdict(result, style)];
    lines.push(format!(
        "  commits on {} waited {:.0} ms in all",
        harmless(&result.servers[0]),
        result.lock_held_ms
    ));
    if let Some(errant) = &result.errant {
        lines.push(format!(
            "  {} {} has transactions that {} has not, and no link brings them there: {errant}",
            style.yellow("!"),
            harmless(&result.servers[1]),
            harmless(&result.servers[0])
        ));
    }
    for difference in &result.definitions {
        lines.push(format!("  {} {}", style.red("✘"), harmless(&difference.shown())));
    }
    for table in &result.differing_tables {
        lines.extend(of_table(table, result, style));
    }
    for one in &result.not_compared {
        let text = harmless(&format!("not compared: {}: {}", one.what, one.reason));
        lines.push(format!("  {} {text}", style.yellow("!")));
    }
    for account in &result.accounts {
        let text = harmless(&account.shown());
        lines.push(format!("  {} {text} (accounts are no data)", style.yellow("!")));
    }
    if !result.equal {
        lines.push(
            "  → nothing was changed. Find out which side is right and what wrote past replication; mend the rows there, or \
             build the secondary anew: dbha setup --overwrite-secondary NAME"
                .into(),
        );
    }
    lines
}

fn verdict(result: &Verified, style: Style) -> String {
    let verdict = match result.equal {
        true => style.green("equal"),
        false => style.red("not equal"),
    };
    let position = match result.position.as_str() {
        "" => "an empty position".to_owned(),
        position => format!("position {position}"),
    };
    format!(
        "{} is {verdict}: {} tables, {} rows compared at {position}.",
        style.bold(&harmless(&result.pair)),
        result.tables,
        grouped(result.rows),
    )
}

fn of_table(table: &TableDifference, result: &Verified, style: Style) -> Vec<String> {
    let mut lines = vec![format!("  {} {}", style.red("✘"), harmless(&table.shown()))];
    let of_table = |one: &&Difference| (&one.schema, &one.table) == (&table.schema, &table.table);
    let named: Vec<&Difference> = result.differences.iter().filter(of_table).collect();
    lines.extend(named.iter().map(|one| format!("      {}", harmless(&row(one)))));
    let left = table.rows().saturating_sub(named.len() as u64);
    if left > 0 {
        lines.push(format!("      … and {} more (--limit names more)", grouped(left)));
    }
    lines
}

fn row(difference: &Difference) -> String {
    let key = difference.key.iter();
    let key: Vec<String> = key
        .map(|part| format!("{} = {}", part.column, part.value))
        .collect();
    let how = match difference.kind {
        DifferenceKind::OnlyOnPrimary => "on the primary only".to_owned(),
        DifferenceKind::OnlyOnSecondary => "on the secondary only".to_owned(),
        _ => format!("differs in {}", difference.columns.join(", ")),
    };
    format!("{}: {how}", key.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::style::plain;
    use dbha_core::{KeyValue, NotCompared};

    fn result() -> Verified {
        Verified {
            schema_version: 1,
            pair: "shop".into(),
            servers: ["db1".into(), "db2".into()],
            equal: true,
            position: "0-1-9".into(),
            errant: None,
            tables: 3,
            rows: 1_234,
            lock_held_ms: 12.3,
            took_ms: 100,
            definitions: vec![],
            differing_tables: vec![],
            differences: vec![],
            differences_total: 0,
            limit: 1,
            not_compared: vec![],
            accounts: vec![],
        }
    }

    #[test]
    fn an_equal_pair_takes_two_lines_and_one_more_for_each_table_that_was_not_compared() {
        let mut result = result();
        result.not_compared.push(NotCompared {
            what: "shop.log".into(),
            reason: "no snapshot".into(),
        });
        assert_eq!(
            human(&result, plain()),
            [
                "shop is equal: 3 tables, 1,234 rows compared at position 0-1-9.",
                "  commits on db1 waited 12 ms in all",
                "  ! not compared: shop.log: no snapshot",
            ]
        );
    }

    #[test]
    fn rows_are_named_by_their_keys_up_to_the_limit() {
        let mut result = result();
        result.equal = false;
        result.differing_tables.push(TableDifference {
            schema: "s".into(),
            table: "t".into(),
            has_key: true,
            differing: 2,
            only_on_primary: 1,
            ..TableDifference::default()
        });
        result.differences.push(Difference {
            schema: "s".into(),
            table: "t".into(),
            key: vec![
                KeyValue {
                    column: "a".into(),
                    value: "1".into(),
                },
                KeyValue {
                    column: "b".into(),
                    value: "'x'".into(),
                },
            ],
            kind: DifferenceKind::Differs,
            columns: vec!["c".into(), "d".into()],
        });
        let lines = human(&result, plain());
        assert_eq!(
            lines[2..5],
            [
                "  ✘ s.t: 3 rows are not the same: 2 with other values, 1 on the primary only",
                "      a = 1, b = 'x': differs in c, d",
                "      … and 2 more (--limit names more)",
            ]
        );
        assert!(lines[5].contains("nothing was changed"));
    }
}
