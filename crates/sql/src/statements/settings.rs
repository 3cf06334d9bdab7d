use crate::{Dialect, Flavor, Setting, SettingFact, Statement, Version, quote_literal};

impl Dialect {
    /// Reads settings: columns `name`, `value`, `origin`, `persisted`, `fixed` (`YES` where only a restart changes it).
    pub fn read_settings(&self, settings: &[Setting]) -> Statement {
        let names: Vec<String> = settings
            .iter()
            .filter_map(|setting| self.variable(*setting))
            .map(|name| format!("'{name}'"))
            .collect();
        let names = names.join(", ");
        Statement::new(match self.flavor() {
            Flavor::MariaDb => format!(
                "SELECT LOWER(VARIABLE_NAME) AS name, GLOBAL_VALUE AS value, GLOBAL_VALUE_ORIGIN AS origin, \
                 NULL AS persisted, READ_ONLY AS fixed FROM information_schema.SYSTEM_VARIABLES \
                 WHERE VARIABLE_NAME IN ({names})"
            ),
            Flavor::MySql if self.can_persist_settings() => format!(
                "SELECT v.VARIABLE_NAME AS name, v.VARIABLE_VALUE AS value, i.VARIABLE_SOURCE AS origin, \
                 p.VARIABLE_VALUE AS persisted, 'NO' AS fixed FROM performance_schema.global_variables v \
                 LEFT JOIN performance_schema.variables_info i ON i.VARIABLE_NAME = v.VARIABLE_NAME \
                 LEFT JOIN performance_schema.persisted_variables p ON p.VARIABLE_NAME = v.VARIABLE_NAME \
                 WHERE v.VARIABLE_NAME IN ({names})"
            ),
            Flavor::MySql => format!(
                "SELECT VARIABLE_NAME AS name, VARIABLE_VALUE AS value, NULL AS origin, NULL AS persisted, \
                 'NO' AS fixed FROM performance_schema.global_variables WHERE VARIABLE_NAME IN ({names})"
            ),
        })
    }

    /// Changes a setting now, and for the time after a restart where the server can do that by statement.
    ///
    /// Empty where the server has no such setting.
    pub fn change_setting(&self, setting: Setting, value: &str) -> Vec<Statement> {
        let Some(name) = self.variable(setting) else {
            return vec![];
        };
        match setting {
            // Read only after a restart by nature; without a persistent form there is nothing to send.
            Setting::RelayLogRecovery if self.flavor() == Flavor::MySql => {
                match self.can_persist_settings() {
                    true => vec![Statement::new(format!("SET PERSIST_ONLY {name} = {value}"))],
                    false => vec![],
                }
            }
            Setting::GtidMode => self.steps_to_gtid_mode_on(),
            _ if self.can_persist_settings() => vec![Statement::new(format!("SET PERSIST {name} = {value}"))],
            _ => vec![Statement::new(format!("SET GLOBAL {name} = {value}"))],
        }
    }

    /// Changes a setting for as long as the server runs, leaving what holds after a restart as it is.
    pub fn change_setting_until_restart(&self, setting: Setting, value: &str) -> Vec<Statement> {
        let Some(name) = self.variable(setting) else {
            return vec![];
        };
        vec![Statement::new(format!("SET GLOBAL {name} = {value}"))]
    }

    /// Keeps a value for the next start, and leaves what runs as it is; empty where no statement can do that.
    pub fn keep_setting(&self, setting: Setting, value: &str) -> Vec<Statement> {
        match (self.variable(setting), self.can_persist_settings()) {
            (Some(name), true) => vec![Statement::new(format!("SET PERSIST_ONLY {name} = {value}"))],
            _ => vec![],
        }
    }

    /// Lets the next start know nothing of a value that was kept by statement; empty where none can be.
    pub fn forget_kept_setting(&self, setting: Setting) -> Vec<Statement> {
        match (self.variable(setting), self.can_persist_settings()) {
            (Some(name), true) => vec![Statement::new(format!("RESET PERSIST IF EXISTS {name}"))],
            _ => vec![],
        }
    }

    /// Opens the server for writing until it restarts, and leaves what its next start brings as it is.
    pub fn open_until_restart(&self) -> Vec<Statement> {
        [Setting::SuperReadOnly, Setting::ReadOnly]
            .into_iter()
            .flat_map(|setting| self.change_setting_until_restart(setting, "OFF"))
            .collect()
    }

    /// Lets the next start be read-only, as far as a statement can see to that.
    pub fn start_read_only(&self) -> Vec<Statement> {
        [Setting::ReadOnly, Setting::SuperReadOnly]
            .into_iter()
            .flat_map(|setting| self.keep_setting(setting, "ON"))
            .collect()
    }

    /// Puts a setting back to what it was, for now and for the time after a restart; empty where nothing differs.
    ///
    /// Values may come from a file: they are quoted.
    pub fn restore_setting(
        &self,
        setting: Setting,
        before: &SettingFact,
        now: &SettingFact,
    ) -> Vec<Statement> {
        let Some(name) = self.variable(setting) else {
            return vec![];
        };
        let mut all = Vec::new();
        if self.can_persist_settings() && before.persisted != now.persisted {
            all.push(match &before.persisted {
                Some(value) => {
                    Statement::new(format!("SET PERSIST_ONLY {name} = {}", plain_or_quoted(value)))
                }
                None => Statement::new(format!("RESET PERSIST IF EXISTS {name}")),
            });
        }
        if !Setting::same_value(&before.value, &now.value) {
            let values = match setting {
                Setting::GtidMode => gtid_modes_between(&now.value, &before.value),
                _ => vec![before.value.as_str()],
            };
            let set = |value: &str| Statement::new(format!("SET GLOBAL {name} = {}", plain_or_quoted(value)));
            all.extend(values.into_iter().map(set));
        }
        all
    }

    fn steps_to_gtid_mode_on(&self) -> Vec<Statement> {
        // Steps may not be skipped (1788); repeating one that is behind us is harmless.
        let verb = if self.can_persist_settings() {
            "SET PERSIST"
        } else {
            "SET GLOBAL"
        };
        ["OFF_PERMISSIVE", "ON_PERMISSIVE", "ON"]
            .iter()
            .map(|mode| Statement::new(format!("{verb} gtid_mode = {mode}")))
            .collect()
    }

    /// Makes read_only hold or not; on MySQL super_read_only goes with it, so that administrators are held too.
    pub fn set_read_only(&self, on: bool) -> Vec<Statement> {
        let value = if on { "ON" } else { "OFF" };
        // super_read_only = ON switches read_only on, read_only = OFF switches super_read_only off. So the one that
        // switches nothing else comes first: cut off between the two, it still shows that there is something to do,
        // and neither is left without having been kept over a restart.
        let order = match on {
            true => [Setting::ReadOnly, Setting::SuperReadOnly],
            false => [Setting::SuperReadOnly, Setting::ReadOnly],
        };
        let present = order
            .into_iter()
            .filter(|setting| self.variable(*setting).is_some());
        present
            .flat_map(|setting| self.change_setting(setting, value))
            .collect()
    }

    /// Tells whether a setting must be written into the option file because no statement keeps it over a restart.
    pub fn needs_option_file(&self, setting: Setting) -> bool {
        let fixed = matches!(setting, Setting::LogBin | Setting::LogReplicaUpdates);
        self.variable(setting).is_some() && (fixed || !self.can_persist_settings())
    }

    /// Lists the privileges that a set-up needs, by the names that SHOW GRANTS uses.
    ///
    /// The server that is filled gets every account of the other one, and nobody can grant what he does not hold.
    pub fn setup_privileges(&self, filled: bool) -> Vec<&'static str> {
        match (self.flavor(), filled) {
            (Flavor::MariaDb, true) => vec!["ALL PRIVILEGES", "GRANT OPTION"],
            (Flavor::MariaDb, false) => self.mariadb_source_privileges(),
            (Flavor::MySql, filled) => self.mysql_privileges(filled),
        }
    }

    /// Lists the privileges that comparing a running pair needs, by the names that SHOW GRANTS uses: to see everything,
    /// and on the server whose commits are held up, to do that.
    pub fn verify_privileges(&self, held_up: bool) -> Vec<&'static str> {
        let mut all = vec!["SELECT", "SHOW VIEW", "EVENT", "TRIGGER"];
        match self.flavor() {
            Flavor::MariaDb => all.extend(["BINLOG MONITOR", "SLAVE MONITOR"]),
            Flavor::MySql => all.push("REPLICATION CLIENT"),
        }
        if held_up {
            all.extend(["RELOAD", "PROCESS"]);
            if self.has_instance_backup_lock() {
                all.push("BACKUP_ADMIN");
            }
        }
        all
    }

    fn mariadb_source_privileges(&self) -> Vec<&'static str> {
        let own = [
            "SUPER",
            "REPLICATION MASTER ADMIN",
            "BINLOG MONITOR",
            "SLAVE MONITOR",
        ];
        let mut all = [SOURCE_PRIVILEGES, &own].concat();
        if self.version() >= Version::new(10, 11, 0) {
            all.push("READ_ONLY ADMIN");
        }
        if self.version() >= Version::new(11, 0, 1) {
            // From here on SUPER implies none of these.
            all.extend(["REPLICATION SLAVE ADMIN", "BINLOG ADMIN", "CONNECTION ADMIN"]);
        }
        all
    }

    fn mysql_privileges(&self, filled: bool) -> Vec<&'static str> {
        const FILLED: &[&str] = &[
            "UPDATE",
            "DROP",
            "ALTER",
            "INDEX",
            "REFERENCES",
            "EXECUTE",
            "LOCK TABLES",
            "CREATE TEMPORARY TABLES",
            "CREATE VIEW",
            "CREATE ROUTINE",
            "ALTER ROUTINE",
            "SHOW DATABASES",
            "FILE",
            "SHUTDOWN",
            "CREATE TABLESPACE",
        ];
        const DYNAMIC: &[&str] = &[
            "SYSTEM_VARIABLES_ADMIN",
            "SESSION_VARIABLES_ADMIN",
            "PERSIST_RO_VARIABLES_ADMIN",
            "REPLICATION_SLAVE_ADMIN",
            "BINLOG_ADMIN",
            "BACKUP_ADMIN",
            "CONNECTION_ADMIN",
            // Prepared transactions must not be missed by a copy (scenario 42).
            "XA_RECOVER_ADMIN",
        ];
        let mut all = [SOURCE_PRIVILEGES, &["REPLICATION CLIENT"]].concat();
        if filled {
            all.extend(FILLED);
        }
        if self.version() < Version::new(8, 0, 11) {
            all.push("SUPER");
            return all;
        }
        all.extend(DYNAMIC);
        if filled {
            // A function that is not declared deterministic is created by SUPER alone while the log is on (1419).
            all.extend(["SUPER", "CREATE ROLE", "DROP ROLE", "ROLE_ADMIN", "SYSTEM_USER"]);
            match self.version() >= Version::new(8, 2, 0) {
                true => all.extend(["SET_ANY_DEFINER", "ALLOW_NONEXISTENT_DEFINER"]),
                false => all.push("SET_USER_ID"),
            }
        }
        all
    }
}

/// Steps of gtid_mode may not be skipped (1788).
fn gtid_modes_between<'a>(now: &str, wanted: &'a str) -> Vec<&'a str> {
    const MODES: [&str; 4] = ["OFF", "OFF_PERMISSIVE", "ON_PERMISSIVE", "ON"];
    let at = |mode: &str| MODES.iter().position(|one| one.eq_ignore_ascii_case(mode));
    match (at(now), at(wanted)) {
        (Some(now), Some(wanted)) if wanted < now => MODES[wanted..now].iter().rev().copied().collect(),
        (Some(now), Some(wanted)) => MODES[now + 1..=wanted].to_vec(),
        _ => vec![wanted],
    }
}

fn plain_or_quoted(value: &str) -> String {
    match !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        true => value.to_owned(),
        false => quote_literal(value),
    }
}

/// What both kinds of server want of an account on the primary.
const SOURCE_PRIVILEGES: &[&str] = &[
    "RELOAD",
    "PROCESS",
    "CREATE USER",
    "REPLICATION SLAVE",
    "SELECT",
    "INSERT",
    "DELETE",
    "CREATE",
    "SHOW VIEW",
    "TRIGGER",
    "EVENT",
    "GRANT OPTION",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn fact(value: &str, persisted: Option<&str>) -> SettingFact {
        SettingFact {
            value: value.into(),
            after_restart: None,
            persisted: persisted.map(str::to_owned),
            file: None,
            configured: false,
        }
    }

    fn restored(text: &str, setting: Setting, before: &SettingFact, now: &SettingFact) -> Vec<String> {
        let (flavor, version) = Version::detect(text).unwrap();
        let statements = Dialect::new(flavor, version).restore_setting(setting, before, now);
        statements.iter().map(|one| one.sql().to_owned()).collect()
    }

    #[test]
    fn what_nobody_had_persisted_is_persisted_no_longer() {
        let undo = restored(
            "9.7.4",
            Setting::SyncBinlog,
            &fact("0", None),
            &fact("1", Some("1")),
        );
        assert_eq!(
            undo,
            [
                "RESET PERSIST IF EXISTS sync_binlog",
                "SET GLOBAL sync_binlog = 0"
            ]
        );
        let undo = restored(
            "9.7.4",
            Setting::SyncBinlog,
            &fact("5", Some("9")),
            &fact("1", Some("1")),
        );
        assert_eq!(
            undo,
            ["SET PERSIST_ONLY sync_binlog = 9", "SET GLOBAL sync_binlog = 5"]
        );
    }

    #[test]
    fn gtid_mode_goes_down_step_by_step() {
        let undo = restored("5.7.44", Setting::GtidMode, &fact("OFF", None), &fact("ON", None));
        assert_eq!(
            undo,
            ["'ON_PERMISSIVE'", "'OFF_PERMISSIVE'", "'OFF'"]
                .map(|mode| format!("SET GLOBAL gtid_mode = {mode}"))
        );
    }

    #[test]
    fn a_value_from_a_file_cannot_become_a_statement() {
        let hostile = "x', read_only=1 -- ";
        let undo = restored(
            "10.11.19-MariaDB",
            Setting::BinlogFormat,
            &fact(hostile, None),
            &fact("ROW", None),
        );
        assert_eq!(
            undo,
            [format!("SET GLOBAL binlog_format = {}", quote_literal(hostile))]
        );
    }
}
