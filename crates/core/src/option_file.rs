//! What has to stand in a server's option file so that a restart changes nothing.

use crate::{ServerPlan, Side};
use dbha_sql::{Dialect, Facts, Setting};

/// One line of an option file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionLine {
    /// Name of the option.
    pub name: &'static str,
    /// Its value; empty for an option that is just named.
    pub value: String,
    /// Whether the server already keeps the value over a restart.
    pub already_safe: bool,
    /// Whether the option is there with a plug-in only.
    pub of_plugin: bool,
}

impl OptionLine {
    /// Returns the line as it stands in the file.
    pub fn text(&self) -> String {
        // Without its plug-in a server would refuse to start over such a line.
        let loose = if self.of_plugin { "loose_" } else { "" };
        match self.value.is_empty() {
            true => self.name.to_owned(),
            false => format!("{loose}{}={}", self.name, file_text(&self.value)),
        }
    }

    /// Tells whether the line can only be read as what it is: scenario 84, a value must not become another line.
    pub fn is_sound(&self) -> bool {
        let hostile = |c: char| c.is_control() || matches!(c, '"' | '\'' | '\\');
        !self.value.contains(hostile)
    }
}

/// Writes a value so that the server reads it back as it is, whatever it holds (scenario 84).
///
/// A value of plain characters stands as it is; any other is quoted, and an end of a line becomes an escape, so that a
/// path cannot bring a directive with it.
fn file_text(value: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./:+,@".contains(c);
    if value.chars().all(plain) {
        return value.to_owned();
    }
    let mut text = String::from("\"");
    for c in value.chars() {
        match c {
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\\' => text.push_str("\\\\"),
            '"' => text.push_str("\\\""),
            // Nothing that a server accepts as a value holds another control character.
            c if c.is_control() => text.push('?'),
            c => text.push(c),
        }
    }
    text.push('"');
    text
}

/// Lists the lines that a server needs, and which of them it can do without.
///
/// Servers that keep settings by statement need only what no statement can set.
pub fn option_lines(facts: &Facts, plan: &ServerPlan) -> Vec<OptionLine> {
    let dialect = facts.dialect;
    let safe = |setting: Setting, value: &str| {
        let after = facts
            .settings
            .get(&setting)
            .and_then(|fact| fact.after_restart.as_deref());
        after.is_some_and(|after| Setting::same_value(after, value))
    };
    wanted(plan, dialect)
        .into_iter()
        .filter(|(setting, _)| dialect.needs_option_file(*setting))
        .filter_map(|(setting, value)| {
            let name = dialect.variable(setting)?;
            let already_safe = safe(setting, &value);
            Some(OptionLine {
                name,
                value: file_value(setting, value, plan),
                already_safe,
                of_plugin: is_of_plugin(setting, dialect),
            })
        })
        .collect()
}

/// Lists all lines of the option file of one server.
fn file_lines(dialect: Dialect, plan: &ServerPlan) -> Vec<OptionLine> {
    // What a plug-in brings is kept by statement where that can be done.
    let by_statement = |setting: Setting| is_of_plugin(setting, dialect) && dialect.can_persist_settings();
    let in_file = wanted(plan, dialect)
        .into_iter()
        .filter(|(setting, _)| !by_statement(*setting));
    let lines = in_file.filter_map(|(setting, value)| {
        Some(OptionLine {
            name: dialect.variable(setting)?,
            value: file_value(setting, value, plan),
            already_safe: false,
            of_plugin: is_of_plugin(setting, dialect),
        })
    });
    lines.collect()
}

/// Names the first line that could be read as something else; none is written then.
pub(crate) fn unsound_line(dialect: Dialect, plan: &ServerPlan) -> Option<OptionLine> {
    file_lines(dialect, plan)
        .into_iter()
        .find(|line| !line.is_sound())
}

/// Renders the whole option file of one server; for a server that is not there yet as well.
pub fn option_file(dialect: Dialect, plan: &ServerPlan) -> String {
    let mut text = format!(
        "# {} of a pair made by dbha, which writes this file anew when it has access to the machine.\n\
         # By hand: put it into the directory that the server reads last, e.g. /etc/mysql/{}/zz-dbha.cnf,\n\
         # and restart the server.\n[mysqld]\n",
        match plan.side {
            Side::Primary => "Primary",
            Side::Secondary => "Secondary",
        },
        if dialect.has_gtid_domains() {
            "mariadb.conf.d"
        } else {
            "conf.d"
        },
    );
    for line in file_lines(dialect, plan) {
        text.push_str(&line.text());
        text.push('\n');
    }
    text
}

/// The settings of the plan and `read_only`, which the file of a standby has to carry too.
fn wanted(plan: &ServerPlan, dialect: Dialect) -> Vec<(Setting, String)> {
    let mut all: Vec<(Setting, String)> = plan
        .settings
        .iter()
        .map(|wanted| (wanted.setting, wanted.value.clone()))
        .collect();
    let standby = if dialect.variable(Setting::SuperReadOnly).is_some() {
        Setting::SuperReadOnly
    } else {
        Setting::ReadOnly
    };
    if !plan.writable || plan.managed {
        all.push((standby, "ON".into()));
    }
    // Whoever opens a managed server lets its commits wait first.
    for (_, value) in all
        .iter_mut()
        .filter(|(setting, _)| plan.managed && *setting == Setting::SemiSyncSource)
    {
        *value = "OFF".into();
    }
    if dialect.start_forgets_unacknowledged() && (plan.writable || plan.managed) {
        all.retain(|(setting, _)| *setting != Setting::SemiSyncReplica);
    }
    all
}

fn is_of_plugin(setting: Setting, dialect: Dialect) -> bool {
    Setting::OF_SEMI_SYNC.contains(&setting) && !dialect.semi_sync_plugins().is_empty()
}

/// `log_bin=ON` would name the log files `ON`.
fn file_value(setting: Setting, value: String, plan: &ServerPlan) -> String {
    match setting {
        Setting::LogBin => plan.log_bin.clone(),
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SetupOptions, plan_for_new_server};
    use dbha_sql::{Flavor, Version};

    #[test]
    fn scenario_84_a_value_cannot_bring_a_directive_with_it() {
        let line = |value: &str| {
            OptionLine {
                name: "log_bin",
                value: value.into(),
                already_safe: false,
                of_plugin: false,
            }
            .text()
        };
        assert_eq!(
            line("/var/log/mysql/mysql-bin"),
            "log_bin=/var/log/mysql/mysql-bin"
        );
        assert_eq!(
            line("ON\nplugin_load_add=evil.so"),
            r#"log_bin="ON\nplugin_load_add=evil.so""#
        );
        assert_eq!(line("/a b#c;\"\\"), r#"log_bin="/a b#c;\"\\""#);
        assert_eq!(line("x\u{0}\u{85}y"), r#"log_bin="x??y""#);
    }

    fn plan_with_log(name: &str) -> (Dialect, ServerPlan) {
        let dialect = Dialect::new(Flavor::MariaDb, Version::new(10, 11, 0));
        let mut plan = plan_for_new_server(dialect, Side::Primary, &SetupOptions::default());
        plan.log_bin = name.to_owned();
        (dialect, plan)
    }

    #[test]
    fn scenario_84_a_value_cannot_become_another_line() {
        for name in ["a\nskip-grant-tables", "a\"\nx", "a\\", "a'b", "a\r"] {
            let (dialect, plan) = plan_with_log(name);
            assert!(unsound_line(dialect, &plan).is_some(), "{name:?}");
        }
        for name in ["mysql-bin", "/var/log/my sql/bin", "/x/#1"] {
            let (dialect, plan) = plan_with_log(name);
            assert!(unsound_line(dialect, &plan).is_none(), "{name:?}");
        }
    }

    #[test]
    fn a_value_with_blanks_or_marks_stands_in_quotes() {
        let (dialect, plan) = plan_with_log("/x y/#1");
        assert!(option_file(dialect, &plan).contains("\nlog_bin=\"/x y/#1\"\n"));
        let (dialect, plan) = plan_with_log("mysql-bin");
        assert!(option_file(dialect, &plan).contains("\nlog_bin=mysql-bin\n"));
    }
}
