use serde::{Deserialize, Serialize};
use std::fmt;

/// Which of the two families a server belongs to.
///
/// Only the dialect and its statements may ask; everybody else asks [`crate::Dialect`] for a capability.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Flavor {
    /// MariaDB Server.
    MariaDb,
    /// MySQL Server.
    MySql,
}

impl fmt::Display for Flavor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Flavor::MariaDb => "MariaDB",
            Flavor::MySql => "MySQL",
        })
    }
}
