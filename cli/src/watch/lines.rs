//! The state of a pair, look by look, where nobody draws: in a pipe, in a log, for a program.

use super::{Looks, changes::Changes};
use crate::{
    args::Output,
    out,
    render::{clock, json, status, style},
};
use dbha_core::CancellationToken;

/// Writes every look as a line of JSON, or every change for a person; returns the exit code of the last look.
pub async fn lines(mut looks: Looks, format: Output, cancel: CancellationToken) -> u8 {
    let mut changes = Changes::default();
    let mut code = 0;
    loop {
        let status = tokio::select! {
            status = looks.next() => status,
            () = cancel.cancelled() => None,
        };
        let Some(status) = status else { break };
        let now = clock::now();
        let changed = changes.note(now, &status);
        code = status.exit_code();
        let text = match format {
            Output::Human if changed => {
                let lines = status::human(&status, style::of_stdout()).join("\n");
                Some(format!("{}\n{lines}\n\n", clock::moment(now)))
            }
            Output::Human => None,
            _ => json::line(&status).map(|line| format!("{line}\n")),
        };
        // Whoever read this has left: nobody is to be told any more.
        if text.is_some_and(|text| !out::try_data(&text)) {
            break;
        }
    }
    looks.end().await;
    code
}
