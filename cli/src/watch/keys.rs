//! Keys that are pressed while the screen is shown.

use std::io::{IsTerminal, Read};
use tokio::sync::mpsc;

/// Reads keys for as long as the process lives; none come where standard input is no terminal.
///
/// A thread of its own and none of the runtime's: nobody can wake it, and the end must not wait for it.
pub fn keys() -> mpsc::UnboundedReceiver<u8> {
    let (sender, receiver) = mpsc::unbounded_channel();
    if std::io::stdin().is_terminal() {
        std::thread::spawn(move || {
            let mut key = [0];
            while let Ok(1) = std::io::stdin().lock().read(&mut key) {
                if sender.send(key[0]).is_err() {
                    return;
                }
            }
        });
    }
    receiver
}
