//! Rainbond: two databases that are there before it is installed, and up to 2500 connections of each API process.

use super::install::Writer;
use super::needs::{Account, Connections, Database, Named, Needs};
use crate::rendered::NotRenderable;
use dbha_sql::Version;

const CHARSET: Option<(&str, &str)> = Some(("utf8mb4", "utf8mb4_unicode_ci"));

pub(super) const NEEDS: Needs = Needs {
    title: "Rainbond",
    options: &[
        ("character_set_server", "utf8mb4"),
        ("collation_server", "utf8mb4_unicode_ci"),
    ],
    log_days: None,
    full_group_by: true,
    connections: Connections::Each {
        of: "API process",
        number: 2500,
        servers: 2,
    },
    step_1: false,
    databases: &[
        Database {
            name: "console",
            charset: CHARSET,
        },
        Database {
            name: "region",
            charset: CHARSET,
        },
    ],
    account: Some(Account {
        user: "rainbond",
        makes_its_own: false,
    }),
    mariadb: Named::No,
    mysql: Named::Between(Version::new(5, 7, 0), Version::new(8, 0, 0)),
    versions: "MySQL 5.7 and 8.0",
};

/// The part of a RainbondCluster that is about the databases.
///
/// # Errors
/// An IPv6 address: Rainbond writes host, colon and port one behind the other, without brackets.
pub(super) fn install(writer: &Writer<'_>) -> Result<String, NotRenderable> {
    let Writer {
        host,
        port,
        user,
        password,
        ..
    } = writer;
    if host.contains(':') {
        return Err(NotRenderable {
            what: "the address",
            value: (*host).to_owned(),
            file: "a RainbondCluster",
            fix: "give a host name or an IPv4 address: Rainbond writes no brackets around an IPv6 address",
        });
    }
    let database = |field: &str, name: &str| {
        format!(
            "  {field}:\n    host: \"{host}\"\n    port: {port}\n    username: \"{user}\"\n    password: \"{password}\"\n    \
             name: \"{name}\"\n"
        )
    };
    Ok(format!(
        "# For Rainbond's operator: put regionDatabase and uiDatabase under spec of your RainbondCluster; in the values of\n\
         # its Helm chart both stand under Cluster, each with enable: true beside these fields.\n\
         apiVersion: rainbond.io/v1alpha1\n\
         kind: RainbondCluster\n\
         metadata:\n\
         \x20 name: rainbondcluster\n\
         \x20 namespace: rbd-system\n\
         spec:\n\
         {}{}",
        database("regionDatabase", "region"),
        database("uiDatabase", "console")
    ))
}
