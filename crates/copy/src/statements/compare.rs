use crate::{
    piece::Piece,
    range_key::{Bound, RangeKey},
    statements::{
        checksum::{part, row_checksum},
        ranges::{order, selected},
        rows::{key_values, source_of},
    },
};
use dbha_sql::{Dialect, Statement, quote_identifier};

/// Reads of every row of a piece its key, as bounds are made of it, and its checksum, in the order of the key.
pub(crate) fn rows(piece: &Piece, key: &RangeKey, own: Dialect, target: Dialect) -> Statement {
    Statement::new(format!(
        "SELECT {}, {} FROM {} ORDER BY {}",
        key_values(&piece.table, key, target),
        row_checksum(&piece.table, own, target),
        selected(piece),
        order(key)
    ))
}

/// Reads a checksum of each column of one row, in the order of the columns that the proof covers.
pub(crate) fn columns(
    piece: &Piece,
    key: &RangeKey,
    row: &Bound,
    own: Dialect,
    target: Dialect,
) -> Statement {
    let columns = piece.table.proven();
    let columns: Vec<String> = columns
        .map(|column| format!("CRC32({})", part(column, own, target)))
        .collect();
    let parts = key.parts.iter().zip(row);
    let conditions: Vec<String> = parts
        .map(|(part, literal)| format!("{} = {literal}", quote_identifier(&part.column)))
        .collect();
    Statement::new(format!(
        "SELECT {} FROM {} FORCE INDEX ({}) WHERE {}",
        columns.join(", "),
        source_of(&piece.table, piece.partition.as_deref()),
        quote_identifier(&key.index),
        conditions.join(" AND ")
    ))
}

/// Reads up to where in the binary log this session's snapshot goes: rows of a name and a value, values empty
/// without a log; `None` where the server does not say.
pub(crate) fn snapshot_place(dialect: Dialect) -> Option<Statement> {
    dialect
        .has_snapshot_coordinates()
        .then(|| Statement::new("SHOW STATUS LIKE 'binlog\\_snapshot\\_%'"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::table_with_key;
    use dbha_sql::{Flavor, Version};
    use std::sync::Arc;

    #[test]
    fn one_row_is_found_by_all_of_its_key() {
        let table = table_with_key(&[("a", "int", false), ("b", "int", false)]);
        let piece = Piece::whole(Arc::new(table));
        let key = piece.key.clone().unwrap();
        let dialect = Dialect::new(Flavor::MariaDb, Version::new(10, 11, 6));
        let row = vec!["1".into(), "-2".into()];
        assert_eq!(
            columns(&piece, &key, &row, dialect, dialect).sql(),
            "SELECT CRC32(`a`), CRC32(`b`) FROM `s`.`t` FORCE INDEX (`PRIMARY`) WHERE `a` = 1 AND `b` = -2"
        );
    }
}
