use super::{Account, AccountPlan, grant_line::without_login};
use crate::{CopyError, definer::Definer, statements};
use dbha_sql::{SqlError, Statement};

/// Errors of a grant on something that is gone: servers keep such grants, and give them to nobody anew.
const GONE: [u16; 5] = [1146, 1305, 1054, 1049, 1470];

impl AccountPlan {
    /// Drops what must go and creates accounts and roles, still without grants.
    ///
    /// Before the stored objects, because MySQL refuses to create an account that is already somebody's definer.
    pub(crate) async fn create(&self, definer: &mut Definer) -> Result<(), CopyError> {
        for account in &self.drop {
            let drop = statements::accounts::drop_account(&account.user, account.host.as_deref());
            run(definer, &drop, account).await?;
        }
        for hidden in definer.dialect().hide_from_logs(true) {
            definer
                .run(&hidden)
                .await
                .map_err(CopyError::doing("hiding hashes from logs"))?;
        }
        for account in &self.create {
            create(definer, account).await?;
        }
        Ok(())
    }

    /// Grants what the accounts had, and makes their default roles.
    pub(crate) async fn grant(&self, definer: &mut Definer) -> Result<(), CopyError> {
        // Roles come first in the list, so that their members find them complete.
        for account in &self.create {
            for line in &account.grants {
                grant(definer, account, line.expose()).await?;
            }
        }
        for account in &self.create {
            set_default_roles(definer, account).await?;
        }
        for account in &self.create_last {
            self.create_whole(definer, account).await?;
        }
        for account in self.keep.iter().filter(|account| !self.is_own(account)) {
            for line in self.lost_roles(account) {
                grant(definer, account, line).await?;
            }
        }
        self.give_back_roles(definer).await?;
        for line in &self.public_grants {
            tolerate(definer, &statements::accounts::grant(line), "everybody").await?;
        }
        for line in &self.public_revokes {
            if let Some(revoke) = statements::accounts::revoke(line, "`PUBLIC`")
                .or_else(|| statements::accounts::revoke(line, "PUBLIC"))
            {
                tolerate(definer, &revoke, "everybody").await?;
            }
        }
        for shown in definer.dialect().hide_from_logs(false) {
            definer
                .run(&shown)
                .await
                .map_err(CopyError::doing("logging again"))?;
        }
        Ok(())
    }

    async fn create_whole(&self, definer: &mut Definer, account: &Account) -> Result<(), CopyError> {
        create(definer, account).await?;
        let granted = grant_all(definer, account).await;
        if granted.is_err() {
            let drop = statements::accounts::drop_account(&account.user, account.host.as_deref());
            // The error of the grant is the one to report.
            let _ = definer.run(&drop).await;
        }
        granted
    }

    /// Whoever creates a role gets it, with the right to pass it on: needed for the grants, and taken back after them.
    async fn give_back_roles(&self, definer: &mut Definer) -> Result<(), CopyError> {
        let had: Vec<&str> = self
            .keep
            .iter()
            .filter(|account| self.is_own(account))
            .flat_map(|account| self.lost_roles(account))
            .collect();
        for role in self.create.iter().filter(|account| account.host.is_none()) {
            let begin = format!("GRANT {} TO ", statements::accounts::grantee(&role.user, None));
            let line = had.iter().find(|line| line.starts_with(&begin));
            let only_passing_on = match line {
                Some(line) if line.ends_with(" WITH ADMIN OPTION") => continue,
                line => line.is_some(),
            };
            let back = statements::accounts::give_back_role(&role.user, &self.own, only_passing_on);
            run(definer, &back, role).await?;
        }
        Ok(())
    }

    fn is_own(&self, account: &Account) -> bool {
        account.user == self.own.0 && account.host.as_deref() == Some(self.own.1.as_str())
    }

    /// Lines by which an account that stays had a role that was created anew.
    fn lost_roles<'a>(&'a self, account: &'a Account) -> impl Iterator<Item = &'a str> {
        let renewed: Vec<String> = self
            .create
            .iter()
            .map(|account| statements::accounts::grantee(&account.user, account.host.as_deref()))
            .collect();
        account
            .grants
            .iter()
            .map(|line| line.expose())
            .filter(move |line| {
                renewed
                    .iter()
                    .any(|role| line.starts_with(&format!("GRANT {role} TO ")))
            })
    }
}

pub(super) async fn create(definer: &mut Definer, account: &Account) -> Result<(), CopyError> {
    let create = match (&account.host, &account.create) {
        (Some(host), Some(create)) => {
            statements::accounts::create_account(&account.user, host, create.expose())
        }
        _ => statements::accounts::create_role(&account.user),
    };
    run(definer, &create, account).await
}

pub(super) async fn grant_all(definer: &mut Definer, account: &Account) -> Result<(), CopyError> {
    for line in &account.grants {
        grant(definer, account, line.expose()).await?;
    }
    set_default_roles(definer, account).await
}

async fn set_default_roles(definer: &mut Definer, account: &Account) -> Result<(), CopyError> {
    let (Some(host), Some(roles)) = (&account.host, &account.default_roles) else {
        return Ok(());
    };
    let set = statements::accounts::set_default_roles(definer.dialect(), &account.user, host, roles);
    run(definer, &set, account).await
}

pub(super) async fn run(
    definer: &mut Definer,
    statement: &Statement,
    account: &Account,
) -> Result<(), CopyError> {
    definer.run(statement).await.map_err(CopyError::doing(format!(
        "making account {} equal",
        account.shown()
    )))
}

async fn grant(definer: &mut Definer, account: &Account, line: &str) -> Result<(), CopyError> {
    let line = without_login(line);
    tolerate(definer, &statements::accounts::grant(&line), &account.shown()).await
}

async fn tolerate(definer: &mut Definer, statement: &Statement, whose: &str) -> Result<(), CopyError> {
    match definer.run(statement).await {
        Ok(()) => Ok(()),
        Err(SqlError::Rejected { code, .. }) if GONE.contains(&code) => {
            definer.warn(format!(
                "not carried, because what it is about is gone: {} (of {whose})",
                statement.shown()
            ));
            Ok(())
        }
        // Only who is a proxy's principal may name a proxy for it; being allowed everything else does not help.
        Err(SqlError::Rejected { code: 1698, .. }) if statement.shown().starts_with("GRANT PROXY ") => {
            definer.warn(format!(
                "not carried, because the account of dbha may not: {} (of {whose})",
                statement.shown()
            ));
            Ok(())
        }
        Err(error) => Err(CopyError::doing(format!("granting to {whose}"))(error)),
    }
}
