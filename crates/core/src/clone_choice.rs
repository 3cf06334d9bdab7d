//! Whether the secondary is filled by the CLONE plug-in: what it takes, and when it is chosen without being asked for.

use crate::{Both, CopyMethod, Restart, SetupOptions, Side, Topology, cloned};
use dbha_sql::{CloneFacts, Facts, RestartMeans, Setting};

/// Packets in which the donor sends its files.
const SMALLEST_PACKET: u64 = 2 << 20;

/// Something that keeps a clone from being made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Obstacle {
    /// The server that it is about; `None` for both.
    pub(crate) side: Option<Side>,
    /// What was seen.
    pub(crate) text: String,
}

fn obstacle(side: impl Into<Option<Side>>, text: impl Into<String>) -> Option<Obstacle> {
    Some(Obstacle {
        side: side.into(),
        text: text.into(),
    })
}

/// Tells whether a copy of the data is made by the CLONE plug-in.
///
/// By itself only where nothing stands in its way, and somebody was seen who starts the secondary again: a set-up must
/// never leave a user with a stopped server that nobody allowed to stop.
pub(crate) fn is_chosen(facts: &Both<Facts>, topology: &Topology, options: &SetupOptions) -> bool {
    match options.copy {
        CopyMethod::Stream => false,
        CopyMethod::ClonePlugin => true,
        CopyMethod::Auto if options.copy_from.is_some() => false,
        CopyMethod::Auto => {
            // What is a clone already need only be finished.
            cloned::is_clone(facts)
                || (obstacles(facts, topology).is_empty()
                    && comes_back(facts, options)
                    && topology.same_login)
        }
    }
}

/// Tells whether the secondary will be started again after it was cloned, as far as that was seen.
pub(crate) fn comes_back(facts: &Both<Facts>, options: &SetupOptions) -> bool {
    let Some(host) = facts.secondary.host.known() else {
        return false;
    };
    let can_be_started = !matches!(host.restart, RestartMeans::None(_));
    host.supervised || (options.restart == Restart::Allowed && can_be_started)
}

/// Finds everything that keeps the secondary from becoming a clone of the primary.
pub(crate) fn obstacles(facts: &Both<Facts>, topology: &Topology) -> Vec<Obstacle> {
    let versions = versions(facts);
    if !versions.is_empty() {
        // Nothing else was looked at.
        return versions;
    }
    let mut found: Vec<Obstacle> = engines(&facts.primary).collect();
    found.extend(address(topology));
    found.extend(privileges(facts));
    found.extend(packets(facts));
    found.extend(wires(facts));
    found.extend(links(facts));
    if let (Some(donor), Some(recipient)) = (facts.primary.clone.known(), facts.secondary.clone.known()) {
        found.extend(places(donor, recipient));
        found.extend(unverified(facts, topology, recipient));
        found.extend(login(facts, (donor, recipient)));
    } else {
        found.extend(obstacle(None, "what a clone depends on cannot be seen"));
    }
    found
}

fn versions(facts: &Both<Facts>) -> Vec<Obstacle> {
    let mut found = vec![];
    for side in Side::BOTH {
        let server = facts.of(side);
        if !server.dialect.can_clone() {
            found.extend(obstacle(
                side,
                format!(
                    "{} is {} {}: the CLONE plug-in is in MySQL from 8.0.17 on",
                    server.name,
                    server.dialect.flavor(),
                    server.dialect.version()
                ),
            ));
        }
    }
    let (donor, recipient) = (facts.primary.dialect, facts.secondary.dialect);
    if found.is_empty() && !recipient.can_be_cloned_from(&donor) {
        found.extend(obstacle(
            None,
            format!(
                "a clone needs one version on both (from 8.0.37 on: one series), and these are {} and {}",
                donor.version(),
                recipient.version()
            ),
        ));
    }
    found
}

/// Only InnoDB's files come over: tables of any other engine would be there, and empty.
fn engines(primary: &Facts) -> impl Iterator<Item = Obstacle> {
    let engines = primary.engines.known().map(Vec::as_slice).unwrap_or_default();
    let others = engines
        .iter()
        .filter(|engine| !engine.name.eq_ignore_ascii_case("InnoDB"));
    others.filter_map(|engine| {
        obstacle(
            Side::Primary,
            format!(
                "{} tables are {} ({} is one): a clone brings InnoDB alone",
                engine.tables, engine.name, engine.example
            ),
        )
    })
}

/// The list of donors knows no address with a colon, and is torn apart at a comma.
fn address(topology: &Topology) -> Option<Obstacle> {
    let link = topology.link_from(Side::Primary);
    let plain = !link.host.is_empty() && !link.host.contains([':', ',', ' ']);
    match plain {
        true => None,
        false => obstacle(
            Side::Primary,
            format!(
                "{:?} cannot be named as a donor; give a host name or an IPv4 address by --primary-address",
                link.host
            ),
        ),
    }
}

fn privileges(facts: &Both<Facts>) -> Vec<Obstacle> {
    let needed: [(Side, &[&str]); 2] = [
        (Side::Primary, &["BACKUP_ADMIN", "CREATE USER", "INSERT"]),
        (
            Side::Secondary,
            &[
                "CLONE_ADMIN",
                "SYSTEM_VARIABLES_ADMIN",
                "PERSIST_RO_VARIABLES_ADMIN",
                "INSERT",
            ],
        ),
    ];
    let missing = |(side, names): (Side, &[&str])| {
        let held = facts.of(side).privileges.known()?;
        if held.contains("ALL PRIVILEGES") {
            return None;
        }
        let lacks: Vec<&str> = names
            .iter()
            .copied()
            .filter(|name| !held.contains(*name))
            .collect();
        match lacks.is_empty() {
            true => None,
            false => obstacle(
                side,
                format!("{} lacks {}", facts.of(side).own_account, lacks.join(", ")),
            ),
        }
    };
    needed.into_iter().filter_map(missing).collect()
}

fn packets(facts: &Both<Facts>) -> Vec<Obstacle> {
    let small = |side: Side| {
        let bytes = facts.of(side).number(Setting::MaxAllowedPacket)?;
        match bytes >= SMALLEST_PACKET {
            true => None,
            false => obstacle(
                side,
                format!("max_allowed_packet is {bytes} there, and a clone needs {SMALLEST_PACKET}"),
            ),
        }
    };
    Side::BOTH.into_iter().filter_map(small).collect()
}

/// The whole data crosses the network, and the password with which it is fetched.
fn wires(facts: &Both<Facts>) -> Option<Obstacle> {
    match facts.primary.offers_tls {
        true => None,
        false => obstacle(
            Side::Primary,
            format!(
                "{} offers no TLS, without which dbha clones nothing",
                facts.primary.name
            ),
        ),
    }
}

/// Where links are verified, nobody may get the data by standing in the primary's place.
fn unverified(facts: &Both<Facts>, topology: &Topology, recipient: &CloneFacts) -> Option<Obstacle> {
    let ca = topology.link_from(Side::Primary).ca.as_deref()?;
    match recipient.ssl_ca.is_empty() {
        false => None,
        true => obstacle(
            Side::Secondary,
            format!(
                "its link is verified by {ca}, and a clone would be by nothing: on {}, INSTALL PLUGIN clone SONAME \
                 'mysql_clone.so' and SET GLOBAL clone_ssl_ca = '{ca}'",
                facts.secondary.name
            ),
        ),
    }
}

/// Links come along and would start with the clone, where nothing can hold them.
fn links(facts: &Both<Facts>) -> Option<Obstacle> {
    let any = facts.primary.links.known().is_none_or(|links| !links.is_empty());
    match any && !facts.secondary.dialect.can_hold_links_over_restart() {
        true => obstacle(
            Side::Primary,
            format!(
                "{} follows a server, and so would its clone as soon as it starts",
                facts.primary.name
            ),
        ),
        false => None,
    }
}

fn places(donor: &CloneFacts, recipient: &CloneFacts) -> Vec<Obstacle> {
    let mut found = vec![];
    if donor.platform != recipient.platform {
        found.extend(obstacle(
            None,
            format!(
                "the platforms differ: {} and {}",
                donor.platform, recipient.platform
            ),
        ));
    }
    if donor.data_file_path != recipient.data_file_path {
        found.extend(obstacle(
            None,
            format!(
                "innodb_data_file_path is {} on the primary and {} on the secondary",
                donor.data_file_path, recipient.data_file_path
            ),
        ));
    }
    match donor.outside_files {
        Some(0) => {}
        Some(files) => found.extend(obstacle(
            Side::Primary,
            format!(
                "{files} files of tables lie outside of its data directory, and would lie at the same place"
            ),
        )),
        None => found.extend(obstacle(
            Side::Primary,
            "whether files of tables lie outside of its data directory cannot be seen (PROCESS)",
        )),
    }
    let missing: Vec<&str> = donor
        .plugins
        .difference(&recipient.plugins)
        .map(String::as_str)
        .collect();
    if !missing.is_empty() {
        found.extend(obstacle(
            Side::Secondary,
            format!(
                "plug-ins of the primary are not active there: {}",
                missing.join(", ")
            ),
        ));
    }
    found
}

/// The primary's accounts are all that a clone has: dbha must be able to log in to it with the one that it uses there.
///
/// As long as no row of that user would be matched first on the clone.
fn login(facts: &Both<Facts>, (donor, recipient): (&CloneFacts, &CloneFacts)) -> Option<Obstacle> {
    let (user, host) = facts.primary.own_account.rsplit_once('@')?;
    let same_place = donor.seen_from == recipient.seen_from;
    let accounts = facts
        .primary
        .accounts
        .known()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let others = accounts.iter().any(|account| {
        account.user == user && account.host != host && host_fits(&account.host, &recipient.seen_from)
    });
    match same_place || (host_fits(host, &recipient.seen_from) && !others) {
        true => None,
        false => obstacle(
            Side::Secondary,
            format!(
                "dbha comes to {} from {}, and {user}@{host}, which it has on {}, may not log in from there",
                facts.secondary.name, recipient.seen_from, facts.primary.name
            ),
        ),
    }
}

/// Tells whether the host part of an account takes a client; masks and names are left to the server.
fn host_fits(pattern: &str, client: &str) -> bool {
    match pattern.split_once('%') {
        None => pattern.eq_ignore_ascii_case(client),
        Some((before, after)) => client.starts_with(before) && (after.is_empty() || client.ends_with(after)),
    }
}

#[cfg(test)]
mod tests;
