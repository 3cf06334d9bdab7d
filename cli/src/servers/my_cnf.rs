//! User and password out of an option file: `[client]`, then `[dbha]`.

use super::password::refuse_if_open;
use crate::exit::Failure;
use dbha_core::Secret;
use std::path::{Path, PathBuf};

/// What an option file says of the client's account.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ClientOptions {
    /// `user`.
    pub user: Option<String>,
    /// `password`.
    pub password: Option<Secret>,
}

/// Reads the file that was named, else ~/.my.cnf where there is one.
pub fn read(named: Option<&Path>) -> Result<ClientOptions, Failure> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => match std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".my.cnf")) {
            Some(path) if path.exists() => path,
            _ => return Ok(ClientOptions::default()),
        },
    };
    refuse_if_open(&path)?;
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Failure::usage(
            format!("cannot read the option file {}: {error}", path.display()),
            "check --defaults-file",
        )
    })?;
    Ok(parse(&text))
}

fn parse(text: &str) -> ClientOptions {
    let mut found = ClientOptions::default();
    let mut wanted = false;
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(section) = line.strip_prefix('[') {
            wanted = matches!(section.trim_end_matches(']'), "client" | "dbha");
            continue;
        }
        let Some((key, value)) = line.split_once('=').filter(|_| wanted) else {
            continue;
        };
        match key.trim() {
            "user" => found.user = Some(unquoted(value)),
            "password" => found.password = Some(Secret::new(unquoted(value))),
            _ => {}
        }
    }
    found
}

/// Reads a value as the servers' own clients do: quotes around it, and backslash escapes.
fn unquoted(value: &str) -> String {
    let value = value.trim();
    let quoted = ['"', '\''].into_iter().find_map(|quote| {
        let rest = value.strip_prefix(quote)?;
        Some(&rest[..rest.find(quote)?])
    });
    let mut text = String::new();
    let mut letters = quoted.unwrap_or(value).chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n') => text.push('\n'),
                Some('t') => text.push('\t'),
                Some('s') => text.push(' '),
                Some('\\') | None => text.push('\\'),
                Some(other) => text.extend(['\\', other]),
            },
            other => text.push(other),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_and_dbha_sections_are_read_and_others_are_not() {
        let text = "[mysqld]\nuser=mysql\n[client]\nuser = root\npassword=\"a b#c\"\n[dbha]\nuser=admin\n";
        let found = parse(text);
        assert_eq!(found.user.as_deref(), Some("admin"));
        assert_eq!(found.password, Some(Secret::new("a b#c")));
    }

    #[test]
    fn scenario_3_escapes_are_read_as_the_servers_clients_read_them() {
        let of = |value: &str| parse(&format!("[client]\npassword={value}\n")).password.unwrap();
        assert_eq!(of(r"a\\b").expose(), r"a\b");
        assert_eq!(of("'it;s'").expose(), "it;s");
        assert_eq!(of("").expose(), "");
    }
}
