//! Cloudpods: makes its databases and service accounts itself, by an account like root's.

use super::install::Writer;
use super::needs::{Account, Connections, Named, Needs};
use dbha_sql::Version;

pub(super) const NEEDS: Needs = Needs {
    title: "Cloudpods",
    // Of its guide's lines these are left out: max_connect_errors, which does nothing under skip_name_resolve, and
    // replicate-ignore-db, a filter over two schemas that never replicate.
    options: &[
        ("skip_name_resolve", "ON"),
        ("max_allowed_packet", "1G"),
        ("group_concat_max_len", "1073741824"),
        ("default_time_zone", "+00:00"),
        ("max_binlog_size", "1G"),
        ("slow_query_log", "ON"),
        ("long_query_time", "2"),
    ],
    log_days: Some(30),
    full_group_by: false,
    connections: Connections::InAll(1000),
    step_1: false,
    databases: &[],
    account: Some(Account {
        user: "cloudpods",
        makes_its_own: true,
    }),
    mariadb: Named::From(Version::new(10, 3, 0)),
    // Its operator asks SHOW MASTER STATUS, which MySQL 8.4 no longer knows.
    mysql: Named::Between(Version::new(5, 7, 0), Version::new(8, 0, 0)),
    versions: "MariaDB (preferred), and MySQL before 8.4",
};

/// The four lines of ocboot's configuration that are about the database.
pub(super) fn install(writer: &Writer<'_>) -> String {
    let Writer {
        host,
        port,
        user,
        password,
        ..
    } = writer;
    format!(
        "# For ocboot: put these four lines under primary_master_node of its configuration. Leave mariadb_node and\n\
         # mariadb_ha_nodes away, or ocboot makes the servers anew.\n\
         primary_master_node:\n\
         \x20 db_host: \"{host}\"\n\
         \x20 db_port: \"{port}\"\n\
         \x20 db_user: \"{user}\"\n\
         \x20 db_password: \"{password}\"\n"
    )
}
