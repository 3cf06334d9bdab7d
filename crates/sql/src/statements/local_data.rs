use crate::{Dialect, Flavor, Statement, Version};

impl Dialect {
    /// Tells whether rows are loaded cheapest by `LOAD DATA LOCAL` (measured, decision 0020).
    pub fn loads_local_data(&self) -> bool {
        self.flavor() == Flavor::MySql && self.version() >= Version::new(8, 0, 11)
    }

    /// Reads whether the server asks clients for rows: 1 or 0.
    pub fn read_local_loading(&self) -> Statement {
        Statement::new("SELECT @@GLOBAL.local_infile")
    }

    /// Lets the server ask clients for rows, until its next restart.
    pub fn open_local_loading(&self) -> Statement {
        Statement::new("SET GLOBAL local_infile = ON")
    }

    /// Notes that `local_infile` was OFF and is about to be ON for a copy, in a session without log.
    pub fn note_local_loading(&self) -> Vec<Statement> {
        let mut all = self.ensure_claims();
        all.push(Statement::new(
            "REPLACE INTO dbha.claim (id, run, source, state, position, recorded_at) \
             VALUES (4, '', '', 'loading', NULL, UTC_TIMESTAMP(3))",
        ));
        all
    }

    /// Reads whether `local_infile` is ON for a copy, or may be: a row if it is.
    pub fn read_local_loading_note(&self) -> Statement {
        Statement::new("SELECT id FROM dbha.claim WHERE id = 4")
    }

    /// Puts `local_infile` back and removes the note of it, in a session without log.
    ///
    /// A value that the server took from its options at a start since is somebody's own, and stays.
    pub fn close_local_loading(&self) -> Vec<Statement> {
        vec![
            Statement::new(
                "SET GLOBAL local_infile = IF((SELECT VARIABLE_SOURCE FROM performance_schema.variables_info \
                 WHERE VARIABLE_NAME = 'local_infile') = 'DYNAMIC', 0, @@GLOBAL.local_infile)",
            ),
            self.forget_local_loading_note(),
        ]
    }

    /// Removes the note alone, in a session without log.
    pub fn forget_local_loading_note(&self) -> Statement {
        Statement::new("DELETE FROM dbha.claim WHERE id = 4")
    }
}
