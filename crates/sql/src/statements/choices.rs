use super::dbha_schema::CREATE_SCHEMA;
use crate::{Choices, Dialect, Statement, quote_literal};

const CREATE_CHOICES: &str = "CREATE TABLE IF NOT EXISTS dbha.choice (name VARCHAR(64) NOT NULL PRIMARY KEY, \
     value VARCHAR(255) NOT NULL) ENGINE=InnoDB";

impl Dialect {
    /// Records what was chosen for the pair, in place of what was recorded before.
    pub fn record_choices(&self, choices: &Choices) -> Vec<Statement> {
        let rows: Vec<String> = choices
            .rows()
            .iter()
            .map(|(name, value)| format!("({}, {})", quote_literal(name), quote_literal(value)))
            .collect();
        let mut all = vec![
            Statement::new(CREATE_SCHEMA),
            Statement::new(CREATE_CHOICES),
            Statement::new("DELETE FROM dbha.choice"),
        ];
        if !rows.is_empty() {
            let rows = rows.join(", ");
            all.push(Statement::new(format!(
                "INSERT INTO dbha.choice (name, value) VALUES {rows}"
            )));
        }
        all
    }

    /// Records where the vote is without which neither server is opened.
    pub fn record_guard(&self, urls: &str) -> Statement {
        Statement::new(format!(
            "REPLACE INTO dbha.choice (name, value) VALUES ({}, {})",
            quote_literal(crate::Choices::GUARDED),
            quote_literal(urls)
        ))
    }

    /// Records that a platform's account is there with everything that it needs.
    pub fn record_prepared(&self, account: &str) -> Vec<Statement> {
        vec![
            Statement::new(CREATE_SCHEMA),
            Statement::new(CREATE_CHOICES),
            Statement::new(format!(
                "REPLACE INTO dbha.choice (name, value) VALUES ({}, {})",
                quote_literal(crate::Choices::PREPARED),
                quote_literal(account)
            )),
        ]
    }

    /// Reads what was chosen for the pair: columns `name`, `value`. The table is there only once something was chosen.
    pub fn read_choices(&self) -> Statement {
        Statement::new("SELECT name, value FROM dbha.choice ORDER BY name")
    }
}
