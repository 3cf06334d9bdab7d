//! SIGINT and SIGTERM: the first asks for an end in good order, the second ends the process.

use dbha_core::CancellationToken;
use tokio::signal::unix::{SignalKind, signal};

/// Cancels the token at the first signal and leaves at the second.
pub fn cancel_on_signal() -> CancellationToken {
    let token = CancellationToken::new();
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return token;
    };
    let cancel = token.clone();
    tokio::spawn(async move {
        let mut signals = 0;
        loop {
            tokio::select! {
                _ = interrupt.recv() => {}
                _ = terminate.recv() => {}
            }
            signals += 1;
            if signals > 1 {
                std::process::exit(i32::from(crate::exit::INTERRUPTED));
            }
            talk!("\ndbha: stopping in good order; once more to stop at once");
            cancel.cancel();
        }
    });
    token
}
