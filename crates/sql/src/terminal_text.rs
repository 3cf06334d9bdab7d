/// Makes text that came from a server fit to be shown, in one line: see [`harmless`]; more than 2,000 characters are cut.
pub fn printable(text: &str) -> String {
    const LONGEST: usize = 2_000;
    let mut shown = harmless(&text.chars().take(LONGEST).collect::<String>());
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

/// Makes text harmless for a terminal: ends of lines and tabs become blanks, all else that moves the cursor, colours,
/// hides or turns text around becomes `·`.
pub fn harmless(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' => ' ',
            c if is_unprintable(c) => '·',
            c => c,
        })
        .collect()
}

/// Tells whether a character shows nothing itself and changes how others are shown.
///
/// Control characters, and of Unicode's formats those that hide or reorder text: marks and overrides of direction,
/// joiners and spaces without width, separators of lines, tags.
pub fn is_unprintable(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scenario_82_escape_sequences_lose_their_teeth() {
        assert_eq!(printable("a\u{1b}[31mred\u{7}"), "a·[31mred·");
        assert_eq!(printable("a\u{9b}31m\u{7f}"), "a·31m·");
    }

    #[test]
    fn scenario_82_no_line_can_be_forged_and_no_text_turned_around() {
        assert_eq!(printable("gone\ndbha: all is well"), "gone dbha: all is well");
        assert_eq!(printable("\u{202e}toor\u{2066}\u{200b}x"), "·toor··x");
    }

    #[test]
    fn endless_text_is_cut() {
        assert_eq!(printable(&"x".repeat(1_000_000)).chars().count(), 2_001);
    }
}
