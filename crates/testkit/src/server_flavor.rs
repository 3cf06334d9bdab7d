//! Flavour and series of a server, as a test names them.

use std::fmt;

/// Names a server by flavour and series: `MariaDb("11.8")`, `MySql("9.7")`.
///
/// Which series are known says [`Release::ALL`](crate::Release::ALL).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServerFlavor<'a> {
    /// MariaDB of a series.
    MariaDb(&'a str),
    /// MySQL of a series.
    MySql(&'a str),
}

impl fmt::Display for ServerFlavor<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::MariaDb(series) => write!(f, "mariadb-{series}"),
            Self::MySql(series) => write!(f, "mysql-{series}"),
        }
    }
}
