//! The command that a fix speaks of, whole, so that it can be copied into a terminal.

use dbha_core::{Condition, Status};

/// What every command about a pair needs.
const OF_PAIR: [&str; 6] = [
    "setup",
    "verify",
    "status",
    "preflight",
    "plan",
    "rotate-password",
];

/// Finds the command in a fix; where there is none, the one that explains the code.
pub(super) fn command(status: &Status, code: Condition, fix: &str) -> String {
    spoken_of(fix)
        .map(|words| whole(status, &words))
        .unwrap_or_else(|| format!("dbha explain {code}"))
}

/// Returns the words after `dbha`: a command, its object, and flags with their values.
fn spoken_of(fix: &str) -> Option<Vec<&str>> {
    let mut words = fix
        .split_whitespace()
        .skip_while(|word| word.trim_start_matches('(') != "dbha");
    words.next()?;
    let verb = words.next().map(bare)?;
    let is_verb = !verb.is_empty() && verb.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-');
    if !is_verb {
        return None;
    }
    let mut found = vec![verb];
    let mut value_follows = verb == "render" || verb == "explain";
    for word in words {
        let is_flag = word.starts_with("--");
        if !is_flag && !value_follows {
            break;
        }
        found.push(bare(word));
        value_follows = is_flag;
        if bare(word) != word {
            break;
        }
    }
    Some(found)
}

fn bare(word: &str) -> &str {
    word.trim_end_matches([':', ',', ';', ')', '.', '…'])
}

fn whole(status: &Status, words: &[&str]) -> String {
    let mut command = format!("dbha {}", words.join(" "));
    if let ([verb, ..], [first, second]) = (words, status.servers.as_slice())
        && OF_PAIR.contains(verb)
    {
        for (flag, name) in [("--primary", &first.name), ("--secondary", &second.name)] {
            command.push_str(&format!(" {flag} {}", quoted(name)));
        }
    }
    command
}

/// Quotes a name for a shell, if it has to be (scenario 84).
fn quoted(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._:@%+-/".contains(&byte);
    if !name.is_empty() && !name.starts_with('-') && name.bytes().all(plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', "'\\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_found_in_fixes() {
        for (fix, found) in [
            ("run dbha setup again: it puts back just these", Some("setup")),
            (
                "run dbha setup again, or dbha setup --writers both if both",
                Some("setup"),
            ),
            (
                "dbha setup --writers both if that is meant.",
                Some("setup --writers both"),
            ),
            (
                "put these lines in (dbha render my.cnf --server primary)",
                Some("render my.cnf --server primary"),
            ),
            ("Find who it was; dbha verify compares the data.", Some("verify")),
            (
                "as printed (dbha render monitor-account).",
                Some("render monitor-account"),
            ),
            ("start it", None),
            ("dbha", None),
            ("dbha's own schema", None),
            ("dbha $(reboot)", None),
        ] {
            let words = spoken_of(fix).map(|words| words.join(" "));
            assert_eq!(words.as_deref(), found, "{fix}");
        }
    }

    #[test]
    fn scenario_84_names_cannot_add_to_a_command() {
        assert_eq!(quoted("db1.example:3306"), "db1.example:3306");
        assert_eq!(quoted("a; reboot"), "'a; reboot'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted("-x"), "'-x'");
        assert_eq!(quoted(""), "''");
    }
}
