//! Long text in lines that fit a terminal.

/// How wide a line of a list may become, the indentation not counted.
const WIDTH: usize = 94;
/// The narrowest and the widest line that is written, whatever the terminal's width.
const NARROWEST: usize = 60;
const WIDEST: usize = 120;
/// The width where there is no terminal.
const DEFAULT: usize = 100;

/// Returns how wide a line may be: as the terminal is, within reason.
pub fn width() -> usize {
    let terminal = terminal_size::terminal_size_of(std::io::stdout())
        .or_else(|| terminal_size::terminal_size_of(std::io::stderr()));
    terminal.map_or(DEFAULT, |(width, _)| {
        usize::from(width.0).clamp(NARROWEST, WIDEST)
    })
}

/// Joins entries with commas into lines; an entry is never cut.
pub fn wrapped(entries: &[String]) -> Vec<String> {
    let last = entries.len().saturating_sub(1);
    let with_comma = |(index, entry): (usize, &String)| {
        if index < last {
            format!("{entry},")
        } else {
            entry.clone()
        }
    };
    fill(entries.iter().enumerate().map(with_comma), WIDTH)
}

/// Breaks a text at its blanks into lines of at most this width.
pub fn words(text: &str, width: usize) -> Vec<String> {
    fill(text.split(' ').map(str::to_owned), width)
}

fn fill(pieces: impl Iterator<Item = String>, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + piece.chars().count() <= width => {
                line.push(' ');
                line.push_str(&piece);
            }
            _ => lines.push(piece),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    #[test]
    fn pieces_share_lines_and_stay_whole() {
        let pieces = ["aaaa,", "bbbb,", "cccccccccccc"].map(str::to_owned);
        assert_eq!(
            super::fill(pieces.into_iter(), 11),
            ["aaaa, bbbb,", "cccccccccccc"]
        );
    }

    #[test]
    fn only_entries_before_the_last_get_a_comma() {
        assert_eq!(super::wrapped(&["a".to_owned(), "b".to_owned()]), ["a, b"]);
    }
}
