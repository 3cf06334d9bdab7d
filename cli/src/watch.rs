//! `dbha status -w`: looks again and again, and shows what it sees.

mod changes;
mod keys;
mod lines;
mod live;
mod looks;
mod screen;

pub use lines::lines;
pub use live::live;
pub use looks::Looks;
pub use screen::restore as restore_terminal;

use dbha_core::CancellationToken;
use std::io::IsTerminal;
use tokio::signal::unix::{SignalKind, signal};

/// Returns a token that SIGINT or SIGTERM cancels: the usual end of something that has no other.
pub fn ended() -> CancellationToken {
    let token = CancellationToken::new();
    for kind in [SignalKind::interrupt(), SignalKind::terminate()] {
        if let Ok(mut signal) = signal(kind) {
            let token = token.clone();
            tokio::spawn(async move {
                signal.recv().await;
                token.cancel();
            });
        }
    }
    token
}

/// Tells whether standard output is a terminal on which the cursor can be moved.
pub fn can_draw() -> bool {
    let dumb = std::env::var("TERM").map_or(true, |term| term.is_empty() || term == "dumb");
    std::io::stdout().is_terminal() && !dumb
}
