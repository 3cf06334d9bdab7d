use super::{Account, Observed};
use crate::statements::KEPT_BY_SESSIONS;
use crate::{Row, Session, Setting, SqlError, printable};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

use super::observe::{look, map};

/// What only a look before a set-up asks for; all [`Observed::Absent`] in a look at what runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Surroundings {
    /// Settings that open sessions keep, where a server can tell.
    pub kept: Observed<Vec<KeptSetting>>,
    /// Tables of another engine than InnoDB, without a key, or that keep the past of their rows; at most a thousand.
    pub tables: Observed<Vec<NotedTable>>,
    /// Accounts that may log in.
    pub logins: Observed<Vec<Login>>,
    /// Databases that every account may use.
    pub open_databases: Observed<Vec<String>>,
    /// Names of usable storage engines and ways to log in.
    pub plugins: Observed<BTreeSet<String>>,
    /// Filters of the applier that hold for every link to come, `name=value`.
    pub applier_filters: Observed<Vec<String>>,
    /// Connections that are in use now.
    pub connections: Observed<u64>,
    /// Whether the tables of time zone names are filled.
    pub time_zones: Observed<bool>,
    /// Free bytes on the file system of the data directory, where the server can tell.
    pub free_bytes: Observed<u64>,
    /// Sequences, `schema.name`; at most a thousand.
    pub sequences: Observed<Vec<String>>,
}

/// A setting that one open session keeps until it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptSetting {
    /// Number of the connection.
    pub connection: u64,
    /// Which setting.
    pub setting: Setting,
    /// The session's own value.
    pub value: String,
}

/// A table that deserves a word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotedTable {
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
    /// Its engine; empty where the server cannot open the table.
    pub engine: String,
    /// Whether it has no key by which a row can be found.
    pub keyless: bool,
    /// Whether it keeps the past of its rows.
    #[serde(default)]
    pub versioned: bool,
    /// Whether it keeps the past by transaction number.
    #[serde(default)]
    pub by_transaction: bool,
}

impl NotedTable {
    /// Returns `schema.table`, fit to be shown.
    pub fn qualified(&self) -> String {
        printable(&format!("{}.{}", self.schema, self.name))
    }
}

/// How an account proves itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// The account.
    pub account: Account,
    /// The plug-in that checks it.
    pub plugin: String,
    /// Whether nothing has to be known to log in: a password is what the plug-in asks for, and there is none.
    pub needs_no_password: bool,
}

/// Plug-ins that ask for a password; with any other one an empty password says nothing.
const PASSWORD_PLUGINS: [&str; 5] = [
    "mysql_native_password",
    "mysql_old_password",
    "caching_sha2_password",
    "sha256_password",
    "",
];

/// Looks at everything around the data; what may not be seen or is not there is no error.
pub(super) async fn look_around(session: &mut Session, datadir: &str) -> Result<Surroundings, SqlError> {
    let dialect = session.dialect();
    let kept = match dialect.read_kept_settings() {
        Some(statement) => look(session, &statement).await?,
        None => Observed::Absent,
    };
    let disks = match dialect.read_disks() {
        Some(statement) => look(session, &statement).await?,
        None => Observed::Absent,
    };
    let sequences = match dialect.read_sequences() {
        Some(statement) => look(session, &statement).await?,
        None => Observed::Absent,
    };
    let means = look(session, &dialect.read_means()).await?;
    let name_and_value = |row: &Row| format!("{}={}", text(row, "name"), text(row, "value"));
    Ok(Surroundings {
        kept: map(kept, read_kept(dialect)).and(|found| found.into_iter().flatten().collect()),
        tables: map(look(session, &dialect.read_tables_of_note()).await?, read_table),
        logins: map(look(session, &dialect.read_logins()).await?, read_login),
        open_databases: map(look(session, &dialect.read_open_databases()).await?, |row| {
            text(row, "name")
        }),
        plugins: map(look(session, &dialect.read_plugins()).await?, |row| {
            text(row, "name")
        })
        .and(|names| names.into_iter().collect()),
        applier_filters: map(
            look(session, &dialect.read_applier_filters()).await?,
            name_and_value,
        ),
        connections: first(&means, |row| row.parse("connections")),
        time_zones: first(&means, |row| {
            row.parse::<u8>("time_zones").map(|filled| filled > 0)
        }),
        free_bytes: free_bytes(&disks, datadir),
        sequences: map(sequences, |row| {
            format!("{}.{}", text(row, "schema_name"), text(row, "name"))
        }),
    })
}

fn text(row: &Row, column: &str) -> String {
    printable(row.get(column).unwrap_or(""))
}

fn read_kept(dialect: crate::Dialect) -> impl Fn(&Row) -> Option<KeptSetting> {
    move |row| {
        let name = row.get("name")?;
        let setting = KEPT_BY_SESSIONS
            .into_iter()
            .find(|setting| dialect.variable(*setting) == Some(name))?;
        Some(KeptSetting {
            connection: row.parse("id")?,
            setting,
            value: text(row, "value"),
        })
    }
}

fn read_table(row: &Row) -> NotedTable {
    NotedTable {
        schema: row.get("schema_name").unwrap_or("").to_owned(),
        name: row.get("name").unwrap_or("").to_owned(),
        engine: text(row, "engine"),
        keyless: row.get("keyless") == Some("Y"),
        versioned: row.get("versioned") == Some("Y"),
        by_transaction: row.get("by_transaction") == Some("Y"),
    }
}

fn read_login(row: &Row) -> Login {
    let plugin = text(row, "plugin");
    Login {
        account: Account {
            user: row.get("user").unwrap_or("").to_owned(),
            host: row.get("host").unwrap_or("").to_owned(),
            is_role: false,
        },
        needs_no_password: row.get("open") == Some("Y") && PASSWORD_PLUGINS.contains(&plugin.as_str()),
        plugin,
    }
}

fn first<T>(rows: &Observed<Vec<Row>>, read: impl Fn(&Row) -> Option<T>) -> Observed<T> {
    match rows {
        Observed::Known(rows) => rows
            .first()
            .and_then(read)
            .map_or(Observed::Absent, Observed::Known),
        Observed::Denied(text) => Observed::Denied(text.clone()),
        Observed::Absent => Observed::Absent,
    }
}

/// The file system with the longest path that the data directory lies in.
fn free_bytes(disks: &Observed<Vec<Row>>, datadir: &str) -> Observed<u64> {
    let of_datadir = |rows: &Vec<Row>| {
        rows.iter()
            .filter_map(|row| Some((row.get("path")?, row.parse::<u64>("free")?)))
            .filter(|(path, _)| std::path::Path::new(datadir).starts_with(path))
            .max_by_key(|(path, _)| path.len())
            .map(|(_, free)| free)
    };
    match disks {
        Observed::Known(rows) => of_datadir(rows).map_or(Observed::Absent, Observed::Known),
        Observed::Denied(text) => Observed::Denied(text.clone()),
        Observed::Absent => Observed::Absent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(cells: &[(&str, &str)]) -> Observed<Vec<Row>> {
        let row = |(path, free): &(&str, &str)| {
            Row::new(
                ["path".to_owned(), "free".to_owned()].into(),
                vec![Some((*path).to_owned()), Some((*free).to_owned())],
            )
        };
        Observed::Known(cells.iter().map(row).collect())
    }

    #[test]
    fn the_data_directory_lies_on_the_file_system_with_the_longest_fitting_path() {
        let disks = rows(&[("/", "1"), ("/var/lib/mysql", "2"), ("/var/lib/mysql2", "3")]);
        assert_eq!(free_bytes(&disks, "/var/lib/mysql/"), Observed::Known(2));
        assert_eq!(free_bytes(&disks, "/srv/data/"), Observed::Known(1));
        assert_eq!(free_bytes(&rows(&[]), "/srv/"), Observed::Absent);
    }
}
