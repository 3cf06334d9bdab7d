use crate::Secret;

/// What an option file says of the account to log in with: `[client]`, then `[dbha]`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ClientOptions {
    /// `user`.
    pub user: Option<String>,
    /// `password`.
    pub password: Option<Secret>,
}

impl ClientOptions {
    /// Reads the text of an option file as the servers' own clients do; other groups and options are passed over.
    pub fn parse(text: &str) -> Self {
        let mut found = Self::default();
        let mut wanted = false;
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with(['#', ';', '!']) {
                continue;
            }
            if let Some(group) = line.strip_prefix('[') {
                let name = group.split(']').next().unwrap_or("").trim();
                wanted = matches!(name, "client" | "dbha");
                continue;
            }
            let Some((key, value)) = line.split_once('=').filter(|_| wanted) else {
                continue;
            };
            match key.trim() {
                "user" => found.user = Some(value_of(value)),
                "password" => found.password = Some(Secret::new(value_of(value))),
                _ => {}
            }
        }
        found
    }
}

/// Reads a value: `#` outside of quotes begins a comment, one pair of quotes around all of it falls away, then
/// backslashes are resolved.
fn value_of(text: &str) -> String {
    let text = without_comment(text).trim();
    let quoted = ['"', '\'']
        .into_iter()
        .find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    let mut value = String::new();
    let mut letters = quoted.unwrap_or(text).chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            value.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => value.push('\n'),
            Some('t') => value.push('\t'),
            Some('r') => value.push('\r'),
            Some('b') => value.push('\u{8}'),
            Some('s') => value.push(' '),
            Some(itself @ ('"' | '\'' | '\\')) => value.push(itself),
            Some(other) => value.extend(['\\', other]),
            None => value.push('\\'),
        }
    }
    value
}

fn without_comment(text: &str) -> &str {
    let mut quote = None;
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match quote {
            None if matches!(letter, '"' | '\'') => quote = Some(letter),
            None if letter == '#' => return &text[..at],
            Some(open) if open == letter && !escaped => quote = None,
            _ => {}
        }
        escaped = quote.is_some() && letter == '\\' && !escaped;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn client_and_dbha_groups_are_read_and_others_are_not() {
        let text = "[mysqld]\nuser=mysql\n[client]\nuser = root\npassword=\"a b#c\"\n[dbha]\nuser=admin\n[x]\nuser=y\n";
        let found = ClientOptions::parse(text);
        assert_eq!(found.user.as_deref(), Some("admin"));
        assert_eq!(found.password, Some(Secret::new("a b#c")));
    }

    #[test]
    fn scenario_3_values_are_read_as_the_servers_clients_read_them() {
        let of = |value: &str| {
            let found = ClientOptions::parse(&format!("[client]\npassword={value}\n"));
            found.password.unwrap().expose().to_owned()
        };
        for (written, meant) in [
            (r"a\\b", r"a\b"),
            ("'it;s'", "it;s"),
            ("", ""),
            (r#""a"b""#, r#"a"b"#),
            (r#""a\"b#c" # the old one"#, r#"a"b#c"#),
            ("plain # comment", "plain"),
            (r"a\sb\tc\d", "a b\tc\\d"),
            ("'x", "'x"),
            ("\"", "\""),
            (r"\", r"\"),
            ("pä🦀ss", "pä🦀ss"),
        ] {
            assert_eq!(of(written), meant, "{written}");
        }
    }
}
