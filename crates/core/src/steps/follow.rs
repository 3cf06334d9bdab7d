//! The two links: the secondary follows the primary, and the primary follows the secondary.

use super::{Check, Run, Step, StepTrouble, View, new_password, own_domain};
use crate::{Side, advice, old_peer::OldPeer, preflight, wait::Pause};
use dbha_sql::{
    ClaimState, GtidSet, IoState, REPLICATION_USER, ReplicaStatus, Secret, SourceTarget, SqlState, Statement,
};
use std::time::Duration;

/// How long both threads may take to run.
const START_LIMIT: Duration = Duration::from_secs(15);

pub(super) fn step_of(source: Side) -> Step {
    match source {
        Side::Primary => Step::FollowPrimary,
        Side::Secondary => Step::FollowSecondary,
    }
}

/// Compares the whole link: address, GTID, retries, TLS, both threads, and the account's password.
pub(super) fn check(view: &View<'_>, source: Side) -> Check {
    let wanted = view.topology.link_from(source);
    let Some(link) = own_link(view, source) else {
        return Check::Needed(vec![format!(
            "{} follows {}:{}",
            source.peer(),
            wanted.host,
            wanted.port
        )]);
    };
    let mut different = wrong_definition(view, source, link);
    match link.io {
        IoState::Running => {}
        IoState::Connecting => different.push("the IO thread is connecting".into()),
        _ => different.push("the IO thread is stopped".into()),
    }
    if link.sql != SqlState::Running {
        different.push("the SQL thread is stopped".into());
    }
    if view.new_password {
        different.push("new password".into());
    }
    if source == Side::Secondary && must_take_position(view, Side::Primary) {
        different.push("the secondary's binary logs are replaced".into());
    }
    if different.is_empty() {
        Check::Satisfied
    } else {
        Check::Needed(different)
    }
}

/// What of a link only a new definition can mend; its login can stay.
pub(super) fn wrong_definition(view: &View<'_>, source: Side, link: &ReplicaStatus) -> Vec<String> {
    let wanted = view.topology.link_from(source);
    let dialect = view.facts.of(source.peer()).dialect;
    let mut different = Vec::new();
    if (link.source_host.as_str(), link.source_port) != (wanted.host.as_str(), wanted.port) {
        let now = format!("{}:{}", link.source_host, link.source_port);
        different.push(format!("address: {now} → {}:{}", wanted.host, wanted.port));
    }
    if !link
        .gtid_mode
        .as_deref()
        .is_some_and(|mode| mode.eq_ignore_ascii_case(dialect.link_position_mode()))
    {
        let now = link.gtid_mode.as_deref().unwrap_or("by file");
        different.push(format!("position: {now} → {}", dialect.link_position_mode()));
    }
    if link.tls != wanted.tls {
        different.push(format!("TLS: {} → {}", link.tls, wanted.tls));
    }
    let ca = wanted.ca.as_deref().unwrap_or("");
    if link.ca != ca {
        let named = |ca: &str| {
            if ca.is_empty() {
                "none".to_owned()
            } else {
                ca.to_owned()
            }
        };
        different.push(format!("CA: {} → {}", named(&link.ca), named(ca)));
    }
    if link.verified != wanted.ca.is_some() {
        different.push(format!("verified: {} → {}", link.verified, wanted.ca.is_some()));
    }
    if link.connect_retry.is_some_and(|seconds| seconds != 2) {
        different.push("seconds between attempts to connect → 2".into());
    }
    // A link that gives up is one that somebody has to start again.
    if dialect.link_retry_count().is_some()
        && link
            .retry_count
            .is_some_and(|count| Some(count) != dialect.link_retry_count())
    {
        different.push("attempts to connect → unlimited".into());
    }
    different
}

fn is_misdefined(view: &View<'_>, source: Side) -> bool {
    own_link(view, source).is_some_and(|link| !wrong_definition(view, source, link).is_empty())
}

/// Returns the link that dbha made, wherever it points.
pub(super) fn own_link<'a>(view: &View<'a>, source: Side) -> Option<&'a ReplicaStatus> {
    let link = view.facts.of(source.peer()).default_link()?;
    // The link from a server that is replaced goes with everything else of that server.
    let old = OldPeer::of(view.facts, view.topology, view.options).filter(|_| source == Side::Secondary);
    let is_old = old.is_some_and(|old| old.link.as_ref() == Some(link));
    (link.source_user == REPLICATION_USER && !is_old).then_some(link)
}

/// Tells whether dbha made the peer follow `source`, in whatever state that link is.
pub(super) fn exists(view: &View<'_>, source: Side) -> bool {
    own_link(view, source).is_some()
}

/// Tells whether the secondary's link asks for logs that the primary no longer has: its copy is worth nothing then
/// (scenario 44).
pub(super) fn is_too_late(view: &View<'_>) -> bool {
    own_link(view, Side::Primary).is_some_and(ReplicaStatus::lacks_logs_of_source)
}

/// Says why the link from `source` stopped, where it says so itself: it may have run for a moment.
pub(super) fn stopped(view: &View<'_>, source: Side) -> Option<StepTrouble> {
    fatal(own_link(view, source)?, source)
}

/// Tells whether the peer reads from `source` right now.
pub(super) fn is_connected(view: &View<'_>, source: Side) -> bool {
    own_link(view, source).is_some_and(|link| link.io == IoState::Running)
}

/// Tells whether the peer's link from `source` can keep its login.
pub(super) fn can_log_in(view: &View<'_>, source: Side) -> bool {
    let refused = |link: &ReplicaStatus| {
        link.io_error
            .as_ref()
            .is_some_and(|error| matches!(error.code, 1045 | 1130 | 1698 | 3118 | 4151))
    };
    // The link of a secondary that is filled anew is forgotten, and its password with it.
    let forgotten = source == Side::Primary && must_take_position(view, source);
    !forgotten && own_link(view, source).is_some_and(|link| !refused(link))
}

pub(super) fn statements(view: &View<'_>, source: Side) -> Vec<(Side, Statement)> {
    let replica = source.peer();
    let dialect = view.facts.of(replica).dialect;
    let mut all = Vec::new();
    if own_link(view, source).is_some() {
        all.push(dialect.stop_link());
    }
    let mut stop_reader = Vec::new();
    if must_take_position(view, source) {
        if own_link(view, Side::Secondary).is_some() {
            stop_reader.push((Side::Primary, view.facts.primary.dialect.stop_link()));
        }
        let unknown = GtidSet::empty(dialect.flavor());
        all.extend(dialect.begin_at(&claimed_position(view).unwrap_or(unknown)));
    }
    if view.new_password || own_link(view, source).is_none() {
        all.extend(dialect.follow(&target(view, source, Secret::new("***"))));
    } else if is_misdefined(view, source) {
        all.extend(dialect.redefine_link(&target(view, source, Secret::new("***"))));
    }
    all.push(dialect.start_link());
    stop_reader
        .into_iter()
        .chain(all.into_iter().map(|statement| (replica, statement)))
        .collect()
}

/// A secondary starts from the position of its copy, once: set back later, it would apply transactions twice.
pub(super) fn must_take_position(view: &View<'_>, source: Side) -> bool {
    let follows_already = view
        .facts
        .secondary
        .claim
        .known()
        .is_some_and(|claim| claim.state == ClaimState::Following);
    source == Side::Primary && !preflight::is_provisioned(view.facts, view.options) && !follows_already
}

fn claimed_position(view: &View<'_>) -> Option<GtidSet> {
    let claim = view.facts.secondary.claim.known()?;
    let position = claim
        .position
        .as_deref()
        .filter(|_| claim.state == ClaimState::Copied)?;
    GtidSet::parse(view.facts.secondary.dialect.flavor(), position).ok()
}

/// Names the source of a link as its replica has to dial it, with dbha's account there.
pub(super) fn target(view: &View<'_>, source: Side, password: Secret) -> SourceTarget {
    let link = view.topology.link_from(source);
    SourceTarget {
        host: link.host.clone(),
        port: link.port,
        user: REPLICATION_USER.to_owned(),
        password,
        tls: link.tls,
        ca: link.ca.clone(),
    }
}

pub(super) async fn apply(run: &mut Run<'_>, source: Side) -> Result<(), StepTrouble> {
    if new_password::suffices(&run.view(), source) {
        new_password::hand_over(run, source).await?;
    } else {
        define(run, source).await?;
    }
    wait_for_threads(run, source).await?;
    if source == Side::Secondary && run.password.is_some() {
        new_password::arrived(run).await?;
    }
    Ok(())
}

/// Makes the link what it has to be, from the position on.
async fn define(run: &mut Run<'_>, source: Side) -> Result<(), StepTrouble> {
    let replica = source.peer();
    let dialect = run.servers.of(replica).dialect();
    if own_link(&run.view(), source).is_some() {
        run.servers.of_mut(replica).execute(&dialect.stop_link()).await?;
    }
    if must_take_position(&run.view(), source) {
        let position = claimed_position(&run.view()).ok_or_else(|| {
            StepTrouble::new(
                "the claim on the secondary holds no position",
                "run the same command again",
            )
        })?;
        refuse_purged(run, &position).await?;
        // A reset under a live reader would kill the reader's link without a word.
        if own_link(&run.view(), Side::Secondary).is_some() {
            let stop = run.servers.primary.dialect().stop_link();
            run.servers.primary.execute(&stop).await?;
        }
        let server = run.servers.of_mut(replica);
        // With leftovers of its own installation the server would refuse the position, or fail with 1236 at once.
        server.execute_all(&dialect.begin_at(&position)).await?;
        mark_as_following(run).await?;
        run.detail(step_of(source), format!("from {position}"));
    } else if dialect.replica_needs_peer_caught_up() {
        own_domain::move_own_domain(run, step_of(source), source).await?;
    }
    if let Some(password) = run.password.clone() {
        let statements = dialect.follow(&target(&run.view(), source, password));
        run.servers.of_mut(replica).execute_all(&statements).await?;
    } else if is_misdefined(&run.view(), source) {
        // Nobody knows the password any more, and the link need not be told what it has.
        let statements = dialect.redefine_link(&target(&run.view(), source, Secret::new("")));
        run.servers.of_mut(replica).execute_all(&statements).await?;
    }
    run.servers.of_mut(replica).execute(&dialect.start_link()).await?;
    Ok(())
}

/// Scenario 44: from a position that the primary's logs no longer hold the link could never run. The copy is then
/// worth nothing, which the claim says, so that the next run copies anew.
async fn refuse_purged(run: &mut Run<'_>, position: &GtidSet) -> Result<(), StepTrouble> {
    let primary = &mut run.servers.primary;
    let dialect = primary.dialect();
    let logs = primary.query(&dialect.list_binlogs()).await?;
    let oldest = logs.first().and_then(|row| row.get("Log_name")).unwrap_or("");
    let rows = primary.query(&dialect.read_purged(oldest)).await?;
    let text = rows.first().and_then(|row| row.get("purged")).unwrap_or("");
    let purged = GtidSet::parse(dialect.flavor(), text).unwrap_or_else(|_| GtidSet::empty(dialect.flavor()));
    if purged.minus(position).is_empty() {
        return Ok(());
    }
    mark(run, ClaimState::Copying).await?;
    Err(StepTrouble::new(
        format!(
            "the primary has removed binary logs from before {oldest}, which the copy at {position} needs"
        ),
        "keep binary logs for longer than a copy takes, then run the same command again: it copies anew",
    ))
}

/// Notes in the claim that the position was taken; from here on the next run goes on from where the links are.
async fn mark_as_following(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    mark(run, ClaimState::Following).await
}

async fn mark(run: &mut Run<'_>, state: ClaimState) -> Result<(), StepTrouble> {
    let Some(claim) = run.facts.secondary.claim.known().cloned() else {
        return Ok(());
    };
    let dialect = run.servers.secondary.dialect();
    let mut session = run.unlogged(Side::Secondary).await?;
    session
        .execute(&dialect.write_claim(&dbha_sql::Claim { state, ..claim }))
        .await?;
    session.close().await;
    Ok(())
}

/// Reads what a server's binary log holds, and what it has by replication.
pub(super) async fn gtids(run: &mut Run<'_>, side: Side) -> Result<(GtidSet, GtidSet), StepTrouble> {
    Ok(run.servers.of_mut(side).gtids().await?)
}

async fn wait_for_threads(run: &mut Run<'_>, source: Side) -> Result<(), StepTrouble> {
    let replica = source.peer();
    let mut pause = Pause::within(START_LIMIT);
    loop {
        let link = link_of(run, replica).await?;
        if let Some(link) = &link {
            if link.is_running() {
                return Ok(());
            }
            if let Some(trouble) = fatal(link, source) {
                return Err(trouble);
            }
        }
        if let Err(fault) = pause.wait(run.cancel).await {
            let last = link.as_ref().and_then(ReplicaStatus::error);
            return Err(match last {
                Some(error) => link_trouble(source, error),
                None => StepTrouble::new(
                    format!("the link from the {source} did not start"),
                    "look at SHOW REPLICA STATUS on it",
                )
                .because(fault),
            });
        }
    }
}

/// Reads the default link of one side.
pub(super) async fn link_of(run: &mut Run<'_>, replica: Side) -> Result<Option<ReplicaStatus>, StepTrouble> {
    let server = run.servers.of_mut(replica);
    let rows = server.query(&server.dialect().read_replica_status()).await?;
    let links = rows.iter().map(|row| ReplicaStatus::of_row(row, |_| None));
    Ok(links.into_iter().find(|link| link.channel.is_empty()))
}

/// An error that no waiting mends: a thread that has stopped with an error.
pub(super) fn fatal(link: &ReplicaStatus, source: Side) -> Option<StepTrouble> {
    let applier = link.sql_error.as_ref().filter(|_| link.sql == SqlState::Stopped);
    let reader = link.io_error.as_ref().filter(|_| link.io == IoState::Stopped);
    applier.or(reader).map(|error| link_trouble(source, error))
}

pub(super) fn link_trouble(source: Side, error: &dbha_sql::LinkError) -> StepTrouble {
    StepTrouble::new(
        format!(
            "the link from the {source} stopped with error {}: {}",
            error.code, error.text
        ),
        advice::for_link(error.code)
            .unwrap_or("mend the cause, then run the same command again")
            .to_owned(),
    )
}
