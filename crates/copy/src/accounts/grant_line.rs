//! Lines of `SHOW GRANTS`, brought into a form that says the same on every server.

/// Puts the columns of each privilege in order: servers list them as their memory has them.
pub(super) fn with_sorted_columns(line: &str) -> String {
    let (mut text, mut list, mut depth) = (String::new(), String::new(), 0);
    let mut quote = None;
    for c in line.chars() {
        match quote {
            Some(open) if c == open => quote = None,
            None if matches!(c, '`' | '\'') => quote = Some(c),
            None if c == '(' => {
                depth += 1;
                text.push(c);
                continue;
            }
            None if c == ')' && depth > 0 => {
                depth -= 1;
                text.push_str(&sorted(&std::mem::take(&mut list)));
            }
            _ => {}
        }
        match depth {
            0 => text.push(c),
            _ => list.push(c),
        }
    }
    text.push_str(&list);
    text
}

/// Sorts names in backticks that commas part.
fn sorted(list: &str) -> String {
    let (mut names, mut name, mut quoted) = (vec![], String::new(), false);
    for c in list.chars() {
        quoted ^= c == '`';
        match c == ',' && !quoted {
            true => names.push(std::mem::take(&mut name).trim().to_owned()),
            false => name.push(c),
        }
    }
    names.push(name.trim().to_owned());
    names.sort();
    names.join(", ")
}

/// Takes out how the account logs in: it was created with that, and said again it would undo an expired password.
pub(super) fn without_login(line: &str) -> String {
    const BEGINS: &str = " IDENTIFIED ";
    let Some(begin) = outside_quotes(line, 0, &[BEGINS]) else {
        return line.to_owned();
    };
    let end = outside_quotes(line, begin + BEGINS.len(), &[" REQUIRE ", " WITH "]);
    format!("{}{}", &line[..begin], &line[end.unwrap_or(line.len())..])
}

/// Finds the first of some words that stands in no quotes.
fn outside_quotes(line: &str, from: usize, words: &[&str]) -> Option<usize> {
    let (mut quote, mut escaped) = (None, false);
    for (at, c) in line.char_indices().filter(|(at, _)| *at >= from) {
        match quote {
            Some('\'') if escaped => escaped = false,
            Some('\'') if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if matches!(c, '`' | '\'') => quote = Some(c),
            None if words.iter().any(|word| line[at..].starts_with(word)) => return Some(at),
            None => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_come_in_order_and_nothing_else_moves() {
        assert_eq!(
            with_sorted_columns(
                "GRANT SELECT (`no`, `first,(`, `a``b`), UPDATE (`z`, `y`) ON `s`.`t` TO `u`@`%`"
            ),
            "GRANT SELECT (`a``b`, `first,(`, `no`), UPDATE (`y`, `z`) ON `s`.`t` TO `u`@`%`"
        );
        for line in [
            "GRANT ALL PRIVILEGES ON `(b, a)`.* TO `u`@`%` WITH GRANT OPTION",
            "GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*(b, a)'",
            "GRANT SELECT (`never closed`",
        ] {
            assert_eq!(with_sorted_columns(line), line);
        }
    }

    #[test]
    fn a_login_goes_and_what_stands_around_it_stays() {
        for (line, rest) in [
            ("GRANT USAGE ON *.* TO `u`@`%`", "GRANT USAGE ON *.* TO `u`@`%`"),
            (
                "GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*12'",
                "GRANT USAGE ON *.* TO `u`@`%`",
            ),
            (
                "GRANT USAGE ON *.* TO ` IDENTIFIED `@`%` IDENTIFIED VIA p USING 'it''s \\' WITH ' OR unix_socket REQUIRE SSL WITH \
                 GRANT OPTION",
                "GRANT USAGE ON *.* TO ` IDENTIFIED `@`%` REQUIRE SSL WITH GRANT OPTION",
            ),
            (
                "GRANT USAGE ON *.* TO `u`@`%` IDENTIFIED BY PASSWORD '*12' WITH MAX_USER_CONNECTIONS 5",
                "GRANT USAGE ON *.* TO `u`@`%` WITH MAX_USER_CONNECTIONS 5",
            ),
        ] {
            assert_eq!(without_login(line), rest);
        }
    }
}
