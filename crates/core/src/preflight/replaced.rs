//! What speaks against letting go of the server that the primary is tied to.

use super::is_named_for_overwriting;
use crate::{Both, Finding, FindingCode as Code, SetupOptions, Side, Topology, old_peer::OldPeer};
use dbha_sql::{ClaimState, Facts, IoState, ReplicaStatus, SqlState};

pub(super) fn findings(facts: &Both<Facts>, topology: &Topology, options: &SetupOptions) -> Vec<Finding> {
    let mut found: Vec<Finding> = half_filled(&facts.primary).into_iter().collect();
    let Some(old) = OldPeer::of(facts, topology, options) else {
        return found;
    };
    if !old.may_go(options) {
        found.push(tied(facts, &old, options));
        return found;
    }
    let Some(link) = &old.link else {
        return found;
    };
    if link.io == IoState::Running {
        found.push(still_runs(&facts.primary, &old));
    }
    let data_goes_anyway = old.gave_way && is_named_for_overwriting(facts, options);
    if !data_goes_anyway && cannot_drain(&facts.primary, link) {
        found.push(not_applied(&facts.primary, &old, link));
    }
    found
}

/// A survivor that was itself being filled when its source died holds nothing that could be relied on.
fn half_filled(primary: &Facts) -> Option<Finding> {
    let claim = primary.claim.known()?;
    (claim.state == ClaimState::Copying).then(|| {
        Finding::new(
            Code::PrimaryIncomplete,
            Some(Side::Primary),
            format!(
                "{} was being filled from {} and holds a part of its data",
                primary.name, claim.source
            ),
            "give another primary; if what is there is all that is left: DELETE FROM dbha.claim on it",
        )
    })
}

fn tied(facts: &Both<Facts>, old: &OldPeer, options: &SetupOptions) -> Finding {
    let (primary, secondary) = (&facts.primary.name, &facts.secondary.name);
    let text = match &options.replace {
        Some(name) => format!("{primary} is in a pair with {}, not with {name}", old.shown()),
        None => format!("{primary} is in a pair with {}", old.shown()),
    };
    Finding::new(
        Code::TiedToAnother,
        Some(Side::Primary),
        text,
        format!(
            "if that server is dead or was taken away: dbha setup --primary {primary} --secondary {secondary} \
             --replace {}",
            old.name()
        ),
    )
}

/// Safety rule 15: rows that a living server has yet to send would be lost.
fn still_runs(primary: &Facts, old: &OldPeer) -> Finding {
    Finding::new(
        Code::ReplacedStillRuns,
        Some(Side::Primary),
        format!(
            "{} lives, and {} reads from it at this moment",
            old.shown(),
            primary.name
        ),
        format!(
            "stop the writers of {0}, then shut it down; what {1} has received by then is kept; then run this again",
            old.name(),
            primary.name
        ),
    )
}

/// Something was received, and no thread of the server will ever apply it.
fn cannot_drain(primary: &Facts, link: &ReplicaStatus) -> bool {
    let stopped = link.sql == SqlState::Stopped;
    // Started again after both threads were stopped, such a server throws the relay log away first.
    let lost_at_start = link.io == IoState::Stopped && primary.dialect.discards_relay_logs_at_start();
    stopped && (link.sql_error.is_some() || lost_at_start) && link.has_unapplied(&primary.position())
}

fn not_applied(primary: &Facts, old: &OldPeer, link: &ReplicaStatus) -> Finding {
    let why = match &link.sql_error {
        Some(error) => format!("its SQL thread stopped with error {}: {}", error.code, error.text),
        None => "both threads of its link are stopped".to_owned(),
    };
    Finding::new(
        Code::PrimaryIncomplete,
        Some(Side::Primary),
        format!(
            "{} received transactions from {} and has not applied them: {why}",
            primary.name,
            old.shown()
        ),
        format!(
            "mend the cause and start the SQL thread; or, if what is missing may be lost, {}; {}; then run this again",
            primary.dialect.stop_link(),
            primary.dialect.forget_link()
        ),
    )
}
