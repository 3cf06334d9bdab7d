mod mariadb;
mod mysql;

use crate::Flavor;
use serde::{Deserialize, Serialize};
use std::fmt;

pub use mariadb::MariaDbGtids;
pub use mysql::MySqlGtids;

/// The transactions that a server has, in either grammar.
///
/// MariaDB gives the last transaction per domain and server, MySQL gives every transaction; the questions asked
/// of both are the same: what has this one that the other lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "flavor", content = "set", rename_all = "lowercase")]
pub enum GtidSet {
    /// `0-1-100,1-2-7`
    MariaDb(MariaDbGtids),
    /// `3E11FA47-71CA-11E1-9E33-C80AA9429562:1-5`
    MySql(MySqlGtids),
}

/// The text is not a GTID position or set of this flavour.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no GTID position of this server's kind")]
pub struct ParseGtidError(pub(crate) String);

impl GtidSet {
    /// Reads what a server says of its position; the empty text is the empty set.
    pub fn parse(flavor: Flavor, text: &str) -> Result<Self, ParseGtidError> {
        Ok(match flavor {
            Flavor::MariaDb => GtidSet::MariaDb(text.parse()?),
            Flavor::MySql => GtidSet::MySql(text.parse()?),
        })
    }

    /// Returns the empty set of a flavour.
    pub fn empty(flavor: Flavor) -> Self {
        match flavor {
            Flavor::MariaDb => GtidSet::MariaDb(MariaDbGtids::default()),
            Flavor::MySql => GtidSet::MySql(MySqlGtids::default()),
        }
    }

    /// Tells whether there is no transaction in it.
    pub fn is_empty(&self) -> bool {
        match self {
            GtidSet::MariaDb(set) => set.is_empty(),
            GtidSet::MySql(set) => set.is_empty(),
        }
    }

    /// Returns what is in this set and not in the other; sets of different flavours share nothing.
    #[must_use]
    pub fn minus(&self, other: &GtidSet) -> GtidSet {
        match (self, other) {
            (GtidSet::MariaDb(a), GtidSet::MariaDb(b)) => GtidSet::MariaDb(a.minus(b)),
            (GtidSet::MySql(a), GtidSet::MySql(b)) => GtidSet::MySql(a.minus(b)),
            _ => self.clone(),
        }
    }

    /// Returns what is in either set.
    #[must_use]
    pub fn union(&self, other: &GtidSet) -> GtidSet {
        match (self, other) {
            (GtidSet::MariaDb(a), GtidSet::MariaDb(b)) => GtidSet::MariaDb(a.union(b)),
            (GtidSet::MySql(a), GtidSet::MySql(b)) => GtidSet::MySql(a.union(b)),
            _ => self.clone(),
        }
    }

    /// Returns what is in both sets.
    #[must_use]
    pub fn common_with(&self, other: &GtidSet) -> GtidSet {
        match (self, other) {
            (GtidSet::MariaDb(a), GtidSet::MariaDb(b)) => GtidSet::MariaDb(a.common_with(b)),
            _ => self.minus(&self.minus(other)),
        }
    }

    /// Returns the domains whose last transaction a server of this number wrote; MySQL's sets carry no numbers.
    #[must_use]
    pub fn written_by(&self, server_id: u32) -> GtidSet {
        match self {
            GtidSet::MariaDb(set) => GtidSet::MariaDb(set.written_by(server_id)),
            GtidSet::MySql(_) => GtidSet::MySql(MySqlGtids::default()),
        }
    }

    /// Tells whether everything of the other set is in this one.
    pub fn contains(&self, other: &GtidSet) -> bool {
        other.minus(self).is_empty()
    }

    /// Counts the transactions that this set has and the other lacks.
    pub fn count_missing_from(&self, other: &GtidSet) -> u64 {
        match (self, other) {
            (GtidSet::MariaDb(a), GtidSet::MariaDb(b)) => a.count_beyond(b),
            (GtidSet::MySql(a), GtidSet::MySql(b)) => a.minus(b).count(),
            _ => 0,
        }
    }
}

impl fmt::Display for GtidSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GtidSet::MariaDb(set) => set.fmt(f),
            GtidSet::MySql(set) => set.fmt(f),
        }
    }
}
