use crate::{Column, Table, range_key::RangeKey, value_form::ValueForm};
use dbha_sql::{Dialect, Flavor, LOCAL_NAME, Statement, Version, quote_identifier};

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

/// Lists what is read of each row, columns by name.
pub(crate) fn values(table: &Table, target: Dialect) -> String {
    let values: Vec<String> = table.carried().map(|column| read_value(column, target)).collect();
    // A table may have no column that travels; its rows count all the same.
    match values.is_empty() {
        true => "1".into(),
        false => values.join(", "),
    }
}

/// Lists what is read of a row to know its key.
pub(crate) fn key_values(table: &Table, key: &RangeKey, target: Dialect) -> String {
    let columns: Vec<&Column> = table.carried().collect();
    let of = |place: usize| columns.get(place).map(|column| read_value(column, target));
    key.places().filter_map(of).collect::<Vec<_>>().join(", ")
}

/// Names a table, or one of its partitions, as a source of rows, with the past of its rows where it keeps them.
pub(crate) fn source_of(table: &Table, partition: Option<&str>) -> String {
    let mut text = name_of(&table.schema, &table.name);
    if let Some(partition) = partition {
        text.push_str(&format!(" PARTITION ({})", quote_identifier(partition)));
    }
    if table.system_versioned {
        text.push_str(" FOR SYSTEM_TIME ALL");
    }
    text
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

/// The end of a current row's time up to MariaDB 11.4, and from 11.5 on.
const ENDS_OF_TIME: [&str; 2] = ["2038-01-19 03:14:07.999999", "2106-02-07 06:28:15.999999"];

fn ends_late(dialect: Dialect) -> bool {
    dialect.flavor() == Flavor::MariaDb && dialect.version() >= Version::new(11, 5, 0)
}

/// Reads the end of a row's time as the target will write it.
pub(crate) fn end_of_time(name: &str, target: Dialect) -> String {
    match ends_late(target) {
        true => other_end(name, ENDS_OF_TIME[0], ENDS_OF_TIME[1]),
        false => name.to_owned(),
    }
}

/// Reads the end of a row's time as the server writes it that the proof is compared with.
pub(crate) fn end_of_time_proof(name: &str, own: Dialect, other: Dialect) -> String {
    match ends_late(own) && !ends_late(other) {
        true => other_end(name, ENDS_OF_TIME[1], ENDS_OF_TIME[0]),
        false => end_of_time(name, other),
    }
}

fn other_end(name: &str, from: &str, to: &str) -> String {
    format!("IF({name} = '{from}', CAST('{to}' AS DATETIME(6)), {name})")
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

/// Loads lines of text into a table, each value as the bytes that its column keeps.
pub(crate) fn load(table: &Table, target: Dialect) -> Statement {
    let (mut places, mut set) = (vec![], vec![]);
    for (at, column) in table.carried().enumerate() {
        let name = quote_identifier(&column.name);
        let variable = format!("@dbha_{at}");
        let converted = match ValueForm::of(column, target) {
            // A name of an enumeration may look like the number of another one.
            ValueForm::Number { .. } => format!("{name} = CAST({variable} AS UNSIGNED)"),
            ValueForm::Json => format!("{name} = {}", place(column, target, &variable)),
            _ => {
                places.push(name);
                continue;
            }
        };
        places.push(variable);
        set.push(converted);
    }
    let set = match set.is_empty() {
        true => String::new(),
        false => format!(" SET {}", set.join(", ")),
    };
    Statement::new(format!(
        "LOAD DATA LOCAL INFILE '{LOCAL_NAME}' INTO TABLE {} CHARACTER SET binary \
         FIELDS TERMINATED BY '\\t' ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' ({}){set}",
        name_of(&table.schema, &table.name),
        places.join(", ")
    ))
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
        ValueForm::Plain | ValueForm::Number { .. } | ValueForm::Time => value.into(),
        // Rows from files come as their source wrote them.
        ValueForm::EndOfTime if ends_late(target) => format!(
            "COALESCE(NULLIF({value}, CAST('{}' AS DATETIME(6))), CAST('{}' AS DATETIME(6)))",
            ENDS_OF_TIME[0], ENDS_OF_TIME[1]
        ),
        ValueForm::EndOfTime => value.into(),
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

/// Takes back what was loaded since the last commit.
pub(crate) fn roll_back() -> Statement {
    Statement::new("ROLLBACK")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Origin, table::tests::table_with_key};

    #[test]
    fn generated_columns_do_not_travel_and_odd_types_travel_in_their_form() {
        let dialect = Dialect::new(Flavor::MariaDb, Version::new(10, 11, 6));
        let mut table = table_with_key(&[
            ("id", "int", false),
            ("e", "enum", false),
            ("g", "int", false),
            ("u", "uuid", false),
        ]);
        table.columns[2].origin = Origin::Stored;
        assert_eq!(
            values(&table, dialect),
            "`id`, CAST(`e` AS UNSIGNED), CAST(`u` AS CHAR CHARACTER SET ascii)"
        );
        assert_eq!(
            write(&table, 2, dialect).sql(),
            "INSERT INTO `s`.`t` (`id`, `e`, `u`) VALUES (?,?,CONVERT(? USING ascii)),(?,?,CONVERT(? USING ascii))"
        );
    }

    #[test]
    fn lines_are_loaded_as_bytes_and_numbers_never_taken_for_names() {
        let mysql = Dialect::new(Flavor::MySql, Version::new(9, 7, 0));
        let mut table = table_with_key(&[
            ("id", "int", false),
            ("e", "enum", false),
            ("g", "int", false),
            ("j", "json", false),
        ]);
        let plain = load(&table_with_key(&[("id", "int", false)]), mysql);
        assert_eq!(
            plain.sql(),
            "LOAD DATA LOCAL INFILE 'dbha' INTO TABLE `s`.`t` CHARACTER SET binary FIELDS TERMINATED BY '\\t' \
             ESCAPED BY '\\\\' LINES TERMINATED BY '\\n' (`id`)"
        );
        table.columns[2].origin = Origin::Stored;
        assert!(
            load(&table, mysql).sql().ends_with(
                "(`id`, @dbha_1, @dbha_2) SET `e` = CAST(@dbha_1 AS UNSIGNED), \
                 `j` = CONVERT(@dbha_2 USING utf8mb4)"
            ),
            "{}",
            load(&table, mysql)
        );
    }
}
