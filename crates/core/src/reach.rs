//! The question whether one server reaches another and may log in there, asked of the server itself.

mod knock;
mod verdict;

pub(crate) use knock::{knock_both, may_knock};
pub(crate) use verdict::finding;

use crate::wait::Pause;
use dbha_sql::{Facts, IoState, Server, SourceTarget, SqlError, Statement};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// Name of the throw-away link that a probe uses.
pub(crate) const PROBE_CHANNEL: &str = "dbha_probe";

/// How long a source may take that has let the server in, and says no more.
///
/// One that fed the server over a network that broke has that old connection blocked in a write, and MariaDB serves no
/// second reader of the same number before it has ended: when TCP tries once more, or after `net_write_timeout` (60 s).
const LET_IN_LIMIT: Duration = Duration::from_secs(75);

/// What a probe found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Reach {
    /// The source was reached, and the account may replicate from it.
    Reached,
    /// The source was reached and refused the account; `from` is the host by which it knows the replica.
    Denied {
        from: Option<String>,
        code: u32,
        text: String,
    },
    /// Something else is in the way.
    Failed { code: u32, text: String },
    /// Nothing came back in time.
    Silent,
}

/// Tells whether a probe can be taken back: RESET of a link needs RELOAD on every server.
pub(crate) fn can_probe(replica: &Facts) -> bool {
    let held = replica.privileges.known();
    held.is_none_or(|held| held.contains("RELOAD") || held.contains("ALL PRIVILEGES"))
}

/// Lets one server dial another with the real account, and takes the attempt back without a trace.
///
/// The link asks for a binary log that does not exist, so nothing is fetched: success is the source's answer that
/// it has no such log. Never call it where the server already reads from that source: the source would drop the
/// other connection.
pub(crate) async fn probe(
    replica: &mut Server,
    source: &SourceTarget,
    limit: Duration,
    cancel: &CancellationToken,
) -> Result<Reach, SqlError> {
    let dialect = replica.dialect();
    // What a killed run left behind.
    remove(replica).await?;
    replica
        .execute_all(&dialect.point_probe(source, PROBE_CHANNEL))
        .await?;
    let found = look(replica, &dialect.start_probe(PROBE_CHANNEL), limit, cancel).await;
    remove(replica).await?;
    found
}

async fn look(
    replica: &mut Server,
    start: &Statement,
    limit: Duration,
    cancel: &CancellationToken,
) -> Result<Reach, SqlError> {
    replica.execute(start).await?;
    let silent_from = Instant::now() + limit;
    let mut pause = Pause::within(limit.max(LET_IN_LIMIT));
    while pause.wait(cancel).await.is_ok() {
        let rows = replica.query(&replica.dialect().read_replica_status()).await?;
        let mut links = rows
            .iter()
            .map(|row| dbha_sql::ReplicaStatus::of_row(row, |_| None));
        let link = links.find(|link| link.channel == PROBE_CHANNEL);
        let is_let_in = link.as_ref().is_some_and(|link| link.io == IoState::Running);
        if let Some(error) = link.and_then(|link| link.io_error) {
            return Ok(judge(error.code, &error.text));
        }
        if !is_let_in && Instant::now() >= silent_from {
            break;
        }
    }
    Ok(Reach::Silent)
}

async fn remove(replica: &mut Server) -> Result<(), SqlError> {
    for statement in replica.dialect().remove_probe(PROBE_CHANNEL) {
        match replica.execute(&statement).await {
            // There is no such connection or channel, or it does not run.
            Err(error) if matches!(error.code(), Some(1617 | 3074 | 1199 | 3081)) => {}
            other => drop(other?),
        }
    }
    Ok(())
}

fn judge(code: u32, text: &str) -> Reach {
    match code {
        // MariaDB wraps the source's words in 1236 as well when its binary log is off.
        1236 | 13114 if !text.contains("not open") => Reach::Reached,
        1045 | 1130 | 1698 => Reach::Denied {
            from: host_in(text),
            code,
            text: text.to_owned(),
        },
        // A login that the source refused is wrapped in 2xxx or 13xxx codes by some versions.
        _ if text.contains("Access denied for user") => Reach::Denied {
            from: host_in(text),
            code,
            text: text.to_owned(),
        },
        _ => Reach::Failed {
            code,
            text: text.to_owned(),
        },
    }
}

/// Finds the replica's host in the source's refusal.
///
/// `Access denied for user 'dbha_repl'@'10.0.0.2' (using password: YES)`, `Host '10.0.0.2' is not allowed to connect`.
fn host_in(text: &str) -> Option<String> {
    let rest = match text.split_once("Access denied for user '") {
        Some((_, rest)) => rest.split_once("'@'")?.1,
        None => text.split_once("Host '")?.1,
    };
    let host = rest.split_once('\'')?.0;
    let plain = !host.is_empty()
        && host
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || ".:-_".contains(c));
    plain.then(|| host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_log_file_means_that_everything_else_worked() {
        let text = "Got fatal error 1236 from master when reading data from binary log: 'Could not find first log file name in binary log index file'";
        assert_eq!(judge(1236, text), Reach::Reached);
        assert_eq!(judge(13114, text), Reach::Reached);
        assert!(matches!(
            judge(1236, "Binary log is not open"),
            Reach::Failed { .. }
        ));
    }

    #[test]
    fn the_host_is_read_out_of_the_refusal() {
        let text = "error connecting to master 'dbha_repl@10.0.0.1:3306' - retry-time: 60  maximum-retries: 1  message: Access denied for user 'dbha_repl'@'10.0.0.2' (using password: YES)";
        assert_eq!(host_in(text), Some("10.0.0.2".into()));
        assert_eq!(
            host_in("Host 'fe80::2' is not allowed to connect to this MariaDB server"),
            Some("fe80::2".into())
        );
        assert_eq!(host_in("message: Host 'a'; DROP' x"), Some("a".into()));
        assert_eq!(host_in("Access denied for user 'x'@'%' y"), None);
        assert_eq!(host_in("something else"), None);
    }
}
