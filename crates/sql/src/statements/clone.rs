use crate::{CLONE_USER, Dialect, Flavor, Statement, Version, quote_literal};

impl Dialect {
    /// Tells whether the server can be filled from another one by the CLONE plug-in, or fill it.
    pub fn can_clone(&self) -> bool {
        self.flavor() == Flavor::MySql && self.version() >= Version::new(8, 0, 17)
    }

    /// Tells whether a server of this version takes a clone of one of that version.
    ///
    /// One series; before 8.0.37 the very same version.
    pub fn can_be_cloned_from(&self, donor: &Dialect) -> bool {
        let (here, there) = (self.version(), donor.version());
        let patches_may_differ = here.min(there) >= Version::new(8, 0, 37);
        self.can_clone()
            && donor.can_clone()
            && here.same_series(there)
            && (patches_may_differ || here == there)
    }

    /// Tells whether a statement can keep links from starting by themselves at the next start.
    pub fn can_hold_links_over_restart(&self) -> bool {
        self.can_clone() && self.version() >= Version::new(8, 0, 26)
    }

    /// Reads what decides whether a server can give or take a clone: one row.
    ///
    /// Columns `plugin` (its state, or nothing), `plugins` (others that were loaded from files), `ssl_ca`,
    /// `data_file_path`, `platform` and `seen_from`, the host from which the server takes this connection to come.
    pub fn read_clone_means(&self) -> Statement {
        Statement::new(
            "SELECT (SELECT PLUGIN_STATUS FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone') AS plugin, \
             (SELECT GROUP_CONCAT(PLUGIN_NAME ORDER BY PLUGIN_NAME) FROM information_schema.PLUGINS \
             WHERE PLUGIN_STATUS = 'ACTIVE' AND PLUGIN_LIBRARY IS NOT NULL AND PLUGIN_NAME <> 'clone') AS plugins, \
             (SELECT VARIABLE_VALUE FROM performance_schema.global_variables \
             WHERE VARIABLE_NAME = 'clone_ssl_ca') AS ssl_ca, \
             @@global.innodb_data_file_path AS data_file_path, \
             CONCAT(@@global.version_compile_os, ' ', @@global.version_compile_machine) AS platform, \
             SUBSTRING_INDEX(USER(), '@', -1) AS seen_from",
        )
    }

    /// Reads how many files of tables lie outside of the data directory: column `files`.
    pub fn read_outside_files(&self) -> Statement {
        Statement::new(
            "SELECT COUNT(*) AS files FROM information_schema.INNODB_DATAFILES WHERE PATH LIKE '/%'",
        )
    }

    /// Reads how the last clone into this server went, also after the restart: columns `pid`, `state`, `source`.
    pub fn read_clone_status(&self) -> Statement {
        Statement::new(
            "SELECT PID AS pid, STATE AS state, SOURCE AS source, GTID_EXECUTED AS position \
             FROM performance_schema.clone_status ORDER BY ID DESC LIMIT 1",
        )
    }

    /// Notes on the donor what a clone is about to change on both servers, in a session without log.
    ///
    /// The clone brings the note to the recipient, where it says what this is a clone of.
    pub fn write_clone_note(&self, note: &crate::CloneNote) -> Statement {
        Statement::new(format!(
            "REPLACE INTO dbha.claim (id, run, source, state, position, recorded_at) \
             VALUES (3, {}, {}, 'cloning', {}, UTC_TIMESTAMP(3))",
            quote_literal(&note.run),
            quote_literal(&note.donor),
            quote_literal(&note.words()),
        ))
    }

    /// Reads the note of a clone: columns `run`, `source`, `words`.
    pub fn read_clone_note(&self) -> Statement {
        Statement::new("SELECT run, source, position AS words FROM dbha.claim WHERE id = 3")
    }

    /// Removes the note of a clone, in a session without log.
    pub fn remove_clone_note(&self) -> Statement {
        Statement::new("DELETE FROM dbha.claim WHERE id = 3")
    }

    /// Reads the hosts of the accounts by which clones were made: column `host`.
    pub fn read_clone_accounts(&self) -> Statement {
        Statement::new(format!(
            "SELECT CONVERT(Host USING utf8mb4) AS host FROM mysql.user WHERE User = {} ORDER BY 1",
            quote_literal(CLONE_USER)
        ))
    }
}
