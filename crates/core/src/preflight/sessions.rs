//! Open connections: what they keep of the settings they began with (scenarios 19 and 30a).

use super::list::{counted, shortened};
use crate::{Both, Finding, FindingCode as Code, Severity, Side, Topology, WantedSetting, Writers};
use dbha_sql::{ClientSession, Facts, Setting};

/// What every session takes from the server when it begins.
const KEPT: [Setting; 4] = [
    Setting::BinlogFormat,
    Setting::BinlogRowImage,
    Setting::AutoIncrementIncrement,
    Setting::AutoIncrementOffset,
];
/// What it takes besides, where sessions keep an identity.
const IDENTITY: [Setting; 2] = [Setting::ServerId, Setting::GtidDomainId];
/// How many connections are given as statements to be copied.
const MOST_LINES: usize = 20;

pub(super) fn findings(facts: &Both<Facts>, topology: &Topology) -> Vec<Finding> {
    Side::BOTH
        .into_iter()
        .filter_map(|side| old_sessions(side, facts.of(side), topology))
        .collect()
}

/// A session with what it keeps that is not as wanted.
struct Old<'a> {
    client: &'a ClientSession,
    keeps: Vec<(Setting, String)>,
}

fn old_sessions(side: Side, facts: &Facts, topology: &Topology) -> Option<Finding> {
    let clients = facts.sessions.known()?;
    let wanted = &topology.server(side).settings;
    let old: Vec<Old<'_>> = clients
        .iter()
        .map(|client| Old {
            client,
            keeps: kept(facts, client, wanted),
        })
        .filter(|old| !old.keeps.is_empty())
        .collect();
    if old.is_empty() {
        return None;
    }
    let mut kept: Vec<&(Setting, String)> = old.iter().flat_map(|old| &old.keeps).collect();
    kept.sort();
    kept.dedup();
    let name = |setting: Setting| facts.dialect.variable(setting).unwrap_or("");
    let values: Vec<String> = kept
        .iter()
        .map(|(setting, value)| format!("{}={value}", name(*setting)))
        .collect();
    let who: Vec<String> = old.iter().map(|old| described(old.client)).collect();
    let text = format!(
        "{} on {} {} {} until {}: {}",
        counted(old.len(), "open connection", "open connections"),
        facts.name,
        if old.len() == 1 { "keeps" } else { "keep" },
        values.join(", "),
        if old.len() == 1 {
            "it reconnects"
        } else {
            "they reconnect"
        },
        shortened(&who, "; ")
    );
    let lines = old.iter().take(MOST_LINES);
    let lines = lines.map(|old| facts.dialect.kill_connection(old.client.id));
    let finding =
        Finding::new(Code::OldSessions, Some(side), text, fix(side)).with_lines(super::list::lines(lines));
    let settings: Vec<Setting> = kept.iter().map(|(setting, _)| *setting).collect();
    Some(match matters(side, &settings, topology.writers) {
        true => finding,
        false => finding.weighing(Severity::Note),
    })
}

/// What a session keeps that differs from what is wanted: its own values where the server tells, else what holds for
/// everybody now.
fn kept(facts: &Facts, client: &ClientSession, wanted: &[WantedSetting]) -> Vec<(Setting, String)> {
    let exact = facts.surroundings.kept.known();
    let value = |setting: Setting| match exact {
        Some(all) => all
            .iter()
            .find(|one| one.connection == client.id && one.setting == setting)
            .map(|one| one.value.clone()),
        None => facts.settings.get(&setting).map(|fact| fact.value.clone()),
    };
    let identity: &[Setting] = if facts.dialect.sessions_keep_identity() {
        &IDENTITY
    } else {
        &[]
    };
    KEPT.iter()
        .chain(identity)
        .filter_map(|setting| {
            let want = wanted.iter().find(|one| one.setting == *setting)?;
            let now = value(*setting)?;
            (!Setting::same_value(&now, &want.value)).then_some((*setting, now))
        })
        .collect()
}

/// With one writer a key step that differs harms nobody; nor does a format on a server that takes no writes.
fn matters(side: Side, kept: &[Setting], writers: Writers) -> bool {
    let identity = kept.iter().any(|setting| IDENTITY.contains(setting));
    let format = kept
        .iter()
        .any(|setting| matches!(setting, Setting::BinlogFormat | Setting::BinlogRowImage));
    identity || writers == Writers::Both || (format && side == Side::Primary)
}

fn described(client: &ClientSession) -> String {
    let ClientSession {
        id,
        user,
        host,
        seconds,
    } = client;
    format!("{id} {user}@{host} (open for at least {seconds} s)")
}

fn fix(side: Side) -> &'static str {
    match side {
        Side::Primary => {
            "restart the applications' connection pools after the set-up, before the secondary is opened for writing; \
             or end these connections after it"
        }
        Side::Secondary => "end these connections before anything is written through them",
    }
}
