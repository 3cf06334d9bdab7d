//! The server that the primary is tied to and that is to give way to a new secondary.

use crate::{Both, SetupOptions, Side, Topology, partner, preflight};
use dbha_sql::{ClaimState, Facts, IoState, REPLICATION_USER, RecordedServer, ReplicaStatus};

/// What still ties the primary to a server that is not the secondary of this run.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OldPeer {
    /// Its row in dbha's registry; more than one only where somebody wrote there by hand.
    pub(crate) recorded: Vec<RecordedServer>,
    /// The primary's link from it.
    pub(crate) link: Option<ReplicaStatus>,
    /// Whether the secondary of this run stands where it stood, so that there is nothing left to be named.
    pub(crate) gave_way: bool,
}

impl OldPeer {
    /// Finds what ties the primary to another server; nothing while the two are a pair.
    pub(crate) fn of(facts: &Both<Facts>, topology: &Topology, options: &SetupOptions) -> Option<Self> {
        if preflight::is_provisioned(facts, options) {
            return None;
        }
        let settled = is_settled(facts);
        let is_secondary = |row: &&RecordedServer| {
            let named = partner::is_claimed(facts) && row.name == facts.secondary.name;
            (settled || named) && row.server_id == facts.secondary.server_id
        };
        let rows = facts
            .primary
            .recorded
            .known()
            .map(Vec::as_slice)
            .unwrap_or_default();
        let recorded: Vec<RecordedServer> = rows
            .iter()
            .filter(|row| row.server_id != facts.primary.server_id && !is_secondary(row))
            .cloned()
            .collect();
        let wanted = topology.link_from(Side::Secondary);
        let at_secondary = |link: &ReplicaStatus| {
            (link.source_host.as_str(), link.source_port) == (wanted.host.as_str(), wanted.port)
        };
        let ties = |link: &&ReplicaStatus| {
            let named = || {
                options
                    .replace
                    .as_deref()
                    .is_some_and(|name| named_by(link, name))
            };
            // A link that is connected to the secondary's address is the secondary's.
            let elsewhere = !at_secondary(link) || link.io != IoState::Running;
            let other = elsewhere && !is_link_from_secondary(facts, link, settled);
            other && !link.source_host.is_empty() && (link.source_user == REPLICATION_USER || named())
        };
        let link = facts.primary.default_link().filter(ties).cloned();
        if link.is_none() && recorded.is_empty() {
            return None;
        }
        let gave_way = match &link {
            Some(link) => at_secondary(link),
            None => recorded.iter().all(|row| row.name == facts.secondary.name),
        };
        Some(Self {
            recorded,
            link,
            gave_way,
        })
    }

    /// Returns the name by which a person would call it.
    pub(crate) fn name(&self) -> String {
        match (self.recorded.first(), &self.link) {
            (Some(row), _) if !row.name.is_empty() => row.name.clone(),
            (_, Some(link)) => address(link),
            (row, None) => row.map(|row| row.server_id.to_string()).unwrap_or_default(),
        }
    }

    /// Says all that is known of it, in a few words.
    pub(crate) fn shown(&self) -> String {
        let name = self.name();
        let id = self.recorded.first().map(|row| u64::from(row.server_id));
        let id = id.or(self
            .link
            .as_ref()
            .map(|link| link.source_server_id)
            .filter(|id| *id != 0));
        let at = self.link.as_ref().map(address).filter(|at| *at != name);
        let more: Vec<String> = at
            .map(|at| format!("at {at}"))
            .into_iter()
            .chain(id.map(|id| format!("server_id {id}")))
            .collect();
        match more.is_empty() {
            true => name,
            false => format!("{name} ({})", more.join(", ")),
        }
    }

    /// Tells whether a name means this server: its recorded name, its address on the link, or its number.
    pub(crate) fn is_called(&self, name: &str) -> bool {
        let row = |row: &RecordedServer| row.name == name || row.server_id.to_string() == name;
        self.recorded.iter().any(row) || self.link.as_ref().is_some_and(|link| named_by(link, name))
    }

    /// Tells whether the caller allows this server to be let go.
    pub(crate) fn may_go(&self, options: &SetupOptions) -> bool {
        match options.replace.as_deref() {
            Some(name) => self.is_called(name),
            None => self.gave_way,
        }
    }
}

fn named_by(link: &ReplicaStatus, name: &str) -> bool {
    let id = link.source_server_id;
    address(link) == name
        || (link.source_port == 3306 && link.source_host == name)
        || (id != 0 && id.to_string() == name)
        || link
            .source_uuid
            .as_deref()
            .is_some_and(|uuid| uuid.eq_ignore_ascii_case(name))
}

fn address(link: &ReplicaStatus) -> String {
    format!("{}:{}", link.source_host, link.source_port)
}

/// Tells whether the secondary is the primary's partner beyond doubt: recorded on both, or being filled already.
///
/// A mere claim says nothing yet: it is written before the old partner is let go, whose number the new server may have.
fn is_settled(facts: &Both<Facts>) -> bool {
    let claim = facts.secondary.claim.known();
    let filling = claim.is_some_and(|claim| claim.state != ClaimState::Claimed);
    partner::recorded(facts).is_some() || (partner::is_claimed(facts) && filling)
}

fn is_link_from_secondary(facts: &Both<Facts>, link: &ReplicaStatus, settled: bool) -> bool {
    match (&link.source_uuid, &facts.secondary.server_uuid) {
        (Some(source), Some(secondary)) => source == secondary,
        _ => settled && link.source_server_id == u64::from(facts.secondary.server_id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_facts::{finished_pair, fresh_pair, running_link};
    use dbha_sql::{Claim, Observed};

    const MARIADB: &str = "10.11.19-MariaDB";

    /// A survivor whose partner `b` is dead, and a fresh server `c` in its place.
    fn survivor_and_new(version: &str) -> Both<Facts> {
        let mut facts = finished_pair(version, &SetupOptions::default());
        if let Observed::Known(links) = &mut facts.primary.links {
            links[0].io = IoState::Connecting;
            links[0].source_server_id = 2;
        }
        facts.secondary = fresh_pair(version).secondary;
        facts.secondary.name = "c".into();
        facts.secondary.tcp = Some(("host-c".into(), 3306));
        facts
    }

    fn old_peer(facts: &Both<Facts>, options: &SetupOptions) -> Option<OldPeer> {
        OldPeer::of(facts, &Topology::of_pair(facts, options), options)
    }

    fn replacing(name: &str) -> SetupOptions {
        SetupOptions {
            replace: Some(name.into()),
            ..SetupOptions::default()
        }
    }

    #[test]
    fn a_pair_and_two_fresh_servers_have_no_old_peer() {
        let options = SetupOptions::default();
        assert_eq!(old_peer(&finished_pair(MARIADB, &options), &options), None);
        assert_eq!(old_peer(&fresh_pair(MARIADB), &options), None);
    }

    #[test]
    fn scenario_65_the_dead_partner_is_known_by_name_address_and_number() {
        let facts = survivor_and_new(MARIADB);
        let old = old_peer(&facts, &SetupOptions::default()).unwrap();
        assert!(!old.may_go(&SetupOptions::default()));
        for name in ["b", "host-b:3306", "host-b", "2"] {
            assert!(old.may_go(&replacing(name)), "{name}");
        }
        for name in ["a", "c", "host-c:3306", "1", ""] {
            assert!(!old.may_go(&replacing(name)), "{name}");
        }
    }

    #[test]
    fn a_partner_that_was_rebuilt_where_it_stood_need_not_be_named() {
        let mut facts = survivor_and_new(MARIADB);
        facts.secondary.tcp = Some(("host-b".into(), 3306));
        let old = old_peer(&facts, &SetupOptions::default()).unwrap();
        assert!(old.may_go(&SetupOptions::default()));
    }

    #[test]
    fn the_record_alone_is_a_tie_and_the_record_of_a_claimed_secondary_is_none() {
        let mut facts = survivor_and_new(MARIADB);
        facts.primary.links = Observed::Known(vec![]);
        assert!(old_peer(&facts, &SetupOptions::default()).is_some());
        facts.secondary.server_id = 2;
        facts.secondary.claim = Observed::Known(Claim {
            run: "r".into(),
            source: "server_id 1".into(),
            state: ClaimState::Copying,
            position: None,
        });
        assert_eq!(old_peer(&facts, &SetupOptions::default()), None);
    }

    #[test]
    fn a_claim_alone_does_not_make_the_old_link_the_new_servers_although_the_numbers_are_equal() {
        let mut facts = survivor_and_new(MARIADB);
        facts.secondary.server_id = 2;
        facts.secondary.claim = Observed::Known(Claim {
            run: "r".into(),
            source: "server_id 1".into(),
            state: ClaimState::Claimed,
            position: None,
        });
        let old = old_peer(&facts, &replacing("b")).unwrap();
        assert!(old.link.is_some() && !old.recorded.is_empty());
        facts.secondary.tcp = Some(("host-b".into(), 3306));
        assert!(old_peer(&facts, &SetupOptions::default()).is_some_and(|old| old.link.is_some()));
    }

    #[test]
    fn a_link_that_dbha_did_not_make_ties_only_when_it_is_named() {
        let mut facts = fresh_pair(MARIADB);
        facts.primary.links = Observed::Known(vec![running_link("elsewhere", "repl")]);
        assert_eq!(old_peer(&facts, &SetupOptions::default()), None);
        assert!(old_peer(&facts, &replacing("elsewhere:3306")).is_some());
    }
}
