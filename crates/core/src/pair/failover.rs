//! Giving the writes to the server that is left, when the other one is gone.

use super::{Pair, tell, tell_failure};
use crate::{
    EventKind, EventSink, Finding, SetupError, Side,
    on_heap::on_heap,
    roles::{
        FailoverDone, FailoverOptions, OldWriter, RoleStep, TakeOver, close_old, give_vote, judge_survivor,
        next_term, opened, recorded_peer, take_over,
    },
    run_lock::LoneLock,
};
use dbha_sql::{Depth, Facts, Server};
use std::time::Duration;
use tokio::time::timeout;

/// Longest wait for what a pulse tells, which is good to have and no more.
const PULSE: Duration = Duration::from_secs(2);
/// Longest wait for an old writer that the vote has been taken from: nobody has the writes meanwhile, and a machine without power
/// refuses no connection.
const KNOCK: Duration = Duration::from_secs(1);
/// Longest wait for what an old writer says that has let somebody in: it may have something to hand over.
const LOOK: Duration = Duration::from_secs(3);

impl Pair {
    /// Looks whether a failover would be refused; changes nothing.
    pub async fn failover_findings(&self, options: &FailoverOptions) -> Result<Vec<Finding>, SetupError> {
        let (server, facts) = self.survivor(options.to).await?;
        server.session.close().await;
        let old = self.old_writer(options, false).await;
        let mut findings = judge_survivor(&facts, &self.endpoints.of(options.to.peer()).name, &old);
        findings.extend(self.unguarded([&facts]));
        match findings.iter().any(Finding::blocks) {
            true => Err(SetupError::Refused(findings)),
            false => Ok(findings),
        }
    }

    /// Gives the writes to one server because the other one is gone; refuses while that one works.
    ///
    /// Everything that was received is applied, then the link from the old writer is removed, then the server is opened. What the
    /// old writer acknowledged and nobody received is missing; [`FailoverDone`] says what is known of that.
    pub async fn failover(
        &self,
        options: &FailoverOptions,
        sink: EventSink,
    ) -> Result<FailoverDone, SetupError> {
        let done = on_heap(self.failover_unreported(options, &sink)).await;
        match &done {
            Ok(done) => sink.send(EventKind::FailedOver { done: done.clone() }),
            Err(error) => tell_failure(&sink, error),
        }
        done
    }

    async fn failover_unreported(
        &self,
        options: &FailoverOptions,
        sink: &EventSink,
    ) -> Result<FailoverDone, SetupError> {
        let side = options.to;
        let endpoint = self.endpoints.of(side);
        let old_name = self.endpoints.of(side.peer()).name.clone();
        let _lock = LoneLock::take(endpoint, &format!("dbha failover of {}", self.name)).await?;
        let (mut server, facts) = self.survivor(side).await?;
        let mut old = self.old_writer(options, false).await;
        let mut findings = judge_survivor(&facts, &old_name, &old);
        findings.extend(self.unguarded([&facts]));
        if options.stop_old && !findings.iter().any(Finding::blocks) {
            // Closed only once nothing else speaks against it: else nobody could write.
            old = self.old_writer(options, true).await;
            findings = judge_survivor(&facts, &old_name, &old);
        }
        if findings.iter().any(Finding::blocks) {
            return Err(SetupError::Refused(findings));
        }
        tell(sink, &findings);
        tell_old(sink, side.peer(), &old_name, &old);
        let last_heartbeat_seconds = last_heartbeat(&mut server, &facts).await;
        let term = next_term([&facts]);
        if let Some(vote) = self.vote.as_deref() {
            let given = give_vote(vote, &mut server, None, &facts, term).await;
            given.map_err(|fault| SetupError::RolesKept {
                text: format!("{} was not opened; it is a read-only standby as before", facts.name),
                fix: "whoever holds the vote works, or will lose it when its lease ends: dbha status, then the same command again".to_owned(),
                source: Box::new(fault),
            })?;
        }
        let taken = take_over(TakeOver {
            server: &mut server,
            facts,
            old: &old_name,
            old_has: old.position(),
            by_vote: false,
            term,
            options,
            sink,
            cancel: &self.cancel,
        })
        .await?;
        let name = server.name().to_owned();
        server.session.close().await;
        Ok(FailoverDone {
            schema_version: 1,
            pair: self.name.clone(),
            from: old_name,
            to: name,
            term,
            begins_with: taken.begins_with,
            complete: taken.complete,
            last_heartbeat_seconds,
            events_moved: taken.events_moved,
            status: self.status().await,
        })
    }

    /// Gives the writes to one server as the writer of this term, which a vote outside the pair has given to it.
    ///
    /// Goes the way of [`Pair::failover`]. An old writer that answers must be closed already, which is up to whoever guards
    /// it; what it has beyond the other one is waited for. `silent`: why it was just seen not to answer; then it is not asked
    /// once more.
    pub async fn take_over(
        &self,
        options: &FailoverOptions,
        term: u64,
        silent: Option<String>,
        sink: EventSink,
    ) -> Result<(), SetupError> {
        on_heap(self.take_over_closed(options, term, silent, &sink)).await
    }

    async fn take_over_closed(
        &self,
        options: &FailoverOptions,
        term: u64,
        silent: Option<String>,
        sink: &EventSink,
    ) -> Result<(), SetupError> {
        let side = options.to;
        let old_name = self.endpoints.of(side.peer()).name.clone();
        let _lock =
            LoneLock::take(self.endpoints.of(side), &format!("dbha takes over {}", self.name)).await?;
        let (mut server, facts) = self.seen(side, Depth::Running).await?;
        let old = match silent {
            Some(why) => OldWriter::Silent(why),
            None => self.closed_old_writer(side.peer()).await,
        };
        let findings = judge_survivor(&facts, &old_name, &old);
        if findings.iter().any(Finding::blocks) {
            return Err(SetupError::Refused(findings));
        }
        tell_old(sink, side.peer(), &old_name, &old);
        take_over(TakeOver {
            server: &mut server,
            facts,
            old: &old_name,
            old_has: old.position(),
            by_vote: true,
            term,
            options,
            sink,
            cancel: &self.cancel,
        })
        .await?;
        server.session.close().await;
        Ok(())
    }

    /// Looks whether the old writer takes writes; whoever guards it has closed it, or it is gone.
    async fn closed_old_writer(&self, side: Side) -> OldWriter {
        let silent =
            |limit: Duration| OldWriter::Silent(format!("no answer within {} s", limit.as_secs_f64()));
        let mut old = match timeout(KNOCK, Server::connect_for_watching(self.endpoints.of(side))).await {
            Ok(Ok(old)) => old,
            Ok(Err(error)) => return OldWriter::Silent(crate::error_chain(&error)),
            Err(_) => return silent(KNOCK),
        };
        match timeout(LOOK, old.observe(Depth::Running)).await {
            Ok(Ok(facts)) if facts.is_read_only() => OldWriter::Closed(Some(facts.position())),
            Ok(Ok(_)) => OldWriter::Answers,
            Ok(Err(error)) => OldWriter::Silent(crate::error_chain(&error)),
            Err(_) => silent(LOOK),
        }
    }

    /// Opens the recorded writer of this term again, which came up closed; nothing of roles changes.
    pub async fn open_again(&self, side: Side, term: u64) -> Result<(), SetupError> {
        let (mut server, facts) = self.seen(side, Depth::Running).await?;
        let newest = facts.terms.known().map(Vec::as_slice).unwrap_or_default();
        let is_writer = matches!(newest, [one] if (one.number, one.server_id) == (term, facts.server_id));
        if !is_writer {
            let text = format!("{} is not the recorded writer of term {term}", facts.name);
            let fix = "dbha status shows whose term it is";
            return Err(SetupError::Refused(vec![Finding::new(
                crate::FindingCode::NotAPair,
                Some(side),
                text,
                fix,
            )]));
        }
        opened::open_beside_standby(&mut server, &facts)
            .await
            .map_err(SetupError::Observe)?;
        server.session.close().await;
        Ok(())
    }

    async fn survivor(&self, side: Side) -> Result<(Server, Facts), SetupError> {
        self.seen(side, Depth::Full).await
    }

    async fn seen(&self, side: Side, depth: Depth) -> Result<(Server, Facts), SetupError> {
        let connected = Server::connect(self.endpoints.of(side)).await;
        let mut server = connected.map_err(SetupError::Connect)?;
        crate::preflight::served(&server)?;
        let facts = server.observe(depth).await.map_err(SetupError::Observe)?;
        Ok((server, facts))
    }

    /// Knocks at the old writer, and closes it where the caller wishes that and it is meant to be done.
    async fn old_writer(&self, options: &FailoverOptions, act: bool) -> OldWriter {
        let endpoint = self.endpoints.of(options.to.peer());
        let mut old = match Server::connect_for_watching(endpoint).await {
            Ok(old) => old,
            Err(error) => return OldWriter::Silent(crate::error_chain(&error)),
        };
        if !options.stop_old {
            return OldWriter::Answers;
        }
        if !act {
            return OldWriter::Closed(None);
        }
        match close_old(&mut old, &self.cancel).await {
            Ok(_) => OldWriter::Closed(old.gtids().await.ok().map(|(executed, _)| executed)),
            Err(error) => {
                tracing::warn!(%error, "the old writer answers and cannot be closed");
                OldWriter::Answers
            }
        }
    }
}

fn tell_old(sink: &EventSink, side: Side, name: &str, old: &OldWriter) {
    let text = match old {
        OldWriter::Silent(why) => format!("{name} does not answer: {why}"),
        OldWriter::Closed(_) => format!("{name} was closed"),
        OldWriter::Answers => return,
    };
    sink.send_about(
        Some(side),
        EventKind::RoleStepFinished {
            step: RoleStep::LookForOld,
            title: RoleStep::LookForOld.title(),
            details: vec![text],
            took_ms: 0,
        },
    );
}

/// How long ago, by the clock of the survivor, the old writer wrote the last heartbeat that arrived.
async fn last_heartbeat(server: &mut Server, survivor: &Facts) -> Option<f64> {
    let old = recorded_peer(survivor)?.server_id;
    let pulse = server.pulse(true, PULSE).await.ok()?;
    let at_us = *pulse.heartbeats.known()?.get(&old)?;
    Some((pulse.clock - at_us as f64 / 1e6).max(0.0))
}
