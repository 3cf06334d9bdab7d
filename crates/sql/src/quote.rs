//! Quoting of names and values. Every session of dbha sets its own `sql_mode` without `ANSI_QUOTES` and
//! `NO_BACKSLASH_ESCAPES`, and each form used here is read alike under those modes as well (scenario 5).

/// Quotes a database, table, column or other name: `` `a``b` ``.
pub fn quote_identifier(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// Quotes a text value.
///
/// Text with a quote, a backslash or a control character becomes a hexadecimal literal, which means the same
/// under every `sql_mode`; all other text is put between single quotes.
pub fn quote_literal(text: &str) -> String {
    let plain = text.chars().all(|c| c != '\'' && c != '\\' && !c.is_control());
    if plain {
        return format!("'{text}'");
    }
    let hex: String = text.bytes().map(|byte| format!("{byte:02X}")).collect();
    format!("_utf8mb4 X'{hex}'")
}

/// Quotes a text where the grammar takes no hexadecimal literal: hosts, paths and names in statements about accounts
/// and links.
///
/// Quotes are doubled; a backslash is doubled too, because the `sql_mode` of dbha's sessions lets it escape.
pub(crate) fn quote_word(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "''"))
}

/// Quotes an account as `'user'@'host'`.
pub fn quote_account(user: &str, host: &str) -> String {
    format!("{}@{}", quote_word(user), quote_word(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenario_4_identifiers_with_backticks_and_emoji() {
        assert_eq!(quote_identifier("a`b"), "`a``b`");
        assert_eq!(quote_identifier("🦀 x"), "`🦀 x`");
    }

    #[test]
    fn scenario_5_literals_do_not_depend_on_the_sql_mode() {
        assert_eq!(quote_literal("plain"), "'plain'");
        assert_eq!(quote_literal("it's"), "_utf8mb4 X'69742773'");
        assert_eq!(quote_literal("a\\b"), "_utf8mb4 X'615C62'");
        assert_eq!(quote_literal(""), "''");
    }

    #[test]
    fn accounts_are_closed_against_quotes() {
        assert_eq!(quote_account("o'x", "%"), "'o''x'@'%'");
        assert_eq!(quote_account("a\\", "h"), "'a\\\\'@'h'");
    }
}
