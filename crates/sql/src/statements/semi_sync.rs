use crate::{Dialect, Flavor, Setting, Statement, Version};

/// Status values by which a server tells whether commits wait, whether anybody acknowledges them, and whether its own link does.
const STATUS_MARIADB: &str = "'rpl_semi_sync_master_status', 'rpl_semi_sync_master_clients', \
     'rpl_semi_sync_master_wait_sessions', 'rpl_semi_sync_slave_status'";
/// The same since MySQL 8.0.26, and before that: whichever plug-ins are installed.
const STATUS_MYSQL: &str = "'Rpl_semi_sync_source_status', 'Rpl_semi_sync_source_clients', \
     'Rpl_semi_sync_source_wait_sessions', 'Rpl_semi_sync_replica_status', 'Rpl_semi_sync_master_status', \
     'Rpl_semi_sync_master_clients', 'Rpl_semi_sync_master_wait_sessions', 'Rpl_semi_sync_slave_status'";

/// A plug-in that a server loads from a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SemiSyncPlugin {
    /// Its name.
    pub name: &'static str,
    /// Its file.
    pub file: &'static str,
    /// The variable that is there once it is loaded.
    pub gives: Setting,
}

impl Dialect {
    /// Lists the plug-ins that semi-synchronous replication needs; none where the server itself knows it.
    pub fn semi_sync_plugins(&self) -> Vec<SemiSyncPlugin> {
        let plugin = |name, file, gives| SemiSyncPlugin { name, file, gives };
        match self.flavor() {
            Flavor::MariaDb => vec![],
            Flavor::MySql if self.version() >= Version::new(8, 0, 26) => vec![
                plugin(
                    "rpl_semi_sync_source",
                    "semisync_source.so",
                    Setting::SemiSyncSource,
                ),
                plugin(
                    "rpl_semi_sync_replica",
                    "semisync_replica.so",
                    Setting::SemiSyncReplica,
                ),
            ],
            Flavor::MySql => vec![
                plugin(
                    "rpl_semi_sync_master",
                    "semisync_master.so",
                    Setting::SemiSyncSource,
                ),
                plugin(
                    "rpl_semi_sync_slave",
                    "semisync_slave.so",
                    Setting::SemiSyncReplica,
                ),
            ],
        }
    }

    /// Lists the plug-ins of older names, which a server loads instead of these and never beside them.
    pub fn old_semi_sync_plugins(&self) -> Vec<SemiSyncPlugin> {
        match self.flavor() == Flavor::MySql && self.version() >= Version::new(8, 0, 26) {
            true => Dialect::new(Flavor::MySql, Version::new(8, 0, 25)).semi_sync_plugins(),
            false => vec![],
        }
    }

    /// Loads a plug-in; the server loads it again at each start.
    pub fn install_plugin(&self, plugin: &SemiSyncPlugin) -> Statement {
        Statement::new(format!("INSTALL PLUGIN {} SONAME '{}'", plugin.name, plugin.file))
    }

    /// Takes back [`Dialect::install_plugin`].
    pub fn uninstall_plugin(&self, plugin: &SemiSyncPlugin) -> Statement {
        Statement::new(format!("UNINSTALL PLUGIN {}", plugin.name))
    }

    /// Reads what the server tells of semi-synchronous replication now: column `semi_sync`, `name=value` with commas.
    pub(crate) fn read_semi_sync(&self) -> Statement {
        Statement::new(format!("SELECT {} AS semi_sync", self.semi_sync_status()))
    }

    /// The value of `semi_sync` as part of another statement; NULL where the server knows nothing of it.
    pub(super) fn semi_sync_status(&self) -> String {
        let (table, names) = match self.flavor() {
            Flavor::MariaDb => ("information_schema.GLOBAL_STATUS", STATUS_MARIADB),
            Flavor::MySql => ("performance_schema.global_status", STATUS_MYSQL),
        };
        format!(
            "(SELECT GROUP_CONCAT(CONCAT(LOWER(VARIABLE_NAME), '=', VARIABLE_VALUE)) FROM {table} \
             WHERE VARIABLE_NAME IN ({names}))"
        )
    }

    /// Lets commits go on without an acknowledgement, those that wait now included, until the server restarts or is told
    /// otherwise. Empty where the server has no semi-synchronous replication.
    pub fn stop_waiting(&self) -> Vec<Statement> {
        self.change_setting_until_restart(Setting::SemiSyncSource, "OFF")
    }

    /// Lets every commit from now on wait for an acknowledgement, whether anybody is there to give it or not.
    pub fn wait_again(&self) -> Vec<Statement> {
        self.change_setting_until_restart(Setting::SemiSyncSource, "ON")
    }

    /// Tells whether ending the connection of a commit that waits for an acknowledgement ends the wait as well.
    ///
    /// Where it does not, read_only waits on behind that commit until waiting is stopped.
    pub fn kill_ends_waiting(&self) -> bool {
        self.flavor() == Flavor::MariaDb
    }

    /// Tells whether a server that starts with the replica's side switched on takes what was not acknowledged out of its binary
    /// log, whoever it is: as the writer it would then lack what the other server may have received.
    pub fn start_forgets_unacknowledged(&self) -> bool {
        const MENDED: [(u16, u16, u16); 6] = [
            (10, 6, 19),
            (10, 11, 9),
            (11, 1, 6),
            (11, 2, 5),
            (11, 4, 3),
            (11, 5, 2),
        ];
        let version = self.version();
        let series = MENDED
            .into_iter()
            .find(|(major, minor, _)| (version.major, version.minor) <= (*major, *minor));
        let mended = series.is_none_or(|(major, minor, patch)| version >= Version::new(major, minor, patch));
        self.flavor() == Flavor::MariaDb && version >= Version::new(10, 6, 0) && !mended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dialect(text: &str) -> Dialect {
        let (flavor, version) = Version::detect(text).unwrap();
        Dialect::new(flavor, version)
    }

    #[test]
    fn plug_ins_and_variables_have_new_names_since_8_0_26() {
        let names = |text: &str| {
            dialect(text)
                .semi_sync_plugins()
                .iter()
                .map(|one| one.name)
                .collect::<Vec<_>>()
        };
        assert_eq!(names("8.0.25"), ["rpl_semi_sync_master", "rpl_semi_sync_slave"]);
        assert_eq!(names("8.0.26"), ["rpl_semi_sync_source", "rpl_semi_sync_replica"]);
        assert!(names("11.8.6-MariaDB").is_empty());
        let variable = |text: &str| dialect(text).variable(Setting::SemiSyncSource).unwrap();
        assert_eq!(variable("8.0.25"), "rpl_semi_sync_master_enabled");
        assert_eq!(variable("8.0.26"), "rpl_semi_sync_source_enabled");
        assert_eq!(variable("11.8.6-MariaDB"), "rpl_semi_sync_master_enabled");
    }

    #[test]
    fn series_between_10_6_and_the_mended_ones_forget_at_a_start() {
        let forgets = |text: &str| dialect(text).start_forgets_unacknowledged();
        for bad in [
            "10.6.18-MariaDB",
            "10.11.8-MariaDB",
            "10.8.3-MariaDB",
            "11.3.2-MariaDB",
            "11.4.2-MariaDB",
        ] {
            assert!(forgets(bad), "{bad}");
        }
        for good in [
            "10.5.23-MariaDB",
            "10.6.19-MariaDB",
            "10.11.9-MariaDB",
            "11.8.6-MariaDB",
            "9.7.4",
            "5.7.44",
        ] {
            assert!(!forgets(good), "{good}");
        }
    }
}
