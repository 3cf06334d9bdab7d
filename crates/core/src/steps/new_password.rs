//! A new password for a link that works: nothing else of the link changes, and nothing that it holds is lost.

use super::{Run, StepTrouble, View, follow, own_domain};
use crate::{Side, wait::Pause};
use dbha_sql::SqlState;
use std::time::Duration;

/// How long the SQL thread may take to apply what is received before it is stopped all the same.
const DRAIN_LIMIT: Duration = Duration::from_secs(10);

/// Tells whether the link is as it has to be but for its password.
pub(super) fn suffices(view: &View<'_>, source: Side) -> bool {
    let taken = |side| follow::must_take_position(view, side);
    let whole = |link: &dbha_sql::ReplicaStatus| {
        link.is_running() && follow::wrong_definition(view, source, link).is_empty()
    };
    view.new_password && !taken(Side::Primary) && follow::own_link(view, source).is_some_and(whole)
}

/// Stops the IO thread alone, changes the password, starts it again.
///
/// MariaDB changes nothing of a link while one of its threads runs, and throws its relay log away when they start
/// again. So what was received is applied first; what the SQL thread cannot apply in time comes again from the source,
/// which was there a moment ago.
pub(super) async fn hand_over(run: &mut Run<'_>, source: Side) -> Result<(), StepTrouble> {
    let Some(password) = run.password.clone() else {
        return Ok(());
    };
    let replica = source.peer();
    let dialect = run.servers.of(replica).dialect();
    run.servers
        .of_mut(replica)
        .execute(&dialect.stop_receiver())
        .await?;
    if dialect.can_change_password_while_applying() {
        let server = run.servers.of_mut(replica);
        server
            .execute_all(&dialect.change_link_password(&password))
            .await?;
        server.execute(&dialect.start_receiver()).await?;
        return Ok(());
    }
    drain(run, replica).await?;
    run.servers.of_mut(replica).execute(&dialect.stop_link()).await?;
    own_domain::move_own_domain(run, follow::step_of(source), source).await?;
    let server = run.servers.of_mut(replica);
    server
        .execute_all(&dialect.change_link_password(&password))
        .await?;
    server.execute(&dialect.start_link()).await?;
    Ok(())
}

async fn drain(run: &mut Run<'_>, replica: Side) -> Result<(), StepTrouble> {
    let mut pause = Pause::within(DRAIN_LIMIT);
    loop {
        run.observe().await?;
        let facts = run.facts.of(replica);
        let position = facts.position();
        let busy =
            |link: &&dbha_sql::ReplicaStatus| link.sql == SqlState::Running && link.has_unapplied(&position);
        if facts.default_link().filter(busy).is_none() {
            return Ok(());
        }
        match pause.wait(run.cancel).await {
            Err(crate::error::StepFault::TimedOut) => return Ok(()),
            waited => waited?,
        }
    }
}

/// Takes the mark away: both links have logged in with the new password.
pub(super) async fn arrived(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    let dialect = run.servers.primary.dialect();
    let mut session = run.unlogged(Side::Primary).await?;
    session.execute(&dialect.unmark_new_password()).await?;
    session.close().await;
    Ok(())
}
