//! From what was seen of two servers to one verdict; pure, so that the same facts always give the same verdict.

mod commits;
mod link;
mod server;
mod verdict;

use crate::{
    Both, Condition, LinkStatus, Problem, ServerStatus, SetupError, SetupOptions, Side, Status, Topology,
    WantedSetting, WritableServers, Writers, partner,
};
use dbha_sql::{Endpoint, Facts, SqlError, Term};
pub(crate) use link::errant;
use link::{link_problems, link_status};
use server::server_status;
use std::time::Duration;
use verdict::judge;

/// A server as it was seen, or why it could not be.
pub type Seen = Result<Facts, Unseen>;

/// A server that did not answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Unseen {
    /// Its name.
    pub name: String,
    /// Where it should listen.
    pub address: String,
    /// What happened.
    pub text: String,
    /// What to do.
    pub fix: String,
}

impl Unseen {
    /// Says of a server that it could not be looked at, after this error.
    pub fn after(endpoint: &Endpoint, error: SqlError) -> Self {
        let error = SetupError::Connect(error);
        Self {
            name: endpoint.name.clone(),
            address: endpoint.address.to_string(),
            text: crate::error_chain(&error),
            fix: error.fix().unwrap_or_default(),
        }
    }
}

/// What somebody who watches a pair knows beside one look at it.
#[derive(Debug, Clone, PartialEq)]
pub struct Watched {
    /// How far each link is behind as heartbeats show it, by its source; `None` where they show nothing.
    pub lag: Both<Option<Duration>>,
    /// From which lag on a link counts as lagging.
    pub lagging_from: Duration,
    /// What else was found wrong with each server.
    pub problems: Both<Vec<Problem>>,
}

impl Default for Watched {
    fn default() -> Self {
        Self {
            lag: Both {
                primary: None,
                secondary: None,
            },
            lagging_from: Duration::from_secs(10),
            problems: Both {
                primary: vec![],
                secondary: vec![],
            },
        }
    }
}

/// Judges a pair by one look at it, whoever built it.
pub fn assess(pair: &str, seen: &Both<Seen>) -> Status {
    assess_watched(pair, seen, &Watched::default())
}

/// Judges a pair that is being watched.
///
/// Writers, offsets and settings are judged only where dbha recorded what they should be; both links and their
/// threads always.
pub fn assess_watched(pair: &str, seen: &Both<Seen>, watched: &Watched) -> Status {
    let facts = |side: Side| seen.of(side).as_ref().ok();
    let expected = expected(seen);
    let mut servers: Vec<ServerStatus> = Side::BOTH
        .into_iter()
        .map(|side| server_status(seen.of(side), side, expected.as_ref()))
        .collect();
    let links: Vec<LinkStatus> = Side::BOTH
        .into_iter()
        .map(|source| link_status(seen, source, *watched.lag.of(source)))
        .collect();
    for (server, side) in servers.iter_mut().zip(Side::BOTH) {
        let (Some(own), peer) = (facts(side), facts(side.peer())) else {
            continue;
        };
        server.problems.extend(link_problems(
            own,
            peer,
            seen.of(side.peer()),
            (&links[index(side.peer())], watched.lagging_from),
        ));
        if let Some(errant) = peer.and_then(|peer| errant(own, peer)) {
            server.problems.push(Problem {
                code: Condition::Errant,
                text: format!(
                    "{} has transactions that cannot reach the other server: {errant}",
                    own.name
                ),
                fix: "compare the data on both; then let the other server follow this one".into(),
            });
            server.errant = Some(errant);
        }
        if let Some(number) = peer.and_then(|peer| partner::lost_number(own, peer)) {
            server.problems.push(Problem {
                code: Condition::SettingDrift,
                text: format!(
                    "{} has server_id {}, and the pair knows it as {number}",
                    own.name, own.server_id
                ),
                fix: format!(
                    "SET GLOBAL server_id = {number} there, correct its option file, let applications reconnect"
                ),
            });
        }
        server.problems.extend(watched.problems.of(side).iter().cloned());
        server.problems.sort_by_key(|problem| problem.code);
    }
    let durability = commits::durability_of(seen);
    if let Some(found) = &durability {
        commits::problem(found, seen, &mut servers);
    }
    let writable = Side::BOTH
        .into_iter()
        .filter(|side| facts(*side).is_some_and(|facts| !facts.is_read_only()))
        .count();
    let writers = [WritableServers::None, WritableServers::One, WritableServers::Both][writable];
    let restart_safe = servers
        .iter()
        .all(|server| server.settings_persisted == Some(true));
    let (verdict, reason) = judge(&servers, writers);
    Status {
        schema_version: 1,
        pair: pair.to_owned(),
        restart_safe,
        verdict,
        reason,
        writers,
        writers_recorded: recorded_writers(seen),
        term: newest_terms(seen).first().map(|term| term.number),
        writer: writer(seen),
        durability,
        managed: commits::is_managed(seen),
        guarded: commits::guarded(seen),
        servers,
        links,
    }
}

/// Returns the settings of each server that are no longer what dbha made them, and that can be put back while everything
/// runs: whose number and whose turn to write it is are not among them, since writes may have been taken under another
/// identity, or somebody may be changing the roles.
pub fn drifted_settings(seen: &Both<Seen>) -> Both<Vec<WantedSetting>> {
    let expected = expected(seen);
    let of = |side: Side| -> Vec<WantedSetting> {
        let (Some(topology), Ok(facts)) = (&expected, seen.of(side)) else {
            return vec![];
        };
        let wrong = |wanted: &&WantedSetting| {
            !wanted.after_restart_only
                && !facts.has(wanted.setting, &wanted.value)
                && safe_to_put_back(wanted)
        };
        let settings = &topology.server(side).settings;
        settings.iter().filter(wrong).cloned().collect()
    };
    Both {
        primary: of(Side::Primary),
        secondary: of(Side::Secondary),
    }
}

fn safe_to_put_back(wanted: &WantedSetting) -> bool {
    use dbha_sql::Setting as S;
    matches!(
        wanted.setting,
        S::AutoIncrementIncrement
            | S::AutoIncrementOffset
            | S::SyncBinlog
            | S::InnodbFlushLogAtTrxCommit
            | S::GtidStrictMode
            | S::BinlogRowImage
            | S::ReplicaNetTimeout
            | S::SemiSyncTimeout
            | S::SemiSyncWaitPoint
            | S::SemiSyncWaitAlone
    )
}

/// What any server that answers says of who should write; one of them is enough, since both hold the same record.
fn recorded_writers(seen: &Both<Seen>) -> Option<Writers> {
    Side::BOTH
        .into_iter()
        .filter_map(|side| seen.of(side).as_ref().ok())
        .find_map(|facts| {
            let rows = facts.recorded.known()?;
            let own = rows.iter().find(|row| row.server_id == facts.server_id)?;
            Some(if own.writers == "both" {
                Writers::Both
            } else {
                Writers::One
            })
        })
}

/// The newest term that any server that answers has recorded, once for each server that it was given to.
fn newest_terms(seen: &Both<Seen>) -> Vec<&Term> {
    let answered = Side::BOTH
        .into_iter()
        .filter_map(|side| seen.of(side).as_ref().ok());
    let mut terms: Vec<&Term> = answered
        .flat_map(|facts| facts.terms.known().into_iter().flatten())
        .collect();
    let newest = terms.iter().map(|term| term.number).max();
    terms.retain(|term| Some(term.number) == newest);
    terms.sort_by_key(|term| term.server_id);
    terms.dedup_by_key(|term| term.server_id);
    terms
}

/// Who has the writes by a change of roles; a set-up alone says who had them first, and somebody may have had reasons since.
fn writer(seen: &Both<Seen>) -> Option<String> {
    let terms = newest_terms(seen);
    let [term] = terms.as_slice() else {
        return None;
    };
    let answered = Side::BOTH
        .into_iter()
        .filter_map(|side| seen.of(side).as_ref().ok());
    answered
        .filter(|facts| term.number > 1 && facts.server_id == term.server_id)
        .map(|facts| facts.name.clone())
        .next()
}

fn index(source: Side) -> usize {
    match source {
        Side::Primary => 0,
        Side::Secondary => 1,
    }
}

/// What dbha recorded that this pair should be, worked out anew for the servers as they were given.
fn expected(seen: &Both<Seen>) -> Option<Topology> {
    let (Ok(primary), Ok(secondary)) = (&seen.primary, &seen.secondary) else {
        return None;
    };
    let recorded = primary.recorded.known()?;
    let row = |facts: &Facts| recorded.iter().find(|row| row.server_id == facts.server_id);
    let (of_primary, of_secondary) = (row(primary)?, row(secondary)?);
    let options = SetupOptions::default().with_recorded(of_primary);
    // status B A of a pair that was set up as A B shows the same pair.
    let swapped =
        of_primary.role == Side::Secondary.to_string() && of_secondary.role == Side::Primary.to_string();
    let (first, second) = if swapped {
        (secondary, primary)
    } else {
        (primary, secondary)
    };
    let mut topology = Topology::of_pair(
        &Both {
            primary: first.clone(),
            secondary: second.clone(),
        },
        &options,
    );
    if swapped {
        topology.servers.reverse();
    }
    Some(topology)
}

#[cfg(test)]
mod tests;
