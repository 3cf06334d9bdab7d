//! What has to be alike on both servers, or nearly so (scenario 24).

use super::{is_provisioned, list::shortened};
use crate::{Both, Finding, FindingCode as Code, SetupOptions, Side};
use dbha_sql::{Facts, Setting};
use std::collections::BTreeMap;

pub(super) fn findings(facts: &Both<Facts>, options: &SetupOptions) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(name_case(facts));
    found.extend(page_size(facts));
    found.extend(packets(facts));
    found.extend(time_zones(facts));
    found.extend(encryption(facts));
    if !is_provisioned(facts, options) {
        found.extend(engines(facts));
        found.extend(login_plugins(facts));
        found.extend(events(facts));
    }
    found
}

fn differing(facts: &Both<Facts>, setting: Setting) -> Option<String> {
    let of = |side: Side| facts.of(side).setting(setting);
    let (primary, secondary) = (of(Side::Primary), of(Side::Secondary));
    let name = facts.primary.dialect.variable(setting)?;
    (primary != secondary)
        .then(|| format!("{name} is {primary} on the primary and {secondary} on the secondary"))
}

fn name_case(facts: &Both<Facts>) -> Option<Finding> {
    let seen = differing(facts, Setting::LowerCaseTableNames)?;
    let fix = "initialise the secondary anew with the primary's lower_case_table_names";
    Some(Finding::new(Code::DifferentNameCase, None, seen, fix))
}

fn page_size(facts: &Both<Facts>) -> Option<Finding> {
    let seen = differing(facts, Setting::InnodbPageSize)?;
    let fix = "initialise the secondary with the primary's page size";
    Some(Finding::new(Code::DifferentPageSize, None, seen, fix))
}

fn packets(facts: &Both<Facts>) -> Option<Finding> {
    let of = |side: Side| facts.of(side).number(Setting::MaxAllowedPacket);
    let (primary, secondary) = (of(Side::Primary)?, of(Side::Secondary)?);
    (secondary < primary).then(|| {
        Finding::new(
            Code::SmallerPackets,
            Some(Side::Secondary),
            format!("max_allowed_packet is {primary} on the primary and {secondary} on the secondary"),
            "run this on the secondary, and put the value into its option file",
        )
        .with_lines(super::list::lines(
            facts
                .secondary
                .dialect
                .advise_setting(Setting::MaxAllowedPacket, primary),
        ))
    })
}

fn time_zones(facts: &Both<Facts>) -> Option<Finding> {
    let filled = |side: Side| facts.of(side).surroundings.time_zones.known().copied();
    let side = match (filled(Side::Primary)?, filled(Side::Secondary)?) {
        (true, false) => Side::Secondary,
        (false, true) => Side::Primary,
        _ => return None,
    };
    let program = facts.primary.dialect.time_zone_loader();
    Some(
        Finding::new(
            Code::NoTimeZones,
            Some(side),
            format!(
                "the time zone tables are filled on the {} and empty on the {side}",
                side.peer()
            ),
            format!("run this on the machine of the {side}"),
        )
        .with_lines(vec![program.to_owned()]),
    )
}

fn encryption(facts: &Both<Facts>) -> Option<Finding> {
    let encrypts = |side: Side| facts.of(side).has(Setting::BinlogEncryption, "ON");
    let side = match (encrypts(Side::Primary), encrypts(Side::Secondary)) {
        (true, false) => Side::Secondary,
        (false, true) => Side::Primary,
        _ => return None,
    };
    let name = facts.of(side).dialect.variable(Setting::BinlogEncryption)?;
    Some(
        Finding::new(
            Code::LogsInClear,
            Some(side),
            format!("{name} is ON on the {} and OFF on the {side}", side.peer()),
            format!(
                "give the {side} its encryption keys and this line, if the binary log is to be secret on both"
            ),
        )
        .with_lines(vec![format!("{name}=ON")]),
    )
}

/// Sorts names into those that need something which the secondary has not.
fn lacking<'a>(
    facts: &Both<Facts>,
    needed: impl Iterator<Item = (&'a str, String)>,
) -> BTreeMap<&'a str, Vec<String>> {
    let Some(there) = facts.secondary.surroundings.plugins.known() else {
        return BTreeMap::new();
    };
    let mut missing: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (plugin, user) in needed {
        if !plugin.is_empty() && !there.iter().any(|name| name.eq_ignore_ascii_case(plugin)) {
            missing.entry(plugin).or_default().push(user);
        }
    }
    missing
}

fn engines(facts: &Both<Facts>) -> Vec<Finding> {
    let tables = facts
        .primary
        .surroundings
        .tables
        .known()
        .map(Vec::as_slice)
        .unwrap_or_default();
    lacking(
        facts,
        tables
            .iter()
            .map(|table| (table.engine.as_str(), table.qualified())),
    )
    .into_iter()
    .map(|(engine, tables)| {
        Finding::new(
            Code::MissingEngine,
            Some(Side::Secondary),
            format!(
                "{} has no engine {engine}, which is used by {}",
                facts.secondary.name,
                shortened(&tables, ", ")
            ),
            "install the engine's plug-in on the secondary, or change these tables to InnoDB",
        )
    })
    .collect()
}

fn login_plugins(facts: &Both<Facts>) -> Vec<Finding> {
    let logins = facts
        .primary
        .surroundings
        .logins
        .known()
        .map(Vec::as_slice)
        .unwrap_or_default();
    // The secondary keeps its own local accounts, and these are not copied.
    let copied = logins
        .iter()
        .filter(|login| !super::accounts::is_local(&login.account));
    let named = copied.map(|login| (login.plugin.as_str(), super::accounts::named(&login.account)));
    lacking(facts, named)
        .into_iter()
        .map(|(plugin, accounts)| {
            Finding::new(
                Code::MissingLoginPlugin,
                Some(Side::Secondary),
                format!(
                    "{} has no plug-in {plugin}, by which {} log in",
                    facts.secondary.name,
                    shortened(&accounts, ", ")
                ),
                "install it on the secondary as it is installed on the primary",
            )
        })
        .collect()
}

fn events(facts: &Both<Facts>) -> Option<Finding> {
    let runs = |server: &Facts| server.has(Setting::EventScheduler, "ON");
    let events: u64 = facts
        .primary
        .data_schemas()
        .iter()
        .map(|schema| schema.events)
        .sum();
    (events > 0 && runs(&facts.primary) && !runs(&facts.secondary)).then(|| {
        Finding::new(
            Code::EventsStayOff,
            Some(Side::Secondary),
            format!(
                "{} runs {events} events, and event_scheduler is off on {}",
                facts.primary.name, facts.secondary.name
            ),
            "put this line into its option file, if events are to run there after a change of roles",
        )
        .with_lines(vec!["event_scheduler=ON".to_owned()])
    })
}
