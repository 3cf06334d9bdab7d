//! What was seen on a server's machine, beside what the server says by SQL.

use super::{Facts, Observed, SettingFact};
use crate::{Session, Setting, SqlError, printable};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a value comes from that stands in no file.
pub const COMMAND_LINE: &str = "the command line";

/// Where a server lives, and how it sees the connection that asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Name of the server.
    pub name: String,
    /// Port that it listens on.
    pub port: u16,
    /// Port that the connection comes from, as the server sees it; `None` over a socket.
    pub peer_port: Option<u16>,
    /// Path of the socket by which dbha reached it; `None` over TCP.
    pub socket: Option<String>,
    /// Directory with its data.
    pub datadir: String,
    /// Its error log; empty or `stderr` where it writes to standard error.
    pub error_log: String,
}

/// What an option would be at the next start.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OptionFact {
    /// Its value.
    pub value: String,
    /// Path of the file that says so, or [`COMMAND_LINE`].
    pub from: String,
}

/// The file of dbha's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DropIn {
    /// Its path.
    pub path: String,
    /// What is in it; `None` where it is not there.
    pub text: Option<String>,
    /// Options that are read after it and win over it.
    pub later: BTreeMap<String, OptionFact>,
}

/// How a server can be restarted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum RestartMeans {
    /// Its systemd unit.
    Unit(String),
    /// Its process is ended and started again as it was.
    Process,
    /// Its container.
    Container,
    /// Not by dbha; why not.
    None(String),
}

/// What was seen on the machine of a server that was proven to be there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostFacts {
    /// The way to the machine.
    pub reach: String,
    /// The option files that the server reads at a start, in its order.
    pub files: Vec<String>,
    /// dbha's own file, in the directory that is read last; `None` where the server reads no directory.
    pub drop_in: Option<DropIn>,
    /// Options that matter for a pair, by [`option_name`], as the next start would have them.
    pub options: BTreeMap<String, OptionFact>,
    /// How the server can be restarted.
    pub restart: RestartMeans,
    /// Whether a supervisor was seen that starts the server again when it restarts by itself.
    #[serde(default)]
    pub supervised: bool,
}

/// Returns the one name of an option of which servers know an older one, too.
pub fn option_name(variable: &str) -> &str {
    match variable {
        "log_replica_updates" => "log_slave_updates",
        "replica_net_timeout" => "slave_net_timeout",
        "replica_preserve_commit_order" => "slave_preserve_commit_order",
        other => other,
    }
}

impl Facts {
    /// Takes in what was seen on the server's machine: what its files say decides what a restart brings.
    pub fn set_host(&mut self, host: Observed<HostFacts>) {
        if let Observed::Known(seen) = &host {
            let basename = self.setting(Setting::LogBinBasename).to_owned();
            let datadir = self.setting(Setting::Datadir).to_owned();
            let names = Setting::ALL.into_iter().filter_map(|setting| {
                let name = self.dialect.variable(setting)?;
                Some((setting, seen.options.get(option_name(name)).cloned()))
            });
            let options: Vec<_> = names.collect();
            for (setting, option) in options {
                if let Some(fact) = self.settings.get_mut(&setting) {
                    let option = option.map(|option| match setting {
                        Setting::LogBin => OptionFact {
                            value: log_bin(&option.value, &basename, &datadir),
                            ..option
                        },
                        _ => option,
                    });
                    fact.after_restart = after_restart(fact, option.as_ref());
                    fact.file = option.map(|option| option.value);
                }
            }
        }
        self.host = host;
    }
}

/// The command line wins over what was kept by statement, and that over the files.
fn after_restart(fact: &SettingFact, option: Option<&OptionFact>) -> Option<String> {
    match (option, &fact.persisted) {
        (Some(option), _) if option.from == COMMAND_LINE => Some(option.value.clone()),
        (_, Some(persisted)) => Some(persisted.clone()),
        (Some(option), None) => Some(option.value.clone()),
        // The line that the value came from is gone.
        (None, None) if fact.configured => None,
        (None, None) => fact.after_restart.clone(),
    }
}

/// Reads `log_bin=NAME` as `ON` where that is the log that the server has now, or where it has none.
fn log_bin(value: &str, basename: &str, datadir: &str) -> String {
    let on = ["ON", "1"].iter().any(|on| value.eq_ignore_ascii_case(on));
    let off = ["OFF", "0"].iter().any(|off| value.eq_ignore_ascii_case(off));
    let path = match value.starts_with('/') {
        true => value.to_owned(),
        false => format!("{}/{value}", datadir.trim_end_matches('/')),
    };
    let file = path.rsplit('/').next().unwrap_or("");
    let stem = file.split('.').next().unwrap_or("").len();
    let path = &path[..path.len() - file.len() + stem];
    match () {
        () if off => "OFF".to_owned(),
        () if on || basename.is_empty() || path == basename => "ON".to_owned(),
        () => value.to_owned(),
    }
}

/// Asks a server where it lives and from where it sees this connection.
pub(crate) async fn read_place(session: &mut Session) -> Result<Place, SqlError> {
    let statement = session.dialect().read_place();
    let name = session.name().to_owned();
    let row = session
        .query_first(&statement)
        .await?
        .ok_or_else(|| SqlError::Unexpected {
            server: name.clone(),
            statement: statement.shown().to_owned(),
            text: "no row came back".into(),
        })?;
    let text = |column| printable(row.get(column).unwrap_or(""));
    let peer = text("peer");
    Ok(Place {
        name,
        port: row.parse("port").unwrap_or(0),
        peer_port: peer.rsplit_once(':').and_then(|(_, port)| port.parse().ok()),
        socket: match &session.endpoint().address {
            crate::Address::Socket { path } => Some(path.to_string_lossy().into_owned()),
            crate::Address::Tcp { .. } => None,
        },
        datadir: text("datadir"),
        error_log: text("error_log"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(persisted: Option<&str>, configured: bool) -> SettingFact {
        SettingFact {
            value: "1".into(),
            after_restart: Some("1".into()),
            persisted: persisted.map(str::to_owned),
            file: None,
            configured,
        }
    }

    fn option(value: &str, from: &str) -> OptionFact {
        OptionFact {
            value: value.into(),
            from: from.into(),
        }
    }

    #[test]
    fn the_command_line_wins_over_set_persist_and_that_over_the_files() {
        let line = option("7", COMMAND_LINE);
        let file = option("8", "/etc/my.cnf");
        let after = |fact, option| after_restart(&fact, option);
        assert_eq!(after(fact(Some("9"), false), Some(&line)).as_deref(), Some("7"));
        assert_eq!(after(fact(Some("9"), false), Some(&file)).as_deref(), Some("9"));
        assert_eq!(after(fact(None, false), Some(&file)).as_deref(), Some("8"));
    }

    #[test]
    fn a_value_whose_line_was_removed_is_not_safe() {
        assert_eq!(after_restart(&fact(None, true), None), None);
        assert_eq!(after_restart(&fact(None, false), None).as_deref(), Some("1"));
    }

    #[test]
    fn another_name_of_the_binary_log_is_not_the_same_log() {
        assert_eq!(log_bin("mysql-bin", "/d/mysql-bin", "/d/"), "ON");
        assert_eq!(log_bin("/d/mysql-bin.log", "/d/mysql-bin", "/d/"), "ON");
        assert_eq!(log_bin("other", "/d/mysql-bin", "/d/"), "other");
        assert_eq!(log_bin("other", "", "/d/"), "ON");
        assert_eq!(log_bin("OFF", "/d/mysql-bin", "/d/"), "OFF");
    }
}
