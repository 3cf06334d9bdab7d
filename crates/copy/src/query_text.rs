/// Makes the text of somebody's query fit for an error: values become `?`, and it stays on one short line.
pub(crate) fn masked(query: &str) -> String {
    const LONGEST: usize = 160;
    let mut shown = String::new();
    let mut chars = query.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\'' | '"' => {
                skip_quoted(c, &mut chars);
                shown.push('?');
            }
            c if c.is_whitespace() || c.is_control() => {
                if !shown.ends_with(' ') {
                    shown.push(' ');
                }
            }
            c => shown.push(c),
        }
    }
    match shown.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{} …", &shown[..cut]),
        None => shown,
    }
}

fn skip_quoted(quote: char, chars: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while let Some(c) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            c if c == quote && chars.peek() == Some(&quote) => drop(chars.next()),
            c if c == quote => return,
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn values_are_not_shown() {
        assert_eq!(
            masked("SELECT *\n FROM t WHERE a = 'it''s' AND b=\"x\\\"y\""),
            "SELECT * FROM t WHERE a = ? AND b=?"
        );
    }

    #[test]
    fn a_cut_quote_hides_the_rest() {
        assert_eq!(
            masked("CREATE USER x IDENTIFIED BY 'secr"),
            "CREATE USER x IDENTIFIED BY ?"
        );
    }
}
