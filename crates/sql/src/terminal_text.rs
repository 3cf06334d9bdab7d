/// Makes text that came from a server fit to be shown: control characters and escape sequences become `·`,
/// and more than 2,000 characters are cut.
pub fn printable(text: &str) -> String {
    const LONGEST: usize = 2_000;
    let clean = |c: char| {
        if c.is_control() && c != '\n' && c != '\t' {
            '·'
        } else {
            c
        }
    };
    let mut shown: String = text.chars().take(LONGEST).map(clean).collect();
    if text.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::printable;

    #[test]
    fn escape_sequences_lose_their_teeth() {
        assert_eq!(printable("a\u{1b}[31mred\u{7}"), "a·[31mred·");
    }

    #[test]
    fn endless_text_is_cut() {
        assert_eq!(printable(&"x".repeat(1_000_000)).chars().count(), 2_001);
    }
}
