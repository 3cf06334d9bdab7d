//! The platforms whose guides ask for a highly available database: what each needs of a pair, and what its installer takes.

mod cloudpods;
mod health_check;
mod install;
mod k3s;
mod kubesphere;
mod needs;
mod options;
mod rainbond;
mod rancher;
mod sql;

pub use health_check::{HealthCheckForm, HealthCheckWanted, health_check};
pub use install::{PlatformInstallWanted, platform_install};
pub use options::platform_options;
pub(crate) use options::{lines_in, sql_mode_without};
pub(crate) use sql::statements as platform_statements;
pub use sql::{PlatformSqlWanted, platform_sql};

use dbha_sql::Dialect;
use needs::{Connections, Needs};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A platform that a pair is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Platform {
    /// Cloudpods (OneCloud).
    Cloudpods,
    /// Rainbond.
    Rainbond,
    /// Rancher on K3s.
    Rancher,
    /// K3s with an external datastore.
    K3s,
    /// KubeSphere, whose sites reach databases by way of HAProxy.
    Kubesphere,
}

impl Platform {
    /// Every platform.
    pub const ALL: [Platform; 5] = [
        Platform::Cloudpods,
        Platform::Rainbond,
        Platform::Rancher,
        Platform::K3s,
        Platform::Kubesphere,
    ];

    /// Finds a platform by the name that [`Platform`] is shown by.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|platform| platform.to_string() == name)
    }

    fn needs(self) -> &'static Needs {
        match self {
            Platform::Cloudpods => &cloudpods::NEEDS,
            Platform::Rainbond => &rainbond::NEEDS,
            Platform::Rancher => &rancher::NEEDS,
            Platform::K3s => &k3s::NEEDS,
            Platform::Kubesphere => &kubesphere::NEEDS,
        }
    }

    /// Returns the name as people write it.
    pub fn title(self) -> &'static str {
        self.needs().title
    }

    /// Tells whether it breaks when generated keys do not grow by exactly 1; one writer is demanded then.
    pub fn counts_on_step_1(self) -> bool {
        self.needs().step_1
    }

    /// Returns how many connections a server has to let in, where the platform names a figure; `servers` is how many
    /// servers of its own it has, `None` as many as its guide.
    pub fn connections(self, servers: Option<u32>) -> Option<u64> {
        self.needs().connections.needed(servers)
    }

    /// Returns the databases that have to be there before the platform is installed.
    pub fn databases(self) -> impl Iterator<Item = &'static str> {
        self.needs().databases.iter().map(|database| database.name)
    }

    /// Tells whether its installer wants an account that may make databases and accounts of its own, at the host `%`.
    pub fn makes_its_own(self) -> bool {
        self.needs()
            .account
            .as_ref()
            .is_some_and(|account| account.makes_its_own)
    }

    /// Returns the account that the platform logs in with, where it has one.
    pub fn user(self) -> Option<&'static str> {
        self.needs().account.as_ref().map(|account| account.user)
    }

    /// Returns the versions that the platform's documentation names.
    pub(crate) fn versions(self) -> &'static str {
        self.needs().versions
    }

    /// Tells whether the platform's documentation names this server's version.
    pub(crate) fn names(self, dialect: Dialect) -> bool {
        let Needs { mariadb, mysql, .. } = self.needs();
        dialect.of_flavor(mariadb, mysql).holds(dialect.version())
    }

    pub(crate) fn works_under_full_group_by(self) -> bool {
        self.needs().full_group_by
    }

    /// Says where the figure of [`Platform::connections`] comes from.
    pub(crate) fn why_so_many(self, servers: Option<u32>) -> String {
        match &self.needs().connections {
            Connections::Each {
                of,
                number,
                servers: usual,
            } => {
                let servers = servers.unwrap_or(*usual);
                format!(
                    "{number} for each of {servers} {of}s, {} for everybody else",
                    needs::OTHERS
                )
            }
            Connections::InAll(_) | Connections::Unnamed => "by its guide".to_owned(),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Platform::Cloudpods => "cloudpods",
            Platform::Rainbond => "rainbond",
            Platform::Rancher => "rancher",
            Platform::K3s => "k3s",
            Platform::Kubesphere => "kubesphere",
        })
    }
}

#[cfg(test)]
mod tests;
