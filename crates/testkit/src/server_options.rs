//! What a caller adds to, or takes from, a server's option file.

use crate::certificates::{AUTHORITY, CERTIFICATE, KEY};

/// Collects lines for a server's option file; without any, the server is a plausible but unprepared one.
///
/// Names are compared as the server does, with `-` and `_` alike.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerOptions {
    lines: Vec<(String, Line)>,
    stock: bool,
    supervised: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Line {
    Value(String),
    Flag,
    Absent,
}

impl ServerOptions {
    /// Starts with the defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets an option to a value, in place of a default.
    #[must_use]
    pub fn set(self, name: &str, value: impl ToString) -> Self {
        self.with(name, Line::Value(value.to_string()))
    }

    /// Adds an option that has no value, such as `skip-slave-start`; `skip-X` also removes a default `X`.
    #[must_use]
    pub fn flag(self, name: &str) -> Self {
        let opposite = normal(name).strip_prefix("skip_").map(str::to_owned);
        let options = match opposite {
            Some(opposite) => self.without(&opposite),
            None => self,
        };
        options.with(name, Line::Flag)
    }

    /// Removes a default.
    #[must_use]
    pub fn without(self, name: &str) -> Self {
        self.with(name, Line::Absent)
    }

    /// Sets `server_id`, which is 1 by default, as on a server nobody prepared.
    #[must_use]
    pub fn server_id(self, id: u32) -> Self {
        self.set("server_id", id)
    }

    /// Leaves the binary log off, which an unprepared MariaDB has by default.
    #[must_use]
    pub fn no_binary_log(self) -> Self {
        self.without("log_slave_updates")
            .without("log_replica_updates")
            .flag("skip-log-bin")
    }

    /// Makes the server one as it comes from its packages: its option file includes a directory of further ones, and
    /// binary log, `server_id` and GTIDs are as the server itself has them without any line about them.
    ///
    /// On MariaDB the binary log is off then.
    #[must_use]
    pub fn stock(mut self) -> Self {
        self.stock = true;
        self
    }

    /// Lets the server be started again when it restarts by itself, as MySQL does by RESTART and after a CLONE.
    ///
    /// Without it such a server ends, and says that nobody supervises it (3707).
    #[must_use]
    pub fn supervised(mut self) -> Self {
        self.supervised = true;
        self
    }

    /// Tells whether [`ServerOptions::supervised`] was asked for.
    pub(crate) fn is_supervised(&self) -> bool {
        self.supervised
    }

    /// Tells whether [`ServerOptions::stock`] was asked for.
    pub(crate) fn is_stock(&self) -> bool {
        self.stock
    }

    /// Turns TLS on, with a certificate for 127.0.0.1 by the authority in `ca_certificate()`.
    ///
    /// By default a server has it where its release has: MySQL, and MariaDB from 11.4.
    #[must_use]
    pub fn tls(self) -> Self {
        self.set("ssl_ca", AUTHORITY)
            .set("ssl_cert", CERTIFICATE)
            .set("ssl_key", KEY)
    }

    /// Lays other options over these.
    #[must_use]
    pub(crate) fn overlaid_by(self, other: &Self) -> Self {
        let (stock, supervised) = (self.stock || other.stock, self.supervised || other.supervised);
        let lines = other.lines.iter().cloned();
        let options = lines.fold(self, |options, (name, line)| options.with(&name, line));
        Self {
            stock,
            supervised,
            ..options
        }
    }

    fn with(mut self, name: &str, line: Line) -> Self {
        let name = normal(name);
        self.lines.retain(|(present, _)| *present != name);
        self.lines.push((name, line));
        self
    }

    /// Renders the defaults with these options laid over them, one line each.
    pub(crate) fn over(&self, defaults: &[(&str, String)]) -> String {
        let kept = defaults
            .iter()
            .filter(|(name, _)| !self.lines.iter().any(|(own, _)| own == name));
        let mut text: String = kept.map(|(name, value)| format!("{name}={value}\n")).collect();
        for (name, line) in &self.lines {
            match line {
                Line::Value(value) => text.push_str(&format!("{name}={value}\n")),
                Line::Flag => text.push_str(&format!("{name}\n")),
                Line::Absent => {}
            }
        }
        text
    }

    /// Returns the options that a data directory keeps from its first initialisation for good.
    pub(crate) fn of_initialisation(&self) -> Vec<(&str, &str)> {
        let lasting = ["lower_case_table_names", "innodb_page_size"];
        let values = self.lines.iter().filter_map(|(name, line)| match line {
            Line::Value(value) if lasting.contains(&name.as_str()) => Some((name.as_str(), value.as_str())),
            _ => None,
        });
        values.collect()
    }
}

fn normal(name: &str) -> String {
    name.trim_start_matches("--")
        .replace('-', "_")
        .to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_word_replaces_an_earlier_one_and_the_default() {
        let options = ServerOptions::new().set("server-id", 7).server_id(8);
        assert_eq!(
            options.over(&[("server_id", "1".into()), ("port", "3".into())]),
            "port=3\nserver_id=8\n"
        );
    }

    #[test]
    fn skipping_removes_what_is_skipped() {
        let options = ServerOptions::new().no_binary_log();
        assert_eq!(options.over(&[("log_bin", "binlog".into())]), "skip_log_bin\n");
    }
}
