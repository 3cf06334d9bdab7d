//! What is measured of servers.

use super::page::{Labels, Page, labels};
use crate::PairReport;
use dbha_core::{Condition, Durability, GtidSet, ServerStatus, WritableServers};

/// The levels by the words that stand in the label.
const LEVELS: [(Durability, &str); 3] = [
    (Durability::Sync, "sync"),
    (Durability::Async, "async"),
    (Durability::Solo, "solo"),
];

pub(super) fn write(page: &mut Page, reports: &[&PairReport]) {
    let up = page.gauge("dbha_up", "Whether the server answers the monitor");
    let read_only = page.gauge(
        "dbha_read_only",
        "Whether ordinary accounts are kept from writing",
    );
    let drift = page.gauge(
        "dbha_settings_drift",
        "How many findings of settings that are not as recorded",
    );
    let errant = page.gauge(
        "dbha_errant_transactions",
        "How many transactions it has that cannot reach the other server",
    );
    let writable = page.gauge(
        "dbha_writable_servers",
        "How many servers of the pair take writes",
    );
    let term = page.gauge(
        "dbha_term",
        "How often the writes have been given to a server, the set-up included",
    );
    let durability = page.gauge(
        "dbha_durability",
        "How safe commits are now: 1 at the level that holds (sync, async, solo), 0 at the others",
    );
    let wanted = page.gauge(
        "dbha_semi_sync_wanted",
        "Whether the pair was set up so that commits are acknowledged by the other server",
    );
    let took = page.gauge(
        "dbha_check_duration_seconds",
        "How long the last look at the server took",
    );
    for report in reports {
        let status = &report.status;
        let pair = status.pair.as_str();
        let both_seen = status.servers.iter().all(|server| server.reachable);
        writable.set(labels([("pair", pair)]), count(status.writers));
        term.set_known(labels([("pair", pair)]), status.term.map(|number| number as f64));
        if let Some(judged) = &status.durability {
            for (level, word) in LEVELS {
                let of = labels([("pair", pair), ("level", word)]);
                durability.set(of, f64::from(judged.level == level));
            }
            wanted.set(labels([("pair", pair)]), f64::from(judged.wanted));
        }
        for (at, server) in status.servers.iter().enumerate() {
            let of = of_server(pair, &server.name);
            up.set(of.clone(), f64::from(server.reachable));
            read_only.set_known(of.clone(), server.read_only.map(f64::from));
            if server.reachable {
                drift.set(of.clone(), found(server, Condition::SettingDrift));
            }
            if both_seen {
                let peer = status.servers.iter().enumerate().find(|(other, _)| *other != at);
                errant.set_known(of, errant_count(server, peer.map(|(_, peer)| peer)));
            }
        }
        for look in &report.looks {
            took.set(of_server(pair, &look.server), look.took);
        }
    }
}

pub(super) fn of_server(pair: &str, server: &str) -> Labels {
    labels([("pair", pair), ("server", server)])
}

fn count(writers: WritableServers) -> f64 {
    match writers {
        WritableServers::None => 0.0,
        WritableServers::One => 1.0,
        WritableServers::Both => 2.0,
    }
}

fn found(server: &ServerStatus, code: Condition) -> f64 {
    let found = server.problems.iter().filter(|problem| problem.code == code);
    found.count() as f64
}

/// Counts what the peer lacks where that cannot flow; `None` where it cannot be counted.
fn errant_count(server: &ServerStatus, peer: Option<&ServerStatus>) -> Option<f64> {
    if server.errant.is_none() {
        return Some(0.0);
    }
    let position = |server: &ServerStatus| GtidSet::parse(server.flavor?, server.gtid.as_deref()?).ok();
    let (own, peer) = (position(server)?, position(peer?)?);
    Some(own.count_missing_from(&peer) as f64)
}
