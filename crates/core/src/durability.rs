//! What a commit that a client was told of is worth: who has it besides the server that took it.

use dbha_sql::{Facts, IoState, ReplicaStatus, Setting};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How safe a commit is that a client was told of; the first is the safest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Durability {
    /// The other server had acknowledged it before the client was told.
    Sync,
    /// It reaches the other server afterwards: the last moments are lost with the writer.
    Async,
    /// Nobody receives it: everything since then is lost with the writer.
    Solo,
}

impl fmt::Display for Durability {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Durability::Sync => "SYNC",
            Durability::Async => "ASYNC",
            Durability::Solo => "SOLO",
        })
    }
}

/// How safe commits on one server are now, and why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DurabilityStatus {
    /// The level.
    pub level: Durability,
    /// Name of the server that takes the writes.
    pub server: String,
    /// Whether a commit would wait for an acknowledgement now rather than be told to its client without one. True beside SOLO
    /// means that commits wait for a replica to come, until the time-out.
    pub holds: bool,
    /// Whether SYNC is what was set up.
    pub wanted: bool,
    /// Why it is this level, in one sentence.
    pub why: String,
    /// Since when, in seconds since 1970; known to somebody who watches the pair only.
    #[serde(default)]
    pub since: Option<f64>,
}

impl Durability {
    /// Judges the commits of a server by what was seen of it, and of its peer where that was seen; pure.
    pub fn of(writer: &Facts, peer: Option<&Facts>) -> Self {
        durability(writer, peer).level
    }
}

/// Judges how safe the commits of a server are, and says why; pure.
pub fn durability(writer: &Facts, peer: Option<&Facts>) -> DurabilityStatus {
    let semi_sync = writer.semi_sync.known();
    let holds = semi_sync.is_some_and(|seen| seen.source_waits);
    let (level, why) = match receives(writer, peer) {
        Receives::Nobody(why) if holds => (
            Durability::Solo,
            format!("{why}; commits wait for it ({})", limit(writer)),
        ),
        Receives::Nobody(why) => (Durability::Solo, why),
        Receives::Acknowledging if holds && is_after_sync(writer) => (
            Durability::Sync,
            "a commit is told to its client once the other server has acknowledged it".to_owned(),
        ),
        Receives::Acknowledging | Receives::Silently => (Durability::Async, why_not_sync(writer, holds)),
    };
    DurabilityStatus {
        level,
        server: writer.name.clone(),
        holds,
        wanted: wanted(writer),
        why,
        since: None,
    }
}

/// Who receives what the writer logs.
enum Receives {
    Acknowledging,
    Silently,
    Nobody(String),
}

fn receives(writer: &Facts, peer: Option<&Facts>) -> Receives {
    let acknowledging = writer
        .semi_sync
        .known()
        .is_some_and(|seen| seen.acknowledging > 0);
    let Some(peer) = peer else {
        // The writer itself may take a replica for connected that was cut off; until it notices, commits wait for it.
        let connected = writer
            .connected_replicas
            .known()
            .is_some_and(|all| !all.is_empty());
        return match (acknowledging, connected) {
            (true, _) => Receives::Acknowledging,
            (false, true) => Receives::Silently,
            (false, false) => {
                Receives::Nobody("the other server does not answer, and nobody is seen to receive".to_owned())
            }
        };
    };
    let link = link_from(writer, peer);
    match link.map(|link| link.io) {
        Some(IoState::Running)
            if acknowledging
                && peer
                    .semi_sync
                    .known()
                    .is_none_or(|seen| seen.replica_acknowledges) =>
        {
            Receives::Acknowledging
        }
        Some(IoState::Running) => Receives::Silently,
        Some(_) => Receives::Nobody(format!("{} is not connected to {}", peer.name, writer.name)),
        None => Receives::Nobody(format!("{} does not follow {}", peer.name, writer.name)),
    }
}

fn link_from<'a>(writer: &Facts, peer: &'a Facts) -> Option<&'a ReplicaStatus> {
    let address = writer.tcp.as_ref().map(|(host, port)| (host.as_str(), *port));
    peer.link_from(writer.server_id, address)
}

fn is_after_sync(writer: &Facts) -> bool {
    writer.has(Setting::SemiSyncWaitPoint, "AFTER_SYNC")
}

/// Tells whether dbha recorded that commits are to be acknowledged.
fn wanted(writer: &Facts) -> bool {
    writer
        .choices
        .known()
        .is_some_and(|choices| choices.semi_sync.is_some())
}

fn why_not_sync(writer: &Facts, holds: bool) -> String {
    let on = writer.has(Setting::SemiSyncSource, "ON");
    match (holds, on) {
        (true, _) if !is_after_sync(writer) => {
            "commits are acknowledged, but others see them before that (AFTER_COMMIT)".to_owned()
        }
        (true, _) => {
            "the other server receives and does not acknowledge: its IO thread has to be started anew"
                .to_owned()
        }
        (false, true) => format!(
            "an acknowledgement did not come in time ({}); it is waited for again once the other server has caught up",
            limit(writer)
        ),
        (false, false) if wanted(writer) => {
            format!("semi-synchronous replication is switched off on {}", writer.name)
        }
        (false, false) => "semi-synchronous replication is not set up (dbha setup --semi-sync)".to_owned(),
    }
}

/// Says how long a commit waits.
fn limit(writer: &Facts) -> String {
    match writer.number(Setting::SemiSyncTimeout) {
        Some(milliseconds) if milliseconds >= crate::NO_LIMIT_MS => "without a limit".to_owned(),
        Some(milliseconds) => format!("at most {} s", milliseconds as f64 / 1e3),
        None => "for a time that is not known".to_owned(),
    }
}

#[cfg(test)]
mod tests;
