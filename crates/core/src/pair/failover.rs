//! Giving the writes to the server that is left, when the other one is gone.

use super::{Pair, tell, tell_failure};
use crate::{
    EventKind, EventSink, Finding, SetupError, Side,
    on_heap::on_heap,
    roles::{
        FailoverDone, FailoverOptions, OldWriter, RoleStep, TakeOver, close_old, judge_survivor, next_term,
        recorded_peer, take_over,
    },
    run_lock::LoneLock,
};
use dbha_sql::{Depth, Facts, Server};
use std::time::Duration;

/// Longest wait for what a pulse tells, which is good to have and no more.
const PULSE: Duration = Duration::from_secs(2);

impl Pair {
    /// Looks whether a failover would be refused; changes nothing.
    pub async fn failover_findings(&self, options: &FailoverOptions) -> Result<Vec<Finding>, SetupError> {
        let (server, facts) = self.survivor(options.to).await?;
        server.session.close().await;
        let old = self.old_writer(options, false).await;
        let findings = judge_survivor(&facts, &self.endpoints.of(options.to.peer()).name, &old);
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
        let (term, name) = (next_term([&facts]), facts.name.clone());
        let taken = take_over(TakeOver {
            server: &mut server,
            facts,
            old: &old_name,
            old_has: match old {
                OldWriter::Closed(position) => position,
                _ => None,
            },
            term,
            options,
            sink,
            cancel: &self.cancel,
        })
        .await?;
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

    async fn survivor(&self, side: Side) -> Result<(Server, Facts), SetupError> {
        let connected = Server::connect(self.endpoints.of(side)).await;
        let mut server = connected.map_err(SetupError::Connect)?;
        crate::preflight::served(&server)?;
        let facts = server.observe(Depth::Full).await.map_err(SetupError::Observe)?;
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
