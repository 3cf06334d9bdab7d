use dbha_sql::{CLONE_USER, HeldSetting, Secret, Statement, quote_account, quote_literal};

/// What dbha's own entries in the list of donors begin with: nobody else would allow a host of that name.
///
/// The list lives in memory alone, and goes with the restart that ends a clone. What stands behind these two entries
/// is what was there before, so that whoever finds them can take just them away.
const OWN_ENTRY: &str = "dbha.invalid:1";

/// Loads the plug-in, for good until it is unloaded.
pub(crate) fn load_plugin() -> Statement {
    Statement::new("INSTALL PLUGIN clone SONAME 'mysql_clone.so'")
}

/// Unloads the plug-in.
pub(crate) fn unload_plugin() -> Statement {
    Statement::new("UNINSTALL PLUGIN clone")
}

/// Reads whether the plug-in is active: its state, or no row.
pub(crate) fn plugin_state() -> Statement {
    Statement::new("SELECT PLUGIN_STATUS FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone'")
}

/// Makes an account that may read everything below the level of rows, and nothing else; over TLS only.
pub(crate) fn create_donor_account(host: &str, password: &Secret) -> [Statement; 2] {
    let account = quote_account(CLONE_USER, host);
    let create = |password: &str| {
        format!("CREATE USER {account} IDENTIFIED WITH caching_sha2_password BY {password} REQUIRE SSL")
    };
    [
        Statement::with_secret(create(&quote_literal(password.expose())), create("'***'")),
        Statement::new(format!("GRANT BACKUP_ADMIN ON *.* TO {account}")),
    ]
}

/// Drops an account that was made for a clone.
pub(crate) fn drop_donor_account(host: &str) -> Statement {
    Statement::new(format!("DROP USER IF EXISTS {}", quote_account(CLONE_USER, host)))
}

/// Reads the donors that are allowed; NULL where there is none, no row without the plug-in.
pub(crate) fn read_donors() -> Statement {
    Statement::new(
        "SELECT VARIABLE_VALUE FROM performance_schema.global_variables \
         WHERE VARIABLE_NAME = 'clone_valid_donor_list'",
    )
}

/// Allows donors.
pub(crate) fn set_donors(list: Option<&str>) -> Statement {
    let list = list.map_or("NULL".to_owned(), quote_literal);
    Statement::new(format!("SET GLOBAL clone_valid_donor_list = {list}"))
}

/// Returns the list of donors with one more, marked as dbha's.
pub(crate) fn with_donor(before: Option<&str>, donor: &str) -> String {
    match before {
        Some(before) => format!("{OWN_ENTRY},{donor},{before}"),
        None => format!("{OWN_ENTRY},{donor}"),
    }
}

/// Returns the list without what [`with_donor`] added; `None` where nothing of it is in it.
pub(crate) fn without_donor(now: &str) -> Option<Option<String>> {
    let rest = now.strip_prefix(OWN_ENTRY)?.strip_prefix(',')?;
    Some(rest.split_once(',').map(|(_, before)| before.to_owned()))
}

/// Gives a setting another value over the next restart, and leaves what runs as it is.
pub(crate) fn hold(name: &str, value: &str) -> Statement {
    Statement::new(format!("SET PERSIST_ONLY {name} = {value}"))
}

/// Gives a setting back what it kept for the next restart.
pub(crate) fn let_go(held: &HeldSetting) -> Statement {
    Statement::new(match &held.kept {
        Some(kept) => format!("SET PERSIST_ONLY {} = {kept}", held.name),
        None => format!("RESET PERSIST IF EXISTS {}", held.name),
    })
}

/// Lets a held setting run again as it did.
pub(crate) fn run_as_before(held: &HeldSetting) -> Statement {
    Statement::new(format!("SET GLOBAL {} = {}", held.name, held.running))
}

/// Reads what a setting is and keeps: columns `running`, `kept`; no row where the server has no such setting.
pub(crate) fn read_kept(name: &str) -> Statement {
    let name = quote_literal(name);
    Statement::new(format!(
        "SELECT v.VARIABLE_VALUE AS running, p.VARIABLE_VALUE AS kept FROM performance_schema.global_variables v \
         LEFT JOIN performance_schema.persisted_variables p ON p.VARIABLE_NAME = v.VARIABLE_NAME \
         WHERE v.VARIABLE_NAME = {name}"
    ))
}

/// Keeps what this session does out of the slow log, into which the next statement would go with its password.
pub(crate) fn never_slow() -> Statement {
    Statement::new("SET SESSION long_query_time = 31536000")
}

/// Replaces everything on this server by what the donor has, and restarts it.
pub(crate) fn clone_from(host: &str, port: u16, password: &Secret) -> Statement {
    let text = |password: &str| {
        format!(
            "CLONE INSTANCE FROM {}:{port} IDENTIFIED BY {password} REQUIRE SSL",
            quote_account(CLONE_USER, host)
        )
    };
    Statement::with_secret(text(&quote_literal(password.expose())), text("'***'"))
}

/// Reads how far a clone has come: columns `stage`, `state`, `estimate`, `data`, in the order of its stages.
pub(crate) fn progress() -> Statement {
    Statement::new(
        "SELECT STAGE AS stage, STATE AS state, ESTIMATE AS estimate, DATA AS data \
         FROM performance_schema.clone_progress",
    )
}

/// Ends what a connection is doing.
pub(crate) fn end_statement(connection: u64) -> Statement {
    Statement::new(format!("KILL QUERY {connection}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_donors_comes_back_as_it_was() {
        for before in [None, Some("10.0.0.1:3306"), Some("a:1,b:2")] {
            let with = with_donor(before, "db1:3306");
            assert_eq!(without_donor(&with), Some(before.map(str::to_owned)), "{with}");
        }
        for of_others in ["", "a:1", "a:1,dbha.invalid:1,b:2"] {
            assert_eq!(without_donor(of_others), None, "{of_others}");
        }
    }

    #[test]
    fn a_password_is_sent_and_never_shown() {
        let secret = Secret::new("geheim");
        let [create, _] = create_donor_account("10.0.0.2", &secret);
        for statement in [create, clone_from("db1", 3306, &secret)] {
            assert!(statement.sql().contains("geheim"));
            assert!(!statement.shown().contains("geheim"), "{statement}");
        }
    }
}
