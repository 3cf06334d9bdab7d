//! Lines of the option file that a platform wants beside those of the pair.

use super::Platform;
use dbha_sql::{Dialect, Setting};

/// What MySQL runs with by default, ONLY_FULL_GROUP_BY left out.
const WITHOUT_FULL_GROUP_BY: &str =
    "STRICT_TRANS_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION";

/// The line above them, around the platform's name.
const HEAD: &str = "# What ";
const TAIL: &str = " wants of its database.";

/// Writes the lines that a platform wants in the option file of both servers; empty where it wants none.
///
/// They stand behind those of [`option_file`](crate::option_file), in the same section; none of them is named twice.
pub fn platform_options(platform: Platform, dialect: Dialect, servers: Option<u32>) -> String {
    let needs = platform.needs();
    let mut lines: Vec<(&str, String)> = Vec::new();
    let mut add = |name: Option<&'static str>, value: String| lines.extend(name.map(|name| (name, value)));
    for (name, value) in needs.options {
        add(Some(name), (*value).to_owned());
    }
    if let Some(most) = platform.connections(servers) {
        add(dialect.variable(Setting::MaxConnections), most.to_string());
    }
    if let Some(days) = needs.log_days {
        let (name, value) = dialect.log_expiry_option(days);
        add(Some(name), value.to_string());
    }
    if !needs.full_group_by && dialect.groups_fully_by_default() {
        add(
            dialect.variable(Setting::SqlMode),
            WITHOUT_FULL_GROUP_BY.to_owned(),
        );
    }
    if lines.is_empty() {
        return String::new();
    }
    let mut text = format!("{HEAD}{}{TAIL}\n", platform.title());
    for (name, value) in lines {
        text.push_str(&format!("{name}={value}\n"));
    }
    text
}

/// Finds the lines that were written for a platform in an option file of dbha's: from their head to the end of the file.
pub(crate) fn lines_in(file: &str) -> &str {
    let mut from = 0;
    for line in file.split_inclusive('\n') {
        let text = line.trim_end();
        if text.starts_with(HEAD) && text.ends_with(TAIL) {
            return &file[from..];
        }
        from += line.len();
    }
    ""
}

/// Takes one word out of a sql_mode.
pub(crate) fn sql_mode_without(mode: &str, word: &str) -> String {
    let others = mode.split(',').filter(|one| !one.eq_ignore_ascii_case(word));
    others.collect::<Vec<_>>().join(",")
}
