//! Questions to the person at the terminal.

use crate::exit::Failure;
use std::io::{BufRead, IsTerminal, Write};

/// Fails where nobody can be asked; `fix` names what to do instead.
pub fn terminal_to_ask_on(fix: &str) -> Result<(), Failure> {
    match std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        true => Ok(()),
        false => Err(Failure::usage("there is no terminal to ask on", fix)),
    }
}

/// Asks; everything but a yes is a no.
pub fn asked(question: &str) -> bool {
    crate::out::write_talk(format_args!("{question} [y/N] "));
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    let _ = std::io::stdin().lock().read_line(&mut answer);
    matches!(answer.trim(), "y" | "Y" | "yes")
}
