//! The server releases that the kit knows.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::TestkitError;

/// Names a server release by flavour and series.
///
/// Its text form (`mariadb-10.5`) is also the name of its unpacked tree and what it is in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Release {
    /// MariaDB 10.5, the oldest series that is served.
    #[serde(rename = "mariadb-10.5")]
    MariaDb10_5,
    /// MariaDB 10.11, a long-term series.
    #[serde(rename = "mariadb-10.11")]
    MariaDb10_11,
    /// MariaDB 11.8, a long-term series.
    #[serde(rename = "mariadb-11.8")]
    MariaDb11_8,
    /// MySQL 9.7, a long-term series.
    #[serde(rename = "mysql-9.7")]
    MySql9_7,
}

impl Release {
    /// Every release, MariaDB before MySQL, older before newer.
    pub const ALL: [Self; 4] = [
        Self::MariaDb10_5,
        Self::MariaDb10_11,
        Self::MariaDb11_8,
        Self::MySql9_7,
    ];

    /// Returns the name, such as `mariadb-10.5`.
    pub fn name(self) -> &'static str {
        match self {
            Self::MariaDb10_5 => "mariadb-10.5",
            Self::MariaDb10_11 => "mariadb-10.11",
            Self::MariaDb11_8 => "mariadb-11.8",
            Self::MySql9_7 => "mysql-9.7",
        }
    }

    /// Tells whether the release is one of MySQL; if not, it is one of MariaDB.
    pub fn is_mysql(self) -> bool {
        self.name().starts_with("mysql-")
    }

    /// Returns the release that stands for a flavour, `mariadb` or `mysql`, where none is named.
    pub fn default_of(flavor: &str) -> Option<Self> {
        match flavor {
            "mariadb" => Some(Self::MariaDb10_11),
            "mysql" => Some(Self::MySql9_7),
            _ => None,
        }
    }

    /// Tells whether a server of the release offers TLS without any setting for it.
    pub(crate) fn has_own_tls(self) -> bool {
        matches!(self, Self::MariaDb11_8 | Self::MySql9_7)
    }

    /// Returns the series, such as `10.5`.
    pub(crate) fn series(self) -> &'static str {
        self.name().split_once('-').map_or("", |(_, series)| series)
    }

    /// Tells whether the output of the server's `--version` names this release.
    pub(crate) fn matches(self, version: &str) -> bool {
        let of_mysql = !version.contains("MariaDB");
        version_number(version).is_some_and(|number| {
            of_mysql == self.is_mysql()
                && number
                    .strip_prefix(self.series())
                    .is_some_and(|rest| rest.starts_with('.'))
        })
    }
}

/// Returns `10.11.19-MariaDB-…` of `/usr/sbin/mariadbd  Ver 10.11.19-MariaDB-… for debian-linux-gnu …`.
pub(crate) fn version_number(version: &str) -> Option<&str> {
    version
        .split_once(" Ver ")
        .and_then(|(_, rest)| rest.split_whitespace().next())
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Release {
    type Err = TestkitError;

    fn from_str(text: &str) -> Result<Self, TestkitError> {
        let found = Self::ALL.into_iter().find(|release| release.name() == text);
        found
            .or_else(|| Self::default_of(text))
            .ok_or_else(|| TestkitError::UnknownRelease(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for release in Release::ALL {
            assert_eq!(release.name().parse::<Release>().unwrap(), release);
            assert_eq!(serde_json::to_value(release).unwrap(), release.name());
        }
        assert_eq!("mysql".parse::<Release>().unwrap(), Release::MySql9_7);
        assert!("mysql-5.5".parse::<Release>().is_err());
    }

    #[test]
    fn a_series_is_no_prefix_of_a_longer_one() {
        let version = "mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for debian-linux-gnu on x86_64";
        assert!(Release::MariaDb10_11.matches(version));
        assert!(!Release::MariaDb10_5.matches(version));
        assert!(!Release::MySql9_7.matches("mysqld  Ver 9.70.1 for Linux on x86_64"));
        assert!(Release::MySql9_7.matches("mysqld  Ver 9.7.4-2 for Linux on x86_64 ((Debian))"));
    }
}
