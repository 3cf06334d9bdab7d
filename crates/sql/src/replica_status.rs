use crate::{GtidSet, Row, printable};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Where the IO thread of a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum IoState {
    /// Connected to the source and reading.
    Running,
    /// Started, and not (or no longer) connected.
    Connecting,
    /// Not started, or given up.
    Stopped,
}

/// Where the SQL thread of a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SqlState {
    /// Applying, or waiting for something to apply.
    Running,
    /// Not started, or given up.
    Stopped,
}

/// The last error of one thread of a link.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkError {
    /// The server's error number; 0 never appears here.
    pub code: u32,
    /// The server's words, fit to be shown.
    pub text: String,
}

/// What a replica says of one link, read from any flavour and version.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReplicaStatus {
    /// Name of the connection or channel; empty for the default one.
    pub channel: String,
    /// Host of the source as the replica dials it.
    pub source_host: String,
    /// Port of the source.
    pub source_port: u16,
    /// Account with which the replica logs in.
    pub source_user: String,
    /// `server_id` of the source, 0 until it was seen.
    pub source_server_id: u64,
    /// Unique name of the source, where servers have one and it was seen.
    pub source_uuid: Option<String>,
    /// The IO thread.
    pub io: IoState,
    /// The SQL thread.
    pub sql: SqlState,
    /// Last error of the IO thread.
    pub io_error: Option<LinkError>,
    /// Last error of the SQL thread.
    pub sql_error: Option<LinkError>,
    /// Seconds behind by the server's own figure; `None` is unknown and never 0.
    pub lag: Option<Duration>,
    /// Whether positions are kept by GTID, and in which mode (`Current_Pos`, `Slave_Pos`, `Auto_Position`).
    pub gtid_mode: Option<String>,
    /// What the IO thread has received.
    pub received: Option<GtidSet>,
    /// File and offset of the source's binary log up to which events were received.
    pub received_at: Option<(String, u64)>,
    /// File and offset of the source's binary log up to which they were applied.
    pub applied_at: Option<(String, u64)>,
    /// Whether TLS was asked for.
    pub tls: bool,
    /// File with the CA for the source's certificate, on the replica's machine; empty without one.
    #[serde(default)]
    pub ca: String,
    /// Whether the source's certificate is checked, its name included.
    #[serde(default)]
    pub verified: bool,
    /// Seconds between attempts to connect.
    pub connect_retry: Option<u32>,
    /// How many attempts; 0 is unlimited.
    pub retry_count: Option<u64>,
    /// Delay by intent, in seconds.
    pub delay_seconds: u64,
    /// Filters and skipped errors that are in force, as `name=value`.
    pub filters: Vec<String>,
}

impl ReplicaStatus {
    /// Reads one row of SHOW (ALL) SLAVES STATUS or SHOW REPLICA STATUS; never panics on what a server sends.
    pub fn of_row(row: &Row, parse_gtids: impl Fn(&str) -> Option<GtidSet>) -> Self {
        let text = |names: &[&str]| printable(row.get_any(names).unwrap_or(""));
        let number = |names: &[&str]| {
            row.get_any(names)
                .and_then(|value| value.trim().parse::<u64>().ok())
        };
        Self {
            channel: text(&["Connection_name", "Channel_Name"]),
            source_host: text(&["Source_Host", "Master_Host"]),
            source_port: number(&["Source_Port", "Master_Port"])
                .and_then(|port| port.try_into().ok())
                .unwrap_or(0),
            source_user: text(&["Source_User", "Master_User"]),
            source_server_id: number(&["Source_Server_Id", "Master_Server_Id"]).unwrap_or(0),
            source_uuid: row
                .get_any(&["Source_UUID", "Master_UUID"])
                .filter(|uuid| !uuid.is_empty())
                .map(printable),
            io: match row.get_any(&["Replica_IO_Running", "Slave_IO_Running"]) {
                Some("Yes") => IoState::Running,
                Some("No") | None => IoState::Stopped,
                // Connecting, Preparing: started and without a source.
                Some(_) => IoState::Connecting,
            },
            sql: match row.get_any(&["Replica_SQL_Running", "Slave_SQL_Running"]) {
                Some("Yes") => SqlState::Running,
                _ => SqlState::Stopped,
            },
            io_error: link_error(number(&["Last_IO_Errno"]), row.get("Last_IO_Error")),
            sql_error: link_error(number(&["Last_SQL_Errno"]), row.get("Last_SQL_Error")),
            lag: number(&["Seconds_Behind_Source", "Seconds_Behind_Master"]).map(Duration::from_secs),
            gtid_mode: gtid_mode(row),
            received: row
                .get_any(&["Retrieved_Gtid_Set", "Gtid_IO_Pos"])
                .and_then(parse_gtids),
            received_at: coordinates(
                row,
                &["Source_Log_File", "Master_Log_File"],
                &["Read_Source_Log_Pos", "Read_Master_Log_Pos"],
            ),
            applied_at: coordinates(
                row,
                &["Relay_Source_Log_File", "Relay_Master_Log_File"],
                &["Exec_Source_Log_Pos", "Exec_Master_Log_Pos"],
            ),
            tls: row.get_any(&["Source_SSL_Allowed", "Master_SSL_Allowed"]) == Some("Yes"),
            ca: text(&["Source_SSL_CA_File", "Master_SSL_CA_File"]),
            verified: row.get_any(&["Source_SSL_Verify_Server_Cert", "Master_SSL_Verify_Server_Cert"])
                == Some("Yes"),
            connect_retry: number(&["Connect_Retry"]).and_then(|seconds| seconds.try_into().ok()),
            retry_count: number(&["Source_Retry_Count", "Master_Retry_Count"]),
            delay_seconds: number(&["SQL_Delay"]).unwrap_or(0),
            filters: filters(row),
        }
    }

    /// Tells whether the source no longer has the logs that this replica needs, or never had them.
    pub fn lacks_logs_of_source(&self) -> bool {
        self.io_error
            .as_ref()
            .is_some_and(|error| matches!(error.code, 1236 | 13114))
    }

    /// Returns the error to look at first: a stopped applier hides behind a healthy IO thread.
    pub fn error(&self) -> Option<&LinkError> {
        self.sql_error.as_ref().or(self.io_error.as_ref())
    }

    /// Tells whether both threads run.
    pub fn is_running(&self) -> bool {
        self.io == IoState::Running && self.sql == SqlState::Running
    }

    /// Tells whether something was received that `position` (all that the replica has) does not hold yet.
    ///
    /// By GTID where the link keeps them; a transaction whose end never came counts for nothing.
    pub fn has_unapplied(&self, position: &GtidSet) -> bool {
        match (&self.gtid_mode, &self.received) {
            (Some(_), Some(received)) => !position.contains(received),
            _ => self.received_at.is_some() && self.received_at != self.applied_at,
        }
    }

    /// Says what was received: GTIDs where they are told, else file and offset of the source's binary log.
    pub fn received_text(&self) -> Option<String> {
        match &self.received {
            Some(received) if !received.is_empty() => Some(received.to_string()),
            _ => self
                .received_at
                .as_ref()
                .map(|(file, offset)| format!("{file}:{offset}")),
        }
    }

    /// Says up to where the source's binary log was applied, as file and offset.
    pub fn applied_text(&self) -> Option<String> {
        self.applied_at
            .as_ref()
            .map(|(file, offset)| format!("{file}:{offset}"))
    }

    /// Returns the filters that touch more than the server's own schemas (scenario 21).
    pub fn harmful_filters(&self) -> Vec<&String> {
        self.filters
            .iter()
            .filter(|filter| is_harmful_filter(filter))
            .collect()
    }
}

fn coordinates(row: &Row, file: &[&str], offset: &[&str]) -> Option<(String, u64)> {
    let file = row.get_any(file).filter(|file| !file.is_empty())?;
    Some((printable(file), row.get_any(offset)?.trim().parse().ok()?))
}

/// Tells whether a filter, `name=value`, touches more than the server's own schemas (scenario 21).
pub fn is_harmful_filter(filter: &str) -> bool {
    const SYSTEM: [&str; 3] = ["information_schema", "performance_schema", "sys"];
    const IGNORES: [&str; 3] = [
        "replicate_ignore_db",
        "replicate_wild_ignore_table",
        "binlog_ignore_db",
    ];
    let (name, value) = filter.split_once('=').unwrap_or((filter, ""));
    let ignores = IGNORES.contains(&name.to_ascii_lowercase().as_str());
    // To leave mysql out would keep accounts from crossing, so it counts as harmful.
    let system = |part: &str| SYSTEM.contains(&part.trim().trim_end_matches(".%"));
    !(ignores && value.split(',').all(system))
}

fn link_error(code: Option<u64>, text: Option<&str>) -> Option<LinkError> {
    let code = code.filter(|code| *code != 0)?;
    Some(LinkError {
        code: code.try_into().unwrap_or(u32::MAX),
        text: printable(text.unwrap_or("")),
    })
}

fn gtid_mode(row: &Row) -> Option<String> {
    match row.get("Using_Gtid") {
        Some("No") => None,
        Some(mode) => Some(printable(mode)),
        None => (row.get("Auto_Position") == Some("1")).then(|| "Auto_Position".to_owned()),
    }
}

fn filters(row: &Row) -> Vec<String> {
    const NAMES: [&str; 8] = [
        "Replicate_Do_DB",
        "Replicate_Ignore_DB",
        "Replicate_Do_Table",
        "Replicate_Ignore_Table",
        "Replicate_Wild_Do_Table",
        "Replicate_Wild_Ignore_Table",
        "Replicate_Do_Domain_Ids",
        "Replicate_Ignore_Domain_Ids",
    ];
    let mut found: Vec<String> = NAMES
        .iter()
        .filter_map(|name| {
            row.get(name)
                .filter(|value| !value.is_empty())
                .map(|value| format!("{name}={}", printable(value)))
        })
        .collect();
    if let Some(skip) = row.get("Skip_Counter").filter(|value| *value != "0") {
        found.push(format!("Skip_Counter={}", printable(skip)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(cells: &[(&str, &str)]) -> ReplicaStatus {
        let names = cells.iter().map(|(name, _)| (*name).to_owned()).collect();
        let values = cells.iter().map(|(_, value)| Some((*value).to_owned())).collect();
        ReplicaStatus::of_row(&Row::new(names, values), |text| {
            GtidSet::parse(crate::Flavor::MariaDb, text).ok()
        })
    }

    #[test]
    fn both_families_of_column_names_are_read() {
        let maria = status(&[
            ("Slave_IO_Running", "Yes"),
            ("Slave_SQL_Running", "Yes"),
            ("Master_Host", "a"),
            ("Using_Gtid", "Current_Pos"),
        ]);
        let mysql = status(&[
            ("Replica_IO_Running", "Yes"),
            ("Replica_SQL_Running", "Yes"),
            ("Source_Host", "a"),
            ("Auto_Position", "1"),
        ]);
        for (status, mode) in [(maria, "Current_Pos"), (mysql, "Auto_Position")] {
            assert!(status.is_running());
            assert_eq!(
                (status.source_host.as_str(), status.gtid_mode.as_deref()),
                ("a", Some(mode))
            );
        }
    }

    #[test]
    fn scenario_55_null_lag_is_unknown_and_not_zero() {
        assert_eq!(status(&[("Slave_IO_Running", "Yes")]).lag, None);
        assert_eq!(
            status(&[("Seconds_Behind_Master", "0")]).lag,
            Some(Duration::ZERO)
        );
    }

    #[test]
    fn what_was_received_and_not_applied_is_told() {
        let position = |text| GtidSet::parse(crate::Flavor::MariaDb, text).unwrap();
        let by_gtid = status(&[("Using_Gtid", "Slave_Pos"), ("Gtid_IO_Pos", "0-1-9")]);
        assert!(by_gtid.has_unapplied(&position("0-1-8,2-2-7")));
        assert!(!by_gtid.has_unapplied(&position("0-1-9,2-2-7")));
        let by_file = |applied| {
            status(&[
                ("Using_Gtid", "No"),
                ("Master_Log_File", "a.000002"),
                ("Read_Master_Log_Pos", "400"),
                ("Relay_Master_Log_File", "a.000002"),
                ("Exec_Master_Log_Pos", applied),
            ])
        };
        assert!(by_file("399").has_unapplied(&position("")));
        assert!(!by_file("400").has_unapplied(&position("")));
    }

    #[test]
    fn scenario_82_forged_rows_do_not_panic() {
        let forged = status(&[
            ("Slave_IO_Running", "\u{1b}[2J"),
            ("Master_Port", "99999999"),
            ("Last_IO_Errno", "-1"),
        ]);
        assert_eq!(
            (forged.io, forged.source_port, forged.io_error),
            (IoState::Connecting, 0, None)
        );
    }

    #[test]
    fn scenario_21_filters_on_system_schemas_alone_are_harmless() {
        let harmless = status(&[("Replicate_Ignore_DB", "information_schema,performance_schema")]);
        assert!(harmless.harmful_filters().is_empty());
        for harmful in [
            ("Replicate_Do_DB", "shop"),
            ("Replicate_Ignore_DB", "shop,sys"),
            ("Replicate_Ignore_DB", "mysql"),
            ("Skip_Counter", "1"),
        ] {
            assert_eq!(status(&[harmful]).harmful_filters().len(), 1, "{harmful:?}");
        }
    }
}
