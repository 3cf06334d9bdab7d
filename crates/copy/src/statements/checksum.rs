use crate::{
    Column, Table,
    piece::Piece,
    statements::{ranges, rows},
    value_form::ProofForm,
};
use dbha_sql::{Dialect, Statement, quote_identifier};

/// Reads the proof of a piece: columns `row_count` and `sum` over a checksum of every row.
///
/// A sum and not an exclusive or: CRC32 is linear, so that two rows which have exchanged a value would go unnoticed.
pub(crate) fn prove(piece: &Piece, own: Dialect, target: Dialect) -> Statement {
    let row = row_checksum(&piece.table, own, target);
    Statement::new(format!(
        "SELECT COUNT(*) AS row_count, COALESCE(SUM({row}), 0) AS `sum` FROM {}",
        ranges::selected(piece)
    ))
}

/// Counts the rows of a table.
pub(crate) fn count(table: &Table) -> Statement {
    Statement::new(format!("SELECT COUNT(*) FROM {}", rows::source_of(table, None)))
}

/// Computes the checksum of one row.
pub(crate) fn row_checksum(table: &Table, own: Dialect, target: Dialect) -> String {
    let as_they_are = has_one_charset(table);
    let form = |column: &Column| match ProofForm::of(column, own) {
        ProofForm::Bytes if as_they_are => ProofForm::Plain,
        form => form,
    };
    let mut parts: Vec<String> = table
        .proven()
        .map(|column| formed(column, form(column), (own, target)))
        .collect();
    let nulls: Vec<String> = table
        .proven()
        .filter(|column| column.nullable)
        .map(|column| format!("{} IS NULL", quote_identifier(&column.name)))
        .collect();
    if !nulls.is_empty() {
        // CONCAT_WS leaves NULL out, so an empty text beside NULL would look like NULL beside an empty text.
        parts.push(format!("CONCAT({})", nulls.join(", ")));
    }
    if parts.is_empty() {
        return "1".into();
    }
    format!("CRC32(CONCAT_WS('#', {}))", parts.join(", "))
}

/// Writes a column as it enters the checksum of its row when it stands alone.
pub(crate) fn part(column: &Column, own: Dialect, target: Dialect) -> String {
    formed(column, ProofForm::of(column, own), (own, target))
}

/// Tells whether the texts of a table can stand side by side without being converted: then their bytes need no cast,
/// which costs a third of the proof.
fn has_one_charset(table: &Table) -> bool {
    let mut charsets = table.proven().filter_map(|column| column.charset.as_deref());
    let first = charsets.next();
    charsets.all(|charset| Some(charset) == first)
}

fn formed(column: &Column, form: ProofForm, (own, target): (Dialect, Dialect)) -> String {
    let name = quote_identifier(&column.name);
    match form {
        ProofForm::Plain => name,
        ProofForm::Double => format!("({name} + 0e0)"),
        ProofForm::Number => format!("CAST({name} AS UNSIGNED)"),
        ProofForm::Bytes => format!("CAST({name} AS BINARY)"),
        ProofForm::LongBytes => format!("CRC32({name})"),
        ProofForm::Hexadecimal => format!("CRC32(HEX({name}))"),
        ProofForm::Text => format!("CAST(CAST({name} AS CHAR CHARACTER SET ascii) AS BINARY)"),
        ProofForm::LongText => format!("CRC32(CAST({name} AS CHAR CHARACTER SET utf8mb4))"),
        ProofForm::EndOfTime => rows::end_of_time_proof(&name, own, target),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::table_with_key;
    use dbha_sql::{Flavor, Version};

    #[test]
    fn texts_are_cast_only_where_character_sets_meet() {
        let dialect = Dialect::new(Flavor::MariaDb, Version::new(10, 11, 6));
        let mut table = table_with_key(&[("a", "varchar", false), ("b", "char", false)]);
        for column in &mut table.columns {
            (column.charset, column.longest_bytes) = (Some("utf8mb4".into()), Some(40));
        }
        assert_eq!(
            row_checksum(&table, dialect, dialect),
            "CRC32(CONCAT_WS('#', `a`, `b`))"
        );
        table.columns[1].charset = Some("latin1".into());
        assert_eq!(
            row_checksum(&table, dialect, dialect),
            "CRC32(CONCAT_WS('#', CAST(`a` AS BINARY), CAST(`b` AS BINARY)))"
        );
    }
}
