//! Colour, where somebody sees it.

use std::io::IsTerminal;

/// Whether text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style(bool);

/// Returns the style for standard error.
pub fn of_stderr() -> Style {
    Style(wanted(std::io::stderr().is_terminal()))
}

/// Returns the style for standard output.
pub fn of_stdout() -> Style {
    Style(wanted(std::io::stdout().is_terminal()))
}

/// Returns the style without colour.
pub fn plain() -> Style {
    Style(false)
}

fn wanted(terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    match (set("NO_COLOR"), set("FORCE_COLOR")) {
        (true, _) => false,
        (_, true) => true,
        _ => terminal && !dumb,
    }
}

impl Style {
    fn paint(self, code: &str, text: &str) -> String {
        if self.0 {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// Bad news.
    pub fn red(self, text: &str) -> String {
        self.paint("1;31", text)
    }

    /// Look at this.
    pub fn yellow(self, text: &str) -> String {
        self.paint("33", text)
    }

    /// Good news.
    pub fn green(self, text: &str) -> String {
        self.paint("32", text)
    }

    /// Headings.
    pub fn bold(self, text: &str) -> String {
        self.paint("1", text)
    }

    /// Less important.
    pub fn dim(self, text: &str) -> String {
        self.paint("2", text)
    }
}
