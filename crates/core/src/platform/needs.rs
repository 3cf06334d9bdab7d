//! What a platform needs of a pair, as data.

use dbha_sql::Version;

/// Connections beside the platform's own: the peer's link, dbha and its monitor, backups, people.
pub(super) const OTHERS: u64 = 50;

/// What a platform needs of both servers of a pair, by its own documentation and installer.
pub(super) struct Needs {
    /// Its name as people write it.
    pub(super) title: &'static str,
    /// Lines of the option file that are alike on every server, as name and value.
    pub(super) options: &'static [(&'static str, &'static str)],
    /// For how many days it wants binary logs kept, where it says so.
    pub(super) log_days: Option<u64>,
    /// Whether it works under ONLY_FULL_GROUP_BY.
    pub(super) full_group_by: bool,
    /// How many connections it opens.
    pub(super) connections: Connections,
    /// Whether it counts on generated keys that grow by exactly 1.
    pub(super) step_1: bool,
    /// Databases that have to be there.
    pub(super) databases: &'static [Database],
    /// The account with which it logs in.
    pub(super) account: Option<Account>,
    /// Versions of MariaDB that it names.
    pub(super) mariadb: Named,
    /// Versions of MySQL that it names.
    pub(super) mysql: Named,
    /// The same, in words.
    pub(super) versions: &'static str,
}

/// How many connections a platform opens.
pub(super) enum Connections {
    /// It names no figure.
    Unnamed,
    /// This many in all.
    InAll(u64),
    /// So many for each of its own servers.
    Each {
        /// What such a server is called.
        of: &'static str,
        /// Connections of one.
        number: u64,
        /// How many of them its guide has.
        servers: u32,
    },
}

impl Connections {
    pub(super) fn needed(&self, servers: Option<u32>) -> Option<u64> {
        match self {
            Connections::Unnamed => None,
            Connections::InAll(number) => Some(*number),
            Connections::Each {
                number,
                servers: usual,
                ..
            } => Some(number * u64::from(servers.unwrap_or(*usual)) + OTHERS),
        }
    }
}

/// One database.
pub(super) struct Database {
    /// Its name.
    pub(super) name: &'static str,
    /// Character set and collation; `None` for the server's.
    pub(super) charset: Option<(&'static str, &'static str)>,
}

/// One account.
pub(super) struct Account {
    /// Its name.
    pub(super) user: &'static str,
    /// Whether it makes databases and accounts of its own, instead of working in the databases that are made for it.
    pub(super) makes_its_own: bool,
}

/// Versions that a platform names.
pub(super) enum Named {
    /// None of this flavour.
    No,
    /// This one and later ones.
    From(Version),
    /// From the first to all of the last series.
    Between(Version, Version),
}

impl Named {
    pub(super) fn holds(&self, version: Version) -> bool {
        match self {
            Named::No => false,
            Named::From(first) => version >= *first,
            Named::Between(first, last) => {
                version >= *first && (version <= *last || version.same_series(*last))
            }
        }
    }
}
