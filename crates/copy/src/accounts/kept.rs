use super::{Account, AccountBook, apply, read};
use crate::{CopyError, definer::Definer, statements};
use dbha_sql::Session;

/// The accounts by which a server is looked after: those at its own machine, and the one that dbha is logged in with.
///
/// A copy leaves them alone, a clone replaces them: held in memory alone, since hashes may be written nowhere.
pub struct KeptAccounts {
    accounts: Vec<Account>,
}

impl std::fmt::Debug for KeptAccounts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.accounts.iter().map(Account::shown))
            .finish()
    }
}

impl KeptAccounts {
    /// Reads them, those that the system's own scripts log in with included.
    pub async fn read(session: &mut Session) -> Result<Self, CopyError> {
        let book = AccountBook::read(session).await?;
        let mut accounts: Vec<Account> = book
            .accounts
            .iter()
            .filter(|account| book.keeps(account) && !account.user.starts_with("dbha_"))
            .cloned()
            .collect();
        accounts.extend(read::of_system(session).await?);
        Ok(Self { accounts })
    }

    /// Makes them on a clone as they were.
    ///
    /// By ALTER USER where the donor has one of that name: objects may have it for their definer, and dbha may be
    /// logged in with it. To the account that is logged in, rights are only added.
    pub(crate) async fn restore(&self, definer: &mut Definer) -> Result<(), CopyError> {
        let now = AccountBook::read(&mut definer.session).await?;
        let mut all = now.accounts.clone();
        all.extend(read::of_system(&mut definer.session).await?);
        for account in &self.accounts {
            let have = all.iter().find(|have| have.same_name(account));
            match have {
                Some(have) if have == account => {}
                Some(have) => {
                    let own =
                        account.user == now.own.0 && account.host.as_deref() == Some(now.own.1.as_str());
                    alter(definer, account, have, own).await?;
                }
                None => {
                    apply::create(definer, account).await?;
                    apply::grant_all(definer, account).await?;
                }
            }
        }
        Ok(())
    }
}

async fn alter(definer: &mut Definer, account: &Account, have: &Account, own: bool) -> Result<(), CopyError> {
    let (Some(host), Some(create)) = (&account.host, &account.create) else {
        return Ok(());
    };
    let alter = statements::accounts::alter_account(&account.user, host, create.expose());
    apply::run(definer, &alter, account).await?;
    let grantee = statements::accounts::grantee(&account.user, Some(host));
    for line in have
        .grants
        .iter()
        .filter(|line| !own && !account.grants.contains(line))
    {
        if let Some(revoke) = statements::accounts::revoke(line.expose(), &grantee) {
            apply::run(definer, &revoke, account).await?;
        }
    }
    let missing = account.grants.iter().filter(|line| !have.grants.contains(line));
    let missing = Account {
        grants: missing.cloned().collect(),
        ..account.clone()
    };
    apply::grant_all(definer, &missing).await
}
