mod apply;
mod grant_line;
mod kept;
mod plan;
mod read;
mod stored;

use dbha_sql::Secret;
use serde::{Deserialize, Serialize};

pub use kept::KeptAccounts;
pub(crate) use plan::AccountPlan;
pub(crate) use stored::StoredAccounts;

/// What became of an account on the target that was not equal to the source's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountChange {
    /// `user@host`, or the name of a role.
    pub account: String,
    /// What was done.
    pub done: AccountDone,
}

/// What was done to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccountDone {
    /// It was missing.
    Created,
    /// It had another password, other options or other grants.
    Replaced,
    /// The source has no such account.
    Dropped,
}

/// All accounts and roles of a server but the server's own.
#[derive(Clone, PartialEq)]
pub(crate) struct AccountBook {
    /// The accounts, roles first.
    pub(super) accounts: Vec<Account>,
    /// What everybody may (MariaDB's PUBLIC): lines of SHOW GRANTS.
    pub(super) public: Vec<String>,
    /// Accounts that stand in the server's table and are not in use: hosts by name under `skip_name_resolve`.
    pub(crate) unknown: Vec<String>,
    /// The account of the session that read this.
    pub(super) own: (String, String),
    /// The server's own name.
    pub(super) host_name: String,
}

impl AccountBook {
    /// Makes the book of a server that does not show its accounts.
    pub(crate) fn unread() -> Self {
        Self {
            accounts: vec![],
            public: vec![],
            unknown: vec![],
            own: (String::new(), String::new()),
            host_name: String::new(),
        }
    }
}

/// One account or role.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Account {
    /// Its name.
    pub(super) user: String,
    /// Where it logs in from; `None` for a role that is no account.
    pub(super) host: Option<String>,
    /// How it is created; `None` for a role. Holds a hash.
    pub(super) create: Option<Secret>,
    /// Roles that are active from the login on, as the server writes them.
    pub(super) default_roles: Option<String>,
    /// What is granted to it, sorted. A line can hold a hash.
    pub(super) grants: Vec<Secret>,
}

impl Account {
    /// Returns its name to be shown.
    pub(super) fn shown(&self) -> String {
        match &self.host {
            Some(host) => format!("{}@{host}", self.user),
            None => format!("role {}", self.user),
        }
    }

    /// Tells whether it is a role that is no account.
    pub(super) fn is_role(&self) -> bool {
        self.host.is_none()
    }

    /// Tells whether a role is granted to it: such lines begin with a quoted name, all others with a privilege.
    pub(super) fn has_roles(&self) -> bool {
        self.grants
            .iter()
            .any(|line| line.expose().starts_with("GRANT `"))
    }

    pub(super) fn same_name(&self, other: &Account) -> bool {
        self.user == other.user && self.host == other.host
    }
}
