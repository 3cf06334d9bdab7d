use crate::{
    copied_ranges::{CopiedRange, written},
    piece::Piece,
    range_key::Bound,
    statements::ranges,
};
use dbha_sql::{Statement, quote_literal};

/// Makes the table in which a copy notes what it has stored and proven, on the target alone; never logged.
pub(crate) fn ensure() -> Vec<Statement> {
    vec![
        Statement::new("CREATE DATABASE IF NOT EXISTS dbha CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"),
        Statement::new(
            "CREATE TABLE IF NOT EXISTS dbha.copied_range (number BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, \
             schema_name VARBINARY(256) NOT NULL, table_name VARBINARY(256) NOT NULL, partition_name VARBINARY(256) NULL, \
             place BIGINT UNSIGNED NOT NULL, after_key MEDIUMBLOB NULL, through_key MEDIUMBLOB NULL, \
             byte_count BIGINT UNSIGNED NOT NULL) ENGINE=InnoDB",
        ),
    ]
}

/// Drops it.
pub(crate) fn drop() -> Statement {
    Statement::new("DROP TABLE IF EXISTS dbha.copied_range")
}

/// Reads it, the ranges of a table in their order.
pub(crate) fn read() -> Statement {
    Statement::new(
        "SELECT schema_name, table_name, partition_name, place, after_key, through_key, byte_count \
         FROM dbha.copied_range ORDER BY schema_name, table_name, partition_name, place",
    )
}

/// Notes a range, in the transaction that stores it.
pub(crate) fn note(piece: &Piece, place: u64, bytes: u64) -> Statement {
    let bound = |bound: &Option<Bound>| match bound {
        Some(bound) => quote_literal(&written(bound)),
        None => "NULL".to_owned(),
    };
    Statement::new(format!(
        "INSERT INTO dbha.copied_range (schema_name, table_name, partition_name, place, after_key, through_key, \
         byte_count) VALUES ({}, {}, {}, {place}, {}, {}, {bytes})",
        quote_literal(&piece.table.schema),
        quote_literal(&piece.table.name),
        piece
            .partition
            .as_deref()
            .map_or("NULL".to_owned(), quote_literal),
        bound(&piece.after),
        bound(&piece.through),
    ))
}

/// Forgets one range of a table.
pub(crate) fn forget(piece: &Piece, range: &CopiedRange) -> Statement {
    Statement::new(format!(
        "DELETE FROM dbha.copied_range WHERE schema_name = {} AND table_name = {} AND place = {} \
         AND partition_name <=> {}",
        quote_literal(&piece.table.schema),
        quote_literal(&piece.table.name),
        range.place,
        piece
            .partition
            .as_deref()
            .map_or("NULL".to_owned(), quote_literal),
    ))
}

/// Forgets every range of a table.
pub(crate) fn forget_table(schema: &str, name: &str) -> Statement {
    Statement::new(format!(
        "DELETE FROM dbha.copied_range WHERE schema_name = {} AND table_name = {}",
        quote_literal(schema),
        quote_literal(name),
    ))
}

/// Empties a piece of a table on the target.
pub(crate) fn empty(piece: &Piece) -> Statement {
    Statement::new(format!("DELETE FROM {}", ranges::restricted(piece)))
}
