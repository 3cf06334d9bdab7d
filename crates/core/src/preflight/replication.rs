use super::{is_provisioned, list::lines};
use crate::{
    Both, Finding, FindingCode as Code, SetupOptions, Side, Topology, Writers, adoption, old_peer::OldPeer,
};
use dbha_sql::{
    ConnectedReplica, Facts, Observed, REPLICATION_USER, ReplicaStatus, Setting,
    is_harmful_filter as is_harmful,
};

pub(super) fn findings(facts: &Both<Facts>, topology: &Topology, options: &SetupOptions) -> Vec<Finding> {
    let mut found = Vec::new();
    for side in Side::BOTH {
        found.extend(links(side, facts, topology, options));
        found.extend(standing_filters(side, facts.of(side)));
        found.extend(address(side, topology));
    }
    found.extend(adoption_of(facts, options));
    found.extend(replicas_of_secondary(facts, options));
    found.extend(increments(facts, topology, options));
    if topology.writers == Writers::Both {
        found.extend(super::tables::shared_sequences(&facts.primary));
    }
    found
}

/// Tells whether a link is the one that dbha makes between the two servers.
pub(crate) fn is_own_link(link: &ReplicaStatus, host: &str, port: u16) -> bool {
    link.channel.is_empty()
        && link.source_user == REPLICATION_USER
        && link.source_host == host
        && link.source_port == port
}

/// Scenarios 13 and 21.
fn links(side: Side, facts: &Both<Facts>, topology: &Topology, options: &SetupOptions) -> Vec<Finding> {
    let server = facts.of(side);
    let links = match &server.links {
        Observed::Known(links) => links,
        Observed::Denied(text) => {
            return vec![Finding::new(
                Code::CannotSee,
                Some(side),
                text.clone(),
                "grant SLAVE MONITOR (MariaDB) or REPLICATION CLIENT (MySQL)",
            )];
        }
        Observed::Absent => return vec![],
    };
    let wanted = topology.link_from(side.peer());
    let known_pair = is_provisioned(facts, options);
    let old = OldPeer::of(facts, topology, options).filter(|_| side == Side::Primary);
    let mut found = Vec::new();
    for link in links
        .iter()
        .filter(|link| link.channel != crate::reach::PROBE_CHANNEL && !link.source_host.is_empty())
    {
        let ours = is_own_link(link, &wanted.host, wanted.port)
            || (known_pair && link.source_user == REPLICATION_USER)
            || adoption::adopted(facts, options, side) == Some(link)
            // Judged with what else ties the primary to that server.
            || old.as_ref().is_some_and(|old| old.link.as_ref() == Some(link));
        if !ours {
            found.push(
                Finding::new(
                    Code::OtherReplication,
                    Some(side),
                    format!(
                        "{} already follows {}:{}{}",
                        server.name,
                        link.source_host,
                        link.source_port,
                        if link.channel.is_empty() {
                            String::new()
                        } else {
                            format!(" (connection {:?})", link.channel)
                        }
                    ),
                    not_ours(side, link),
                )
                .with_lines(lines(server.dialect.advise_end_link(&link.channel))),
            );
        }
        let harmful = link.harmful_filters();
        if !harmful.is_empty() {
            let list = harmful
                .iter()
                .map(|filter| filter.as_str())
                .collect::<Vec<_>>()
                .join(", ");
            found.push(Finding::new(
                Code::ReplicationFilters,
                Some(side),
                format!("{} filters what it applies: {list}", server.name),
                "take the replicate_… lines out of its option file and restart it",
            ));
        }
    }
    found
}

/// A pair that was made by hand is taken over; its owner learns what becomes of what.
fn adoption_of(facts: &Both<Facts>, options: &SetupOptions) -> Option<Finding> {
    let old: Vec<(Side, &ReplicaStatus)> = Side::BOTH
        .into_iter()
        .filter_map(|side| Some((side, adoption::adopted(facts, options, side)?)))
        .collect();
    let links: Vec<String> = old
        .iter()
        .map(|(side, link)| adoption::shown(facts, *side, link))
        .collect();
    (!old.is_empty()).then(|| {
        Finding::new(
            Code::AdoptsReplication,
            Some(Side::Secondary),
            format!(
                "{}: it is adopted without a copy, if the data is equal; dbha's own account takes over the link, the \
                 old one stays",
                links.join("; ")
            ),
            "nothing to do; where the data differs the set-up says where, and the old replication goes on",
        )
    })
}

fn not_ours(side: Side, link: &ReplicaStatus) -> String {
    let end = "end that replication first, if nothing needs it any more";
    match side == Side::Primary && link.channel.is_empty() {
        true => format!(
            "{end}; if that server is dead: --replace {}:{}",
            link.source_host, link.source_port
        ),
        false => end.to_owned(),
    }
}

/// Scenario 21: filters that wait in the option file, on either end of a link, and errors that are passed over.
fn standing_filters(side: Side, facts: &Facts) -> Option<Finding> {
    let around = &facts.surroundings;
    let filters = around
        .applier_filters
        .known()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut seen: Vec<String> = filters
        .iter()
        .chain(&facts.log_filters)
        .filter(|filter| is_harmful(filter))
        .cloned()
        .collect();
    let usual = [
        (Setting::ReplicaSkipErrors, "OFF"),
        (Setting::SqlReplicaSkipCounter, "0"),
        (Setting::ReplicaExecMode, "STRICT"),
    ];
    for (setting, value) in usual {
        let now = facts.setting(setting);
        if let Some(name) = facts.dialect.variable(setting)
            && !now.is_empty()
            && !Setting::same_value(now, value)
        {
            seen.push(format!("{name}={now}"));
        }
    }
    (!seen.is_empty()).then(|| {
        Finding::new(
            Code::ReplicationFilters,
            Some(side),
            format!("{} runs with {}", facts.name, seen.join(", ")),
            "take these lines out of its option file and restart it",
        )
    })
}

/// Scenario 13, the other end.
fn replicas_of_secondary(facts: &Both<Facts>, options: &SetupOptions) -> Vec<Finding> {
    let Observed::Known(replicas) = &facts.secondary.connected_replicas else {
        return vec![];
    };
    if is_provisioned(facts, options) {
        return vec![];
    }
    let of_primary = adoption::adopted(facts, options, Side::Primary).map(|link| &link.source_user);
    let by_it = |replica: &&ConnectedReplica| Some(&replica.user) == of_primary;
    // One of them is the primary; where more log in by its account, which one cannot be told.
    let excused = replicas.iter().filter(by_it).count() == 1;
    let strangers = replicas
        .iter()
        .filter(|replica| replica.user != REPLICATION_USER && !(excused && by_it(replica)));
    strangers
        .map(|replica| {
            Finding::new(
                Code::HasReplicas,
                Some(Side::Secondary),
                format!(
                    "{} from {} reads the binary log of {}",
                    replica.user, replica.host, facts.secondary.name
                ),
                "stop that replica, or give another secondary",
            )
        })
        .collect()
}

fn address(side: Side, topology: &Topology) -> Option<Finding> {
    let link = topology.link_from(side);
    (link.host.is_empty() || link.port == 0).then(|| {
        Finding::new(
            Code::NoAddressForPeer,
            Some(side),
            format!(
                "the {side} is given as a socket, which the {} cannot use",
                side.peer()
            ),
            format!("add --{side}-address HOST:PORT"),
        )
    })
}

/// Scenarios 60 and 64, and K3s.
fn increments(facts: &Both<Facts>, topology: &Topology, options: &SetupOptions) -> Vec<Finding> {
    let (step, ..) = topology.auto_increment.step_and_offsets();
    if step == 1 && topology.writers == Writers::Both {
        let why = topology
            .single_increment_because
            .clone()
            .unwrap_or_else(|| "two writers with a key step of 1 would generate the same keys".into());
        return vec![Finding::new(
            Code::IncrementNeedsOneWriter,
            None,
            why,
            "use --writers one",
        )];
    }
    match &topology.single_increment_because {
        Some(why) => vec![Finding::new(
            Code::IncrementByK3s,
            Some(Side::Primary),
            why.clone(),
            "nothing to do",
        )],
        None if step != 1 => other_step(facts, options).into_iter().collect(),
        None => vec![],
    }
}

/// Somebody demands a step that K3s breaks with, for a pair that K3s is to use or uses.
fn other_step(facts: &Both<Facts>, options: &SetupOptions) -> Option<Finding> {
    let named = crate::choices::platform(&facts.primary, options);
    let named = named.filter(|platform| platform.counts_on_step_1());
    let (side, what) = match named {
        Some(platform) => (None, format!("the pair is for {}", platform.title())),
        None if kine_present(facts) && options.auto_increment.is_some() => (
            Some(Side::Primary),
            "the primary has a table kine (K3s)".to_owned(),
        ),
        None => return None,
    };
    Some(Finding::new(
        Code::IncrementNeedsOneWriter,
        side,
        format!("{what}, which breaks when auto_increment_increment is not 1"),
        "use --auto-increment 1, or leave the option away",
    ))
}

fn kine_present(facts: &Both<Facts>) -> bool {
    facts
        .primary
        .schemas
        .known()
        .is_some_and(|schemas| schemas.iter().any(|schema| schema.has_kine))
}
