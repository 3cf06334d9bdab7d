//! Whether there is room: connections, disk, and binary logs that are kept long enough.

use super::is_provisioned;
use crate::{Both, Finding, FindingCode as Code, SetupOptions, Side};
use dbha_sql::{Facts, Setting};

/// Connections of a run on each server: control, lock, and the other server's link.
const CONNECTIONS: u64 = 3;
/// More of them while data is copied, the workers not counted: the snapshot's lock, what sees the present, and what
/// watches over the binary logs.
const COPY_CONNECTIONS: u64 = 3;
/// Binary logs that are kept for less than a day do not outlive a night's outage.
const SHORT: u64 = 86_400;
/// Less than this is soon written, by a copy's time and by an outage's.
const FEW_LOGS: u64 = 1 << 30;
/// What a copy over a slow network between busy servers still reaches.
const SLOW_COPY_BYTES_A_SECOND: u64 = 10 << 20;

pub(super) fn findings(facts: &Both<Facts>, options: &SetupOptions) -> Vec<Finding> {
    let mut found = Vec::new();
    let copies = !is_provisioned(facts, options) && !crate::adoption::is_adoptable(facts, options);
    for side in Side::BOTH {
        found.extend(connections(side, facts.of(side), copies, options.copy_workers));
        let copied = if copies && side == Side::Primary {
            data_bytes(&facts.primary)
        } else {
            0
        };
        found.extend(logs_expire_soon(side, facts.of(side), copied));
    }
    found.extend(logs_never_expire(facts));
    if copies {
        found.extend(disk(facts));
    }
    found
}

/// Scenario 26: counted before the first is opened, so that the applications are not the ones to be refused.
fn connections(side: Side, facts: &Facts, copies: bool, workers: usize) -> Option<Finding> {
    let (most, used) = (
        facts.number(Setting::MaxConnections)?,
        *facts.surroundings.connections.known()?,
    );
    let copying = if copies {
        COPY_CONNECTIONS + workers as u64
    } else {
        0
    };
    let needed = CONNECTIONS + copying;
    let free = most.saturating_sub(used);
    (free < needed).then(|| {
        Finding::new(
            Code::TooFewConnections,
            Some(side),
            format!(
                "{} has {free} of {most} connections free (max_connections), and dbha needs up to {needed}",
                facts.name
            ),
            "raise max_connections, or end connections that are idle",
        )
        .with_lines(super::list::lines(
            facts
                .dialect
                .advise_setting(Setting::MaxConnections, most + needed),
        ))
    })
}

/// Scenario 27, where the server itself can tell how much room there is.
fn disk(facts: &Both<Facts>) -> Option<Finding> {
    let free = *facts.secondary.surroundings.free_bytes.known()?;
    // What the secondary holds goes before the copy comes.
    let (needed, room) = (
        data_bytes(&facts.primary),
        free.saturating_add(data_bytes(&facts.secondary)),
    );
    (needed > room).then(|| {
        Finding::new(
            Code::TooLittleDisk,
            Some(Side::Secondary),
            format!(
                "the data of {} takes about {:.1} GB, and there is room for {:.1} GB under {} on {}",
                facts.primary.name,
                needed as f64 / 1e9,
                room as f64 / 1e9,
                facts.secondary.setting(Setting::Datadir),
                facts.secondary.name
            ),
            "make room there, or give another secondary",
        )
    })
}

fn data_bytes(server: &Facts) -> u64 {
    server.data_schemas().iter().map(|schema| schema.bytes).sum()
}

/// Seconds for which binary logs are kept; 0 is for ever.
fn kept_for(facts: &Facts) -> Option<u64> {
    let whole = |setting| facts.setting(setting).parse::<f64>().ok();
    let days = whole(Setting::ExpireLogsDays).map(|days| days * 86_400.0);
    let seconds = whole(Setting::BinlogExpireSeconds).or(days)?;
    Some(seconds as u64)
}

fn expiry_line(facts: &Facts, days: u64) -> Vec<String> {
    let seconds = (Setting::BinlogExpireSeconds, days * 86_400);
    [seconds, (Setting::ExpireLogsDays, days)]
        .into_iter()
        .filter_map(|(setting, value)| Some(format!("{}={value}", facts.dialect.variable(setting)?)))
        .collect()
}

/// Scenario 44: whether logs that a copy needs can go by themselves while it runs.
fn logs_expire_soon(side: Side, facts: &Facts, copied_bytes: u64) -> Option<Finding> {
    let waits = facts.number(Setting::ReplicasForPurge).unwrap_or(0);
    let connected = facts.connected_replicas.known().map_or(0, Vec::len) as u64;
    // Nothing goes while so many replicas are not connected, and the peer of a pair is one that matters.
    if waits > connected {
        return None;
    }
    let fix = "keep them for some days: this line under [mysqld] in its option file, and SET GLOBAL for the time until a restart";
    let finding =
        |text: String, lines| Finding::new(Code::LogsExpireSoon, Some(side), text, fix).with_lines(lines);
    let name = &facts.name;
    let takes = copied_bytes / SLOW_COPY_BYTES_A_SECOND;
    let seconds = kept_for(facts).filter(|seconds| *seconds > 0 && *seconds < SHORT.max(takes));
    if let Some(seconds) = seconds {
        let copy = match takes >= seconds {
            true => format!(
                ", and a copy of {:.1} GB may take longer",
                copied_bytes as f64 / 1e9
            ),
            false => String::new(),
        };
        let days = 7.max(2 * takes / 86_400);
        return Some(finding(
            format!("{name} removes its binary logs after {seconds} s{copy}"),
            expiry_line(facts, days),
        ));
    }
    let limit = facts.number(Setting::BinlogTotalSize)?;
    let wanted = FEW_LOGS.max(copied_bytes / 10);
    (limit > 0 && limit < wanted).then(|| {
        let variable = facts.dialect.variable(Setting::BinlogTotalSize).unwrap_or("");
        finding(
            format!(
                "{name} removes its oldest binary logs above {:.1} MB",
                limit as f64 / 1e6
            ),
            vec![format!("{variable}={}", 2 * wanted)],
        )
    })
}

fn logs_never_expire(facts: &Both<Facts>) -> Option<Finding> {
    let forever: Vec<Side> = Side::BOTH
        .into_iter()
        .filter(|side| kept_for(facts.of(*side)) == Some(0))
        .collect();
    let side = *forever.first()?;
    let names: Vec<&str> = forever.iter().map(|side| facts.of(*side).name.as_str()).collect();
    Some(
        Finding::new(
            Code::LogsNeverExpire,
            (forever.len() == 1).then_some(side),
            format!("binary logs are never removed on {}", names.join(" and ")),
            "put this line under [mysqld] into the option file",
        )
        .with_lines(expiry_line(facts.of(side), 10)),
    )
}
