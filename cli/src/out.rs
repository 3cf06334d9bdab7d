//! Printing that survives a reader who left: a closed pipe must not end a set-up half-way.

use dbha_core::is_unprintable;
use std::{fmt, io::Write};

/// Writes data to standard output.
pub fn write_data(text: fmt::Arguments<'_>) {
    let _ = std::io::stdout()
        .lock()
        .write_all(shown(&text.to_string()).as_bytes());
}

/// Writes data to standard output; `false` when whoever read it has left.
pub fn try_data(text: &str) -> bool {
    let mut out = std::io::stdout().lock();
    out.write_all(shown(text).as_bytes())
        .and_then(|()| out.flush())
        .is_ok()
}

/// Writes what is said to a person to standard error.
pub fn write_talk(text: fmt::Arguments<'_>) {
    let _ = std::io::stderr()
        .lock()
        .write_all(shown(&text.to_string()).as_bytes());
}

/// The last gate before a terminal (scenario 82): whatever a name or text holds, only ends of lines, tabs and this
/// program's own colours get through.
pub fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let colour = colour_at(rest);
        let (piece, after) = rest.split_at(colour.unwrap_or(c.len_utf8()));
        match colour.is_none() && is_unprintable(c) && c != '\n' && c != '\t' {
            true => shown.push('·'),
            false => shown.push_str(piece),
        }
        rest = after;
    }
    shown
}

/// Returns the length of the colour that a text begins with.
fn colour_at(text: &str) -> Option<usize> {
    let numbers = text.strip_prefix("\u{1b}[")?;
    let end = numbers.find(|c: char| !c.is_ascii_digit() && c != ';')?;
    numbers[end..].starts_with('m').then_some(2 + end + 1)
}

/// Prints a line of data on standard output.
macro_rules! data {
    () => { $crate::out::write_data(format_args!("\n")) };
    ($($text:tt)+) => { $crate::out::write_data(format_args!("{}\n", format_args!($($text)+))) };
}

/// Says a line to a person on standard error.
macro_rules! talk {
    () => { $crate::out::write_talk(format_args!("\n")) };
    ($($text:tt)+) => { $crate::out::write_talk(format_args!("{}\n", format_args!($($text)+))) };
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn scenario_82_only_colours_and_ends_of_lines_get_through() {
        assert_eq!(
            shown("\u{1b}[1;31mred\u{1b}[0m\n\tx"),
            "\u{1b}[1;31mred\u{1b}[0m\n\tx"
        );
        assert_eq!(
            shown("\u{1b}[2J\u{1b}]0;title\u{7}\r\u{202e}"),
            "·[2J·]0;title···"
        );
        assert_eq!(shown("\u{1b}["), "·[");
    }
}
