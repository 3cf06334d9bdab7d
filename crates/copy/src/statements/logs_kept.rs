use dbha_sql::{Dialect, GtidSet, Statement, quote_literal};

/// Asks whether the server still has all binary logs from a snapshot on: column `kept`, 1 or 0.
///
/// `None` where the binary log is off. Both forms cost the server next to nothing: MariaDB reads the head of one file,
/// MySQL compares two sets in memory.
pub(crate) fn kept_since(
    dialect: Dialect,
    position: &GtidSet,
    coordinates: Option<&(String, u64)>,
) -> Option<Statement> {
    let (file, _) = coordinates?;
    Some(Statement::new(match dialect.has_gtid_domains() {
        true => format!(
            "SELECT BINLOG_GTID_POS({}, 4) IS NOT NULL AS kept",
            quote_literal(file)
        ),
        false => format!(
            "SELECT GTID_SUBSET(@@GLOBAL.gtid_purged, {}) AS kept",
            quote_literal(&position.to_string())
        ),
    }))
}
