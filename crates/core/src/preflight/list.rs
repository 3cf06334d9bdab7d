//! Long lists in few words, and statements as lines to be copied.

use dbha_sql::Statement;

/// How many entries are named.
const SHOWN: usize = 6;

/// Names the first entries and counts the others.
pub(crate) fn shortened(list: &[String], separator: &str) -> String {
    let more = list.len().saturating_sub(SHOWN);
    let shown = list
        .iter()
        .take(SHOWN)
        .cloned()
        .collect::<Vec<_>>()
        .join(separator);
    match more {
        0 => shown,
        more => format!("{shown}{separator}and {more} more"),
    }
}

/// Writes a number and its word, in the singular where it is one.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    }
}

/// Writes statements as lines that a client takes.
pub(super) fn lines(statements: impl IntoIterator<Item = Statement>) -> Vec<String> {
    statements
        .into_iter()
        .map(|statement| format!("{};", statement.shown()))
        .collect()
}
