//! A pair that was made by hand: whether its links can be taken over, so that nothing has to be copied.

use crate::{
    Both, SetupOptions, Side,
    partner::{is_claimed, source_name},
    preflight,
};
use dbha_sql::{ClaimState, Facts, IoState, REPLICATION_USER, ReplicaStatus, Setting, SqlState};

/// Returns the link by which `replica` follows the other server and that dbha did not make.
///
/// Names and addresses do not count: a server with a unique name is known by it. MariaDB has no such name, so there the
/// number must fit, and the source must list the reader by its account while the link is connected. A twin of the
/// source that deceives both is no danger: the data is compared with the primary itself.
pub(crate) fn old_link(facts: &Both<Facts>, replica: Side) -> Option<&ReplicaStatus> {
    let source = facts.of(replica.peer());
    let is_old = |link: &&ReplicaStatus| {
        let by_number = || link.source_server_id != 0 && link.source_server_id == u64::from(source.server_id);
        let from_source = match (&link.source_uuid, &source.server_uuid) {
            (Some(seen), Some(uuid)) => seen == uuid,
            _ => by_number() && (link.io != IoState::Running || is_listed(source, link)),
        };
        !link.source_host.is_empty() && link.source_user != REPLICATION_USER && from_source
    };
    facts.of(replica).default_link().filter(is_old)
}

fn is_listed(source: &Facts, link: &ReplicaStatus) -> bool {
    let readers = source.connected_replicas.known();
    readers.is_some_and(|readers| readers.iter().any(|reader| reader.user == link.source_user))
}

/// Tells whether the secondary follows the primary by a link of somebody else, and can be compared and taken over.
///
/// True as well while a run that did so was killed before it gave the old link up: that link may have moved on since,
/// so what was proven then counts for nothing.
pub(crate) fn is_adoptable(facts: &Both<Facts>, options: &SetupOptions) -> bool {
    let secondary = &facts.secondary;
    let cut_off = is_cut_off(facts);
    let connected = |link: &ReplicaStatus| link.io == IoState::Running || cut_off;
    let sound = |link: &ReplicaStatus| {
        connected(link)
            && link.sql_error.is_none()
            && link.io_error.is_none()
            && link.delay_seconds == 0
            && link.harmful_filters().is_empty()
    };
    // Transactions without a GTID could not be asked for by GTID later on.
    let numbered = Side::BOTH.iter().all(|side| {
        let server = facts.of(*side);
        server.dialect.has_gtid_domains() || server.has(Setting::GtidMode, "ON")
    });
    // What is written on the secondary meanwhile shows in its binary log and nowhere else.
    let logs = secondary.has(Setting::LogBin, "ON");
    let lone = secondary.links.known().is_some_and(|links| links.len() == 1);
    (secondary.claim.known().is_none() || cut_off)
        && logs
        && lone
        && numbered
        && old_link(facts, Side::Secondary).is_some_and(sound)
        && !preflight::is_provisioned(facts, options)
        && !preflight::is_named_for_overwriting(facts, options)
}

/// A claim that says `copied` beside the old link: the run that wrote it was killed a moment later.
fn is_cut_off(facts: &Both<Facts>) -> bool {
    let claim = facts.secondary.claim.known();
    let copied = claim.is_some_and(|claim| claim.state == ClaimState::Copied);
    copied && is_claimed(facts) && old_link(facts, Side::Secondary).is_some()
}

/// Returns the old links that a set-up takes over: the secondary's, and the primary's where there is one.
pub(crate) fn adopted<'a>(
    facts: &'a Both<Facts>,
    options: &SetupOptions,
    replica: Side,
) -> Option<&'a ReplicaStatus> {
    is_adoptable(facts, options)
        .then(|| old_link(facts, replica))
        .flatten()
}

/// Tells whether the applier of a link stands still at exactly this place in the source's binary log.
pub(crate) fn stands_at(link: &ReplicaStatus, place: &(String, u64)) -> bool {
    link.sql == SqlState::Stopped && link.applied_at.as_ref() == Some(place)
}

/// Says what happens to an old link, in few words.
pub(crate) fn shown(facts: &Both<Facts>, replica: Side, link: &ReplicaStatus) -> String {
    let name = &facts.of(replica).name;
    let source = source_name(facts.of(replica.peer()));
    format!(
        "{name} follows {}:{} ({source}) as {}",
        link.source_host, link.source_port, link.source_user
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_facts::{fresh_pair, running_link, set};
    use dbha_sql::{Claim, ConnectedReplica, Observed};

    const MARIADB: &str = "10.11.19-MariaDB";
    const MYSQL: &str = "9.7.4";

    fn hand_made(version: &str) -> Both<Facts> {
        let mut facts = fresh_pair(version);
        facts.secondary.server_id = 2;
        let mut link = running_link("any-name", "repl");
        link.source_server_id = 1;
        link.source_uuid = facts.primary.server_uuid.clone();
        facts.secondary.links = Observed::Known(vec![link]);
        facts.primary.connected_replicas = Observed::Known(vec![ConnectedReplica {
            connection: 7,
            user: "repl".into(),
            host: "10.0.0.2".into(),
        }]);
        facts
    }

    fn link(facts: &mut Both<Facts>) -> &mut ReplicaStatus {
        match &mut facts.secondary.links {
            Observed::Known(links) => &mut links[0],
            _ => unreachable!("it has a link"),
        }
    }

    fn is_adoptable_after(version: &str, change: impl Fn(&mut Both<Facts>)) -> bool {
        let mut facts = hand_made(version);
        change(&mut facts);
        is_adoptable(&facts, &SetupOptions::default())
    }

    #[test]
    fn a_replica_made_by_hand_is_adopted() {
        for version in [MARIADB, MYSQL] {
            assert!(is_adoptable_after(version, |_| {}), "{version}");
            // Killed while the data was compared.
            let stopped = |f: &mut Both<Facts>| link(f).sql = SqlState::Stopped;
            assert!(is_adoptable_after(version, stopped), "{version}");
        }
    }

    #[test]
    fn a_link_to_anybody_else_or_in_trouble_is_not() {
        let not: [fn(&mut Both<Facts>); 7] = [
            |f| link(f).source_server_id = 9,
            |f| f.primary.connected_replicas = Observed::Known(vec![]),
            |f| link(f).io = IoState::Connecting,
            |f| link(f).delay_seconds = 60,
            |f| set(&mut f.secondary, Setting::LogBin, "OFF"),
            |f| link(f).filters = vec!["Replicate_Do_DB=shop".into()],
            |f| f.secondary.links = Observed::Known(vec![]),
        ];
        for change in not {
            assert!(!is_adoptable_after(MARIADB, change));
        }
        let other = |f: &mut Both<Facts>| link(f).source_uuid = Some("another".into());
        assert!(!is_adoptable_after(MYSQL, other));
        let anonymous = |f: &mut Both<Facts>| set(&mut f.primary, Setting::GtidMode, "OFF");
        assert!(!is_adoptable_after(MYSQL, anonymous));
    }

    #[test]
    fn what_was_proven_beside_an_old_link_is_proven_again() {
        let claimed = |state| {
            move |f: &mut Both<Facts>| {
                f.secondary.claim = Observed::Known(Claim {
                    run: "r".into(),
                    source: source_name(&f.primary),
                    state,
                    position: Some("0-1-9".into()),
                });
                link(f).io = IoState::Stopped;
                link(f).sql = SqlState::Stopped;
            }
        };
        assert!(is_adoptable_after(MARIADB, claimed(ClaimState::Copied)));
        assert!(!is_adoptable_after(MARIADB, claimed(ClaimState::Copying)));
    }
}
