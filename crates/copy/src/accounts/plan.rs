use super::{Account, AccountBook, AccountChange, AccountDone};

/// What has to be done so that the target's accounts are the source's.
///
/// The target keeps its accounts at its own machine, and the one that dbha is logged in with: by these it is
/// looked after, and they must not change under the hands of whoever does it.
pub(crate) struct AccountPlan {
    /// To be dropped first; those that are replaced are among them.
    pub(super) drop: Vec<Account>,
    /// To be created.
    pub(super) create: Vec<Account>,
    /// To be created at the very end and all at once: accounts that the target keeps from then on, so that a run
    /// that is cut off leaves them whole or not at all.
    pub(super) create_last: Vec<Account>,
    /// Accounts of the target that stay and lose roles which are created anew.
    pub(super) keep: Vec<Account>,
    /// The account that makes the changes, and gets every role that it creates.
    pub(super) own: (String, String),
    /// Lines that everybody lacks.
    pub(super) public_grants: Vec<String>,
    /// Lines that everybody has too much.
    pub(super) public_revokes: Vec<String>,
    /// What is reported of it.
    pub(crate) changes: Vec<AccountChange>,
}

impl AccountPlan {
    /// Compares the accounts of both servers.
    pub(crate) fn make(source: &AccountBook, target: &AccountBook) -> Self {
        let mut plan = Self {
            drop: vec![],
            create: vec![],
            create_last: vec![],
            keep: vec![],
            own: target.own.clone(),
            public_grants: missing(&source.public, &target.public),
            public_revokes: missing(&target.public, &source.public),
            changes: vec![],
        };
        for have in &target.accounts {
            let wanted = source.accounts.iter().find(|account| account.same_name(have));
            if target.keeps(have) {
                plan.keep.push(have.clone());
            } else if wanted.is_none() {
                plan.note(have, AccountDone::Dropped);
                plan.drop.push(have.clone());
            }
        }
        for wanted in &source.accounts {
            let have = target.accounts.iter().find(|account| account.same_name(wanted));
            match have {
                Some(have) if target.keeps(have) || have == wanted => continue,
                Some(have) => {
                    plan.note(have, AccountDone::Replaced);
                    plan.drop.push(have.clone());
                }
                None => plan.note(wanted, AccountDone::Created),
            }
            match target.keeps(wanted) {
                true => plan.create_last.push(wanted.clone()),
                false => plan.create.push(wanted.clone()),
            }
        }
        plan.renew_roles(source, target);
        plan
    }

    /// Creates all roles and their members anew where one member must be granted a role: on MariaDB only whoever
    /// may pass a role on can grant it, and that is whoever created it.
    fn renew_roles(&mut self, source: &AccountBook, target: &AccountBook) {
        let mut made = self.create.iter().chain(&self.create_last);
        if !made.any(Account::has_roles) || !source.accounts.iter().any(Account::is_role) {
            return;
        }
        let mut create = vec![];
        for wanted in &source.accounts {
            let planned = self.create.iter().any(|account| account.same_name(wanted));
            let member = wanted.is_role() || wanted.has_roles();
            let equal = target.accounts.contains(wanted) && !target.keeps(wanted);
            if equal && member {
                self.drop.push(wanted.clone());
            }
            if planned || (equal && member) {
                create.push(wanted.clone());
            }
        }
        // In the order of the source's list: roles first.
        self.create = create;
    }

    fn note(&mut self, account: &Account, done: AccountDone) {
        self.changes.push(AccountChange {
            account: account.shown(),
            done,
        });
    }
}

impl AccountBook {
    pub(super) fn keeps(&self, account: &Account) -> bool {
        let Some(host) = &account.host else {
            return false;
        };
        let local = ["localhost", "127.0.0.1", "::1"].contains(&host.as_str())
            || (!self.host_name.is_empty() && host.eq_ignore_ascii_case(&self.host_name));
        local || (account.user == self.own.0 && *host == self.own.1)
    }
}

fn missing(wanted: &[String], have: &[String]) -> Vec<String> {
    wanted
        .iter()
        .filter(|line| !have.contains(line))
        .cloned()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbha_sql::Secret;

    fn account(user: &str, host: &str, hash: &str) -> Account {
        Account {
            user: user.into(),
            host: Some(host.into()),
            create: Some(Secret::new(hash)),
            default_roles: None,
            grants: vec![],
        }
    }

    fn book(accounts: Vec<Account>) -> AccountBook {
        AccountBook {
            accounts,
            public: vec![],
            unknown: vec![],
            own: ("admin".into(), "10.0.0.%".into()),
            host_name: "db2".into(),
        }
    }

    #[test]
    fn the_target_keeps_what_it_is_looked_after_by() {
        let source = book(vec![
            account("root", "localhost", "source"),
            account("admin", "10.0.0.%", "source"),
            account("backup", "localhost", "source"),
            account("app", "%", "source"),
            account("same", "%", "both"),
        ]);
        let target = book(vec![
            account("root", "localhost", "target"),
            account("ops", "DB2", "target"),
            account("admin", "10.0.0.%", "target"),
            account("app", "%", "target"),
            account("same", "%", "both"),
            account("old", "%", "target"),
        ]);
        let plan = AccountPlan::make(&source, &target);
        let done: Vec<_> = plan
            .changes
            .iter()
            .map(|change| (change.account.as_str(), change.done))
            .collect();
        assert_eq!(
            done,
            [
                ("old@%", AccountDone::Dropped),
                ("backup@localhost", AccountDone::Created),
                ("app@%", AccountDone::Replaced),
            ]
        );
        assert_eq!((plan.create.len(), plan.create_last.len()), (1, 1));
        assert_eq!(plan.drop.len(), 2);
    }

    #[test]
    fn a_role_is_made_anew_for_a_new_member() {
        let role = Account {
            host: None,
            create: None,
            ..account("reader", "", "")
        };
        let mut member = account("app", "%", "x");
        member.grants = vec![Secret::new("GRANT `reader` TO `app`@`%`")];
        let stranger = account("other", "%", "x");
        let source = book(vec![role.clone(), member.clone(), stranger.clone()]);
        let target = book(vec![role, stranger]);
        let plan = AccountPlan::make(&source, &target);
        let names: Vec<&str> = plan.create.iter().map(|account| account.user.as_str()).collect();
        assert_eq!(names, ["reader", "app"]);
        assert_eq!(plan.changes.len(), 1);
    }

    #[test]
    fn equal_books_need_nothing() {
        let one = book(vec![account("app", "%", "x")]);
        assert!(AccountPlan::make(&one, &one.clone()).changes.is_empty());
    }
}
