//! The option file of a private server.

use crate::certificates::{AUTHORITY, CERTIFICATE, KEY};
use crate::home::ServerHome;
use crate::{Installation, Release, ServerOptions};

/// Renders the whole file: where the server lives, small buffers, and the settings of a server that is
/// plausible but not prepared for replication with a peer.
pub(crate) fn render(
    installation: &Installation,
    home: &ServerHome,
    port: u16,
    options: &ServerOptions,
) -> String {
    let mut defaults = place(home);
    defaults.push(("port", port.to_string()));
    defaults.extend(buffers(installation.release()));
    defaults.extend(network());
    if !options.is_stock() {
        defaults.extend(replication(installation.release()));
    }
    if installation.release().has_own_tls() {
        defaults.extend(certificates());
    }
    let mut text = format!("[mysqld]\n{}", options.over(&defaults));
    if options.is_stock() {
        text.push_str(&format!("!includedir {}\n", home.option_directory().display()));
    }
    text
}

/// Renders the file under which a template is initialised: no network, no binary log.
pub(crate) fn render_for_template(
    installation: &Installation,
    home: &ServerHome,
    options: &ServerOptions,
) -> String {
    let mut defaults = place(home);
    defaults.extend(buffers(installation.release()));
    let lasting = options.of_initialisation();
    let lasting = lasting
        .into_iter()
        .fold(ServerOptions::new(), |lines, (name, value)| {
            lines.set(name, value)
        });
    format!("[mysqld]\n{}", lasting.flag("skip_log_bin").over(&defaults))
}

type Default = (&'static str, String);

fn place(home: &ServerHome) -> Vec<Default> {
    vec![
        ("datadir", home.datadir().display().to_string()),
        ("tmpdir", home.temporary().display().to_string()),
        ("socket", home.socket().display().to_string()),
        ("pid_file", home.pid_file().display().to_string()),
        ("log_error", home.error_log().display().to_string()),
    ]
}

/// Small, because several servers run at once on a small machine, and a start should take no time.
pub(crate) fn buffers(release: Release) -> Vec<Default> {
    let common = [
        ("innodb_buffer_pool_size", "32M"),
        ("max_connections", "100"),
        ("key_buffer_size", "1M"),
    ];
    let mariadb = [
        ("innodb_log_file_size", "8M"),
        ("aria_pagecache_buffer_size", "4M"),
        ("performance_schema", "OFF"),
    ];
    let mysql = [
        ("innodb_redo_log_capacity", "16M"),
        ("mysqlx", "OFF"),
        ("secure_file_priv", ""),
        // By default 64M, all of it touched.
        ("innodb_log_buffer_size", "4M"),
        ("table_open_cache", "400"),
        ("table_definition_cache", "400"),
        // On, since replication is observed through it, with room for little.
        ("performance_schema", "ON"),
        ("performance_schema_digests_size", "0"),
        ("performance_schema_max_digest_length", "128"),
        ("performance_schema_max_memory_classes", "0"),
        ("performance_schema_events_statements_history_size", "1"),
        ("performance_schema_events_statements_history_long_size", "0"),
        ("performance_schema_events_stages_history_long_size", "0"),
        ("performance_schema_events_waits_history_long_size", "0"),
        ("performance_schema_events_transactions_history_long_size", "0"),
        ("performance_schema_error_size", "0"),
        ("performance_schema_max_table_instances", "200"),
        ("performance_schema_max_table_handles", "200"),
        ("performance_schema_accounts_size", "20"),
        ("performance_schema_hosts_size", "20"),
        ("performance_schema_users_size", "20"),
    ];
    let own: &[(&str, &str)] = if release.is_mysql() { &mysql } else { &mariadb };
    common
        .iter()
        .chain(own)
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect()
}

/// Named from the data directory, which is where a server works.
fn certificates() -> [Default; 3] {
    [("ssl_ca", AUTHORITY), ("ssl_cert", CERTIFICATE), ("ssl_key", KEY)]
        .map(|(name, file)| (name, file.to_owned()))
}

fn network() -> [Default; 2] {
    [("bind_address", "127.0.0.1"), ("skip_name_resolve", "ON")].map(|(name, value)| (name, value.to_owned()))
}

pub(crate) fn replication(release: Release) -> Vec<Default> {
    let common = [("server_id", "1"), ("log_bin", "binlog")];
    let mysql = [
        ("log_replica_updates", "ON"),
        ("gtid_mode", "ON"),
        ("enforce_gtid_consistency", "ON"),
    ];
    let mariadb = [("log_slave_updates", "ON")];
    let own: &[(&str, &str)] = if release.is_mysql() { &mysql } else { &mariadb };
    common
        .iter()
        .chain(own)
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect()
}
