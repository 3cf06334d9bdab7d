//! Sample data: a rental shop for films, with one of nearly everything that a copy can get wrong.
//!
//! The statements are for a caller to run, in order, on one session of a user who may do anything. They are
//! the same for every flavour and version, and give the same rows each time.

mod customer;
mod rows;

pub use customer::{find_customer, new_customer};
pub use rows::{rows, total_rows};

/// The schema that the sample fills.
pub const SCHEMA: &str = "rental_shop";

/// Password of the account `'app'@'%'`, which may read and write the schema.
pub const APP_PASSWORD: &str = "app-sample-password";

/// Password of the account `'report'@'localhost'`, which has column and routine grants.
pub const REPORT_PASSWORD: &str = "report-sample-password";

/// Returns the statements that make the schema: tables, a view, a trigger, routines, an event.
pub fn schema() -> Vec<String> {
    split(include_str!("schema.sql"))
}

/// Returns the statements that make the accounts; the schema must be there.
pub fn accounts() -> Vec<String> {
    split(include_str!("accounts.sql"))
}

/// Returns the statements for everything: schema, accounts and the rows of `films` films (see [`rows`]).
pub fn statements(films: u32) -> Vec<String> {
    schema()
        .into_iter()
        .chain(accounts())
        .chain(rows(films))
        .collect()
}

/// Splits at lines that hold the separator alone; routine bodies hold semicolons, so those cannot serve.
fn split(text: &str) -> Vec<String> {
    let mut statements = vec![String::new()];
    for line in text.lines() {
        match (line, statements.last_mut()) {
            ("-- ;;", _) | (_, None) => statements.push(String::new()),
            (_, Some(_)) if line.starts_with("-- ") => {}
            (_, Some(last)) if last.is_empty() => last.push_str(line),
            (_, Some(last)) => {
                last.push('\n');
                last.push_str(line);
            }
        }
    }
    statements
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_whole_and_hold_no_separator() {
        let all = statements(3);
        assert!(
            all.iter()
                .all(|statement| !statement.is_empty() && !statement.contains("-- ;;")),
            "{all:?}"
        );
        assert!(
            all.iter()
                .any(|statement| statement.starts_with("CREATE TRIGGER") && statement.ends_with("END"))
        );
        assert!(accounts()[0].contains(APP_PASSWORD) && accounts()[2].contains(REPORT_PASSWORD));
    }
}
