use serde::{Deserialize, Serialize};
use std::fmt;

/// Something about a running pair that somebody should know, with its stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Condition {
    /// The server cannot be reached or logged in to.
    #[serde(rename = "DBHA-M01")]
    Unreachable,
    /// The IO thread of its link is not running.
    #[serde(rename = "DBHA-M02")]
    IoThread,
    /// The SQL thread of its link is stopped.
    #[serde(rename = "DBHA-M03")]
    SqlThread,
    /// It follows nobody.
    #[serde(rename = "DBHA-M04")]
    NoLink,
    /// Who takes writes is not what was recorded.
    #[serde(rename = "DBHA-M05")]
    Writers,
    /// A setting is not what it was set to.
    #[serde(rename = "DBHA-M06")]
    SettingDrift,
    /// It has transactions that cannot reach the other server.
    #[serde(rename = "DBHA-M07")]
    Errant,
    /// Its link is behind.
    #[serde(rename = "DBHA-M08")]
    Lag,
    /// Settings would be lost at its next restart.
    #[serde(rename = "DBHA-M09")]
    NotRestartSafe,
    /// Both servers carry one server_id.
    #[serde(rename = "DBHA-M10")]
    EqualServerIds,
    /// A part of its state may not be seen.
    #[serde(rename = "DBHA-M11")]
    Hidden,
}

impl Condition {
    /// Returns the stable code.
    pub fn as_str(self) -> &'static str {
        match self {
            Condition::Unreachable => "DBHA-M01",
            Condition::IoThread => "DBHA-M02",
            Condition::SqlThread => "DBHA-M03",
            Condition::NoLink => "DBHA-M04",
            Condition::Writers => "DBHA-M05",
            Condition::SettingDrift => "DBHA-M06",
            Condition::Errant => "DBHA-M07",
            Condition::Lag => "DBHA-M08",
            Condition::NotRestartSafe => "DBHA-M09",
            Condition::EqualServerIds => "DBHA-M10",
            Condition::Hidden => "DBHA-M11",
        }
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
