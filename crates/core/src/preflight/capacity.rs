//! Whether there is room: connections, disk, and binary logs that are kept long enough.

use super::is_provisioned;
use crate::{Both, Finding, FindingCode as Code, SetupOptions, Side};
use dbha_sql::{Facts, Setting};

/// Connections of a run on each server: control, lock, and the other server's link.
const CONNECTIONS: u64 = 3;
/// More of them while data is copied, the workers not counted: the snapshot's lock, and what watches over the copy.
const COPY_CONNECTIONS: u64 = 2;
/// Binary logs that are kept for less than a day do not outlive a night's outage.
const SHORT: u64 = 86_400;

pub(super) fn findings(facts: &Both<Facts>, options: &SetupOptions) -> Vec<Finding> {
    let mut found = Vec::new();
    let copies = !is_provisioned(facts, options) && !crate::adoption::is_adoptable(facts, options);
    for side in Side::BOTH {
        found.extend(connections(side, facts.of(side), copies, options.copy_workers));
        found.extend(logs_expire_soon(side, facts.of(side)));
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
    let bytes = |server: &Facts| {
        server
            .data_schemas()
            .iter()
            .map(|schema| schema.bytes)
            .sum::<u64>()
    };
    // What the secondary holds goes before the copy comes.
    let (needed, room) = (
        bytes(&facts.primary),
        free.saturating_add(bytes(&facts.secondary)),
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

fn logs_expire_soon(side: Side, facts: &Facts) -> Option<Finding> {
    let seconds = kept_for(facts)?;
    (seconds > 0 && seconds < SHORT).then(|| {
        Finding::new(
            Code::LogsExpireSoon,
            Some(side),
            format!("{} removes its binary logs after {seconds} s", facts.name),
            "keep them for some days: this line under [mysqld] in its option file, and SET GLOBAL for the time until a restart",
        )
        .with_lines(expiry_line(facts, 7))
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
