use super::{Account, AccountBook};
use dbha_sql::Secret;
use serde::{Deserialize, Serialize};

/// Accounts in the form in which a dump keeps them; holds hashes of passwords, so its files are their owner's alone.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(crate) struct StoredAccounts {
    accounts: Vec<StoredAccount>,
    public: Vec<String>,
    unknown: Vec<String>,
}

#[derive(Clone, Serialize, Deserialize)]
struct StoredAccount {
    user: String,
    host: Option<String>,
    create: Option<String>,
    default_roles: Option<String>,
    grants: Vec<String>,
}

impl StoredAccounts {
    /// Writes everything of a book down but who read it.
    pub(crate) fn of(book: &AccountBook) -> Self {
        let account = |account: &Account| StoredAccount {
            user: account.user.clone(),
            host: account.host.clone(),
            create: account.create.as_ref().map(|create| create.expose().to_owned()),
            default_roles: account.default_roles.clone(),
            grants: account
                .grants
                .iter()
                .map(|line| line.expose().to_owned())
                .collect(),
        };
        Self {
            accounts: book.accounts.iter().map(account).collect(),
            public: book.public.clone(),
            unknown: book.unknown.clone(),
        }
    }

    /// Makes the book again.
    pub(crate) fn book(&self) -> AccountBook {
        let account = |account: &StoredAccount| Account {
            user: account.user.clone(),
            host: account.host.clone(),
            create: account.create.as_deref().map(Secret::new),
            default_roles: account.default_roles.clone(),
            grants: account.grants.iter().map(Secret::new).collect(),
        };
        AccountBook {
            accounts: self.accounts.iter().map(account).collect(),
            public: self.public.clone(),
            unknown: self.unknown.clone(),
            own: Default::default(),
            host_name: String::new(),
        }
    }

    /// Lists the names: user, and host where it is no role.
    pub(crate) fn names(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.accounts
            .iter()
            .map(|account| (account.user.as_str(), account.host.as_deref()))
    }
}
