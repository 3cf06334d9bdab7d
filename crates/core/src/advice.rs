//! What to do about an error of a server, in plain words.

use crate::ServerError;
use dbha_sql::SqlError;

/// Returns advice for an error that a server gave, or that kept a server from answering.
pub(crate) fn for_error(error: &SqlError) -> String {
    match error {
        SqlError::Connect { .. } => {
            "see that the server runs and is reachable, then run the same command again".to_owned()
        }
        SqlError::Lost { .. } | SqlError::TimedOut { .. } => {
            "run the same command again: it looks at what took effect and goes on from there".to_owned()
        }
        _ => match error.code().and_then(|code| for_link(u32::from(code))) {
            Some(advice) => advice.to_owned(),
            None => "mend the cause, then run the same command again: it goes on from here".to_owned(),
        },
    }
}

/// Returns advice for an error number of a replication link.
pub(crate) fn for_link(code: u32) -> Option<&'static str> {
    ServerError::of(code).map(|error| error.advice)
}
