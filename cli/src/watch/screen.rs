//! The terminal: a page of its own, of which only lines that changed are written.

use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use std::{
    io::{IsTerminal, Write},
    sync::{Mutex, PoisonError},
};

/// The other page, no cursor, no lines that go on by themselves.
const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l\u{1b}[?7l\u{1b}[H\u{1b}[2J";
const LEAVE: &str = "\u{1b}[?7h\u{1b}[?25h\u{1b}[?1049l";

/// How the terminal was before; also for the last words of a panic, which would vanish with the page.
static BEFORE: Mutex<Option<Before>> = Mutex::new(None);

struct Before(Option<Termios>);

/// The page.
pub struct Screen {
    shown: Vec<String>,
    size: (usize, usize),
}

impl Screen {
    /// Turns to the page.
    pub fn open() -> Self {
        enter();
        Self {
            shown: vec![],
            size: size(),
        }
    }

    /// Returns width and height.
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// Forgets what is shown: the window has another size, or somebody else wrote into it.
    pub fn resized(&mut self) {
        self.size = size();
        self.shown.clear();
        let _ = write("\u{1b}[2J");
    }

    /// Shows these lines; `false` when the terminal is gone.
    pub fn draw(&mut self, lines: Vec<String>) -> bool {
        let mut text = String::new();
        let lines: Vec<String> = lines
            .into_iter()
            .take(self.size.1)
            .map(|line| crate::out::shown(&line))
            .collect();
        for row in 0..lines.len().max(self.shown.len()) {
            let (old, new) = (self.shown.get(row), lines.get(row));
            if old == new {
                continue;
            }
            let new = new.map_or("", String::as_str);
            // Cleared behind the line and not before it, so that nothing flickers.
            text.push_str(&format!("\u{1b}[{};1H{new}\u{1b}[0m\u{1b}[K", row + 1));
        }
        self.shown = lines;
        text.is_empty() || write(&text).is_ok()
    }

    /// Turns back for a while, as long as the process is stopped, and to the page again.
    pub fn suspend(&mut self) {
        restore();
        let _ = nix::sys::signal::raise(nix::sys::signal::Signal::SIGSTOP);
        enter();
        self.resized();
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        restore();
    }
}

/// Turns back to how the terminal was, if it was turned to the page; may be called at any time.
pub fn restore() {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(Before(settings)) = before {
        if let Some(settings) = settings {
            let _ = tcsetattr(std::io::stdin(), SetArg::TCSANOW, &settings);
        }
        let _ = write(LEAVE);
    }
}

fn enter() {
    let settings = quiet_keys();
    *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(Before(settings));
    let _ = write(ENTER);
}

/// Lets keys come one by one and unseen; returns how it was.
fn quiet_keys() -> Option<Termios> {
    if !std::io::stdin().is_terminal() {
        return None;
    }
    let before = tcgetattr(std::io::stdin()).ok()?;
    let mut quiet = before.clone();
    quiet.local_flags.remove(LocalFlags::ECHO | LocalFlags::ICANON);
    tcsetattr(std::io::stdin(), SetArg::TCSANOW, &quiet).ok()?;
    Some(before)
}

fn write(text: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Width and height; a terminal that does not tell is taken for the usual one.
fn size() -> (usize, usize) {
    terminal_size::terminal_size_of(std::io::stdout()).map_or((79, 24), |(width, height)| {
        // Clearing behind a line that ends in the last column would take its last character.
        (usize::from(width.0).max(21) - 1, usize::from(height.0).max(3))
    })
}
