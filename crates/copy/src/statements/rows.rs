use crate::{Column, Table, value_form::ValueForm};
use dbha_sql::{Dialect, Flavor, Statement, Version, quote_identifier};

/// Most placeholders that one prepared statement can have.
pub(crate) const MOST_PLACEHOLDERS: usize = 65_535;

/// Keeps the table's metadata lock until [`forget_table`], and no longer.
pub(crate) fn remember_before_table() -> Statement {
    Statement::new("SAVEPOINT dbha_table")
}

/// Gives the metadata locks of the table back and keeps the snapshot.
pub(crate) fn forget_table() -> Statement {
    Statement::new("ROLLBACK TO SAVEPOINT dbha_table")
}

/// Reads all rows of a table, columns by name, in the order of the primary key where that costs no sort.
pub(crate) fn read(table: &Table, target: Dialect) -> Statement {
    let values: Vec<String> = table.carried().map(|column| read_value(column, target)).collect();
    // A table may have no column that travels; its rows count all the same.
    let values = if values.is_empty() {
        "1".into()
    } else {
        values.join(", ")
    };
    let order = if table.readable_in_key_order() {
        let parts: Vec<String> = table
            .primary_key
            .iter()
            .map(|part| {
                let direction = if part.descending { " DESC" } else { "" };
                format!("{}{direction}", quote_identifier(&part.column))
            })
            .collect();
        format!(" FORCE INDEX (PRIMARY) ORDER BY {}", parts.join(", "))
    } else {
        String::new()
    };
    Statement::new(format!("SELECT {values} FROM {}{order}", source_of(table)))
}

/// Names a table as a source of rows, with the past of its rows where it keeps them.
pub(crate) fn source_of(table: &Table) -> String {
    let past = if table.system_versioned {
        " FOR SYSTEM_TIME ALL"
    } else {
        ""
    };
    format!("{}{past}", name_of(&table.schema, &table.name))
}

/// Names a table.
pub(crate) fn name_of(schema: &str, name: &str) -> String {
    format!("{}.{}", quote_identifier(schema), quote_identifier(name))
}

fn read_value(column: &Column, target: Dialect) -> String {
    let name = quote_identifier(&column.name);
    match ValueForm::of(column, target) {
        ValueForm::Plain => name,
        ValueForm::Number { .. } => format!("CAST({name} AS UNSIGNED)"),
        // A cast to a text without a character set would give the raw bytes.
        ValueForm::Text | ValueForm::Time => format!("CAST({name} AS CHAR CHARACTER SET ascii)"),
        ValueForm::Json => format!("CAST({name} AS CHAR CHARACTER SET utf8mb4)"),
        ValueForm::EndOfTime => end_of_time(&name, target),
    }
}

/// Reads the end of a row's time as the target will write it: from 11.5 on a current row ends in 2106, before in 2038.
pub(crate) fn end_of_time(name: &str, target: Dialect) -> String {
    if target.flavor() == Flavor::MariaDb && target.version() >= Version::new(11, 5, 0) {
        format!(
            "IF({name} = '2038-01-19 03:14:07.999999', CAST('2106-02-07 06:28:15.999999' AS DATETIME(6)), {name})"
        )
    } else {
        name.to_owned()
    }
}

/// Writes `rows` rows of a table in one statement with placeholders.
pub(crate) fn write(table: &Table, rows: usize, target: Dialect) -> Statement {
    let places: Vec<String> = table.carried().map(|column| place(column, target, "?")).collect();
    let one = format!("({})", places.join(","));
    Statement::new(format!(
        "{} VALUES {}",
        insert_into(table),
        vec![one; rows].join(",")
    ))
}

/// Writes one row whose long values wait in variables: `long` tells which of its columns those are.
pub(crate) fn write_long(table: &Table, long: &[bool], target: Dialect) -> Statement {
    let places: Vec<String> = table
        .carried()
        .zip(long)
        .enumerate()
        .map(|(at, (column, long))| match long {
            true => place(column, target, &variable(at)),
            false => place(column, target, "?"),
        })
        .collect();
    Statement::new(format!("{} VALUES ({})", insert_into(table), places.join(",")))
}

/// Begins the variable of a long value.
pub(crate) fn begin_long(at: usize) -> Statement {
    Statement::new(format!("SET {} = ?", variable(at)))
}

/// Adds a piece to the variable of a long value.
pub(crate) fn continue_long(at: usize) -> Statement {
    let variable = variable(at);
    Statement::new(format!("SET {variable} = CONCAT({variable}, ?)"))
}

/// Gives the memory of a long value back.
pub(crate) fn forget_long(at: usize) -> Statement {
    Statement::new(format!("SET {} = NULL", variable(at)))
}

/// Reads the largest packet that the server takes.
pub(crate) fn largest_packet() -> Statement {
    Statement::new("SELECT @@max_allowed_packet")
}

fn variable(at: usize) -> String {
    format!("@dbha_long_{at}")
}

fn insert_into(table: &Table) -> String {
    let names: Vec<String> = table
        .carried()
        .map(|column| quote_identifier(&column.name))
        .collect();
    format!(
        "INSERT INTO {} ({})",
        name_of(&table.schema, &table.name),
        names.join(", ")
    )
}

/// Puts a value into the form in which its column takes it.
fn place(column: &Column, target: Dialect, value: &str) -> String {
    match ValueForm::of(column, target) {
        ValueForm::Plain | ValueForm::Number { .. } | ValueForm::Time | ValueForm::EndOfTime => value.into(),
        ValueForm::Text => format!("CONVERT({value} USING ascii)"),
        ValueForm::Json => format!("CONVERT({value} USING utf8mb4)"),
    }
}

/// Begins the loader's transaction.
pub(crate) fn begin() -> Statement {
    Statement::new("START TRANSACTION")
}

/// Commits what was loaded and begins the next transaction.
pub(crate) fn commit_and_go_on() -> Statement {
    Statement::new("COMMIT AND CHAIN")
}

/// Commits what was loaded.
pub(crate) fn commit() -> Statement {
    Statement::new("COMMIT")
}

/// Reads the server's notes on the last statement: columns `Level`, `Code`, `Message`.
pub(crate) fn warnings() -> Statement {
    Statement::new("SHOW WARNINGS LIMIT 20")
}

/// Counts the server's notes on the last statement that are not the one about place 0 of an enumeration.
pub(crate) fn all_warnings() -> Statement {
    Statement::new("SHOW WARNINGS")
}

/// Lets place 0 of an enumeration be stored, with a note, or refuses it again.
pub(crate) fn let_enum_zero(on: bool) -> Statement {
    let strict = if on { "" } else { "STRICT_ALL_TABLES," };
    Statement::new(format!(
        "SET SESSION sql_mode = '{strict}NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION'"
    ))
}

/// Reads the next generated number of a table: column `next`, NULL where it generates none.
pub(crate) fn next_generated_number(schema: &str, name: &str) -> Statement {
    Statement::new(format!(
        "SELECT AUTO_INCREMENT AS next FROM information_schema.TABLES WHERE TABLE_SCHEMA = {} AND TABLE_NAME = {}",
        dbha_sql::quote_literal(schema),
        dbha_sql::quote_literal(name)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{KeyPart, Origin};

    const MARIADB: Flavor = Flavor::MariaDb;

    fn column(name: &str, data_type: &str, origin: Origin) -> Column {
        Column {
            name: name.into(),
            data_type: data_type.into(),
            column_type: data_type.into(),
            charset: None,
            collation: None,
            longest_bytes: None,
            nullable: false,
            origin,
        }
    }

    fn table() -> Table {
        Table {
            schema: "a`b".into(),
            name: "t".into(),
            engine: Some("InnoDB".into()),
            transactional: true,
            system_versioned: false,
            rows_estimate: 0,
            bytes_estimate: 0,
            columns: vec![
                column("id", "int", Origin::Written),
                column("e", "enum", Origin::Written),
                column("g", "int", Origin::Stored),
                column("u", "uuid", Origin::Written),
            ],
            primary_key: vec![KeyPart {
                column: "id".into(),
                prefix: false,
                descending: true,
            }],
        }
    }

    #[test]
    fn generated_columns_do_not_travel_and_odd_types_travel_in_their_form() {
        let dialect = Dialect::new(MARIADB, Version::new(10, 11, 6));
        assert_eq!(
            read(&table(), dialect).sql(),
            "SELECT `id`, CAST(`e` AS UNSIGNED), CAST(`u` AS CHAR CHARACTER SET ascii) FROM `a``b`.`t` FORCE INDEX (PRIMARY) \
             ORDER BY `id` DESC"
        );
        assert_eq!(
            write(&table(), 2, dialect).sql(),
            "INSERT INTO `a``b`.`t` (`id`, `e`, `u`) VALUES (?,?,CONVERT(? USING ascii)),(?,?,CONVERT(? USING ascii))"
        );
    }

    #[test]
    fn a_key_of_beginnings_is_no_order() {
        let dialect = Dialect::new(MARIADB, Version::new(10, 11, 6));
        let mut table = table();
        table.primary_key[0].prefix = true;
        assert!(!read(&table, dialect).sql().contains("ORDER BY"));
    }
}
