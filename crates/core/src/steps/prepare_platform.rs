//! A platform's databases and its account, on the primary; both reach the secondary over its link.

use super::{Check, Run, Step, StepTrouble, View, catch_up, follow, password_file::PasswordFile};
use crate::{
    Platform, PlatformAccountWanted, PlatformSqlWanted, Side, choices, platform::platform_statements,
    rendered::NotRenderable,
};
use dbha_sql::{Facts, Secret, Statement};

/// What is wanted, and of whom.
struct Wanted<'a> {
    platform: Platform,
    user: &'static str,
    account: &'a PlatformAccountWanted,
}

impl<'a> Wanted<'a> {
    /// `None` where nothing is asked for, or the platform keeps nothing in a database.
    fn of(view: &View<'a>) -> Option<Self> {
        let platform = choices::platform(&view.facts.primary, view.options)?;
        Some(Self {
            platform,
            user: platform.user()?,
            account: view.options.platform_account.as_ref()?,
        })
    }

    /// Recorded last: a run that was cut off between the account and its grants is seen by that.
    fn record(&self) -> String {
        let mut hosts = self.account.hosts.clone();
        hosts.sort();
        format!("{}@{}", self.user, hosts.join(","))
    }

    fn missing_accounts(&self, facts: &Facts) -> Vec<String> {
        let known = facts.accounts.known().map(Vec::as_slice).unwrap_or_default();
        let is_missing = |host: &&String| {
            !known
                .iter()
                .any(|account| account.user == self.user && account.host == **host)
        };
        self.account.hosts.iter().filter(is_missing).cloned().collect()
    }
}

pub(super) fn check(view: &View<'_>) -> Check {
    let Some(wanted) = Wanted::of(view) else {
        return Check::Satisfied;
    };
    let primary = &view.facts.primary;
    let mut different = Vec::new();
    // Databases that cannot be seen are made if they are not there.
    if let Some(schemas) = primary.schemas.known() {
        let missing = wanted
            .platform
            .databases()
            .filter(|name| !schemas.iter().any(|schema| schema.name == *name));
        different.extend(missing.map(|name| format!("the database {name} is missing")));
    }
    let missing = wanted.missing_accounts(primary);
    different.extend(
        missing
            .iter()
            .map(|host| format!("{}@{host} is missing", wanted.user)),
    );
    if different.is_empty() && choices::recorded(primary).prepared != Some(wanted.record()) {
        different.push(format!("{} may lack what it needs", wanted.user));
    }
    match different.is_empty() {
        true => Check::Satisfied,
        false => Check::Needed(different),
    }
}

pub(super) fn statements(view: &View<'_>) -> Vec<(Side, Statement)> {
    let Some(wanted) = Wanted::of(view) else {
        return vec![];
    };
    // A host that cannot stand in an account is told when the step is done.
    let all = primary_statements(view, &wanted, Secret::new("xxx")).unwrap_or_default();
    all.into_iter()
        .map(|statement| (Side::Primary, statement))
        .collect()
}

fn primary_statements(
    view: &View<'_>,
    wanted: &Wanted<'_>,
    password: Secret,
) -> Result<Vec<Statement>, NotRenderable> {
    let dialect = view.facts.primary.dialect;
    let mut all = super::open_for_dbha(&view.facts.primary);
    all.extend(platform_statements(
        dialect,
        &PlatformSqlWanted {
            platform: wanted.platform,
            hosts: wanted.account.hosts.clone(),
            password: Some(password),
        },
    )?);
    all.extend(dialect.record_prepared(&wanted.record()));
    Ok(all)
}

pub(super) async fn apply(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    let view = run.view();
    let Some(wanted) = Wanted::of(&view) else {
        return Ok(());
    };
    let path = &wanted.account.password_file;
    let trouble = |error| PasswordFile::trouble("--platform-password-file", path, &error);
    // Accounts that are there keep their passwords; only a new one needs a file.
    let needs_file = !wanted.missing_accounts(&view.facts.primary).is_empty();
    let (mut password, mut told) = (Secret::new("xxx"), "with the password that it had".to_owned());
    if needs_file {
        let file = PasswordFile::of(path).map_err(trouble)?;
        // Before the account: a run that is cut off between them goes on with this password.
        file.keep().map_err(trouble)?;
        password = file.password().clone();
        told = format!("whose password is in {}", path.display());
    }
    let told = format!("{}, {told}", wanted.record());
    let statements = primary_statements(&view, &wanted, password);
    let statements = statements.map_err(|wrong| StepTrouble::new(wrong.to_string(), wrong.fix))?;
    run.servers.primary.execute_all(&statements).await?;
    run.detail(Step::PreparePlatform, told);
    let (target, _) = follow::gtids(run, Side::Primary).await?;
    catch_up::wait_until_has(run, Step::PreparePlatform, Side::Secondary, &target).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SetupOptions, Topology, built_facts::finished_pair};
    use dbha_sql::{Account, Choices, Observed, SchemaFacts};

    fn options(platform: Option<Platform>) -> SetupOptions {
        SetupOptions {
            platform,
            platform_account: Some(PlatformAccountWanted {
                hosts: vec!["10.0.0.%".into(), "10.0.1.%".into()],
                password_file: "/nowhere".into(),
            }),
            ..SetupOptions::default()
        }
    }

    /// A pair for Rainbond as its step leaves it, but for a change.
    fn judged(options: &SetupOptions, change: impl FnOnce(&mut Facts)) -> (Check, String) {
        let mut facts = finished_pair("8.0.36", options);
        let primary = &mut facts.primary;
        primary.schemas = Observed::Known(["console", "region"].map(schema).into());
        primary.accounts = Observed::Known(["10.0.0.%", "10.0.1.%"].map(account).into());
        primary.choices = Observed::Known(Choices {
            platform: Some("rainbond".into()),
            prepared: Some("rainbond@10.0.0.%,10.0.1.%".into()),
            ..Choices::default()
        });
        change(primary);
        let topology = Topology::of_pair(&facts, options);
        let view = View {
            facts: &facts,
            topology: &topology,
            options,
            changed: false,
            new_password: false,
        };
        let shown: Vec<String> = statements(&view)
            .iter()
            .map(|(_, statement)| statement.shown().to_owned())
            .collect();
        (check(&view), shown.join("\n"))
    }

    fn schema(name: &str) -> SchemaFacts {
        SchemaFacts {
            name: name.into(),
            ..SchemaFacts::default()
        }
    }

    fn account(host: &str) -> Account {
        Account {
            user: "rainbond".into(),
            host: host.into(),
            is_role: false,
        }
    }

    fn needed(check: &Check) -> usize {
        match check {
            Check::Satisfied => 0,
            Check::Needed(different) => different.len(),
        }
    }

    #[test]
    fn only_what_is_missing_is_to_be_done() {
        // The platform is known from the record as well.
        for options in [options(Some(Platform::Rainbond)), options(None)] {
            assert_eq!(judged(&options, |_| {}).0, Check::Satisfied);
            let without = |change: fn(&mut Facts)| needed(&judged(&options, change).0);
            assert_eq!(without(|facts| facts.schemas = Observed::Known(vec![])), 2);
            assert_eq!(without(|facts| facts.accounts = Observed::Known(vec![])), 2);
            // Cut off between the account and its grants.
            assert_eq!(
                without(|facts| {
                    facts.choices = Observed::Known(Choices {
                        platform: Some("rainbond".into()),
                        ..Choices::default()
                    });
                }),
                1
            );
        }
        assert_eq!(
            judged(&SetupOptions::default(), |facts| facts.schemas =
                Observed::Known(vec![]))
            .0,
            Check::Satisfied
        );
        let kubesphere = options(Some(Platform::Kubesphere));
        assert_eq!(judged(&kubesphere, |_| {}).0, Check::Satisfied);
    }

    #[test]
    fn a_plan_shows_everything_but_the_password() {
        let (_, shown) = judged(&options(None), |facts| facts.schemas = Observed::Known(vec![]));
        for part in [
            "CREATE DATABASE IF NOT EXISTS `region` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci",
            "CREATE USER IF NOT EXISTS 'rainbond'@'10.0.1.%'",
            "GRANT ALL PRIVILEGES ON `console`.* TO 'rainbond'@'10.0.0.%'",
            "'rainbond@10.0.0.%,10.0.1.%'",
        ] {
            assert!(shown.contains(part), "{part}\n{shown}");
        }
        assert!(!shown.contains("xxx"), "{shown}");
    }
}
