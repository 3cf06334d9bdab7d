//! Giving the writes to the other server of a pair.

use super::{Pair, close, run_name, tell, tell_failure};
use crate::{
    Both, EventKind, EventSink, Finding, Restart, SetupError, Side, Step, Verdict,
    engine::{self, EngineInput},
    on_heap::on_heap,
    roles::{
        HandOver, HandedOver, SwitchoverDone, SwitchoverOptions, SwitchoverPlan, hand_over, judge, next_term,
        planned, target,
    },
    run_lock::RunLock,
};
use dbha_sql::{Facts, Server};
use tokio_util::sync::CancellationToken;

/// What keeps the roles over a restart, and the proof.
const LAST_STEPS: [Step; 2] = [Step::WriteOptionFilePrimary, Step::ProveLinks];

/// Both servers, looked at and judged.
struct Considered {
    servers: Both<Server>,
    facts: Both<Facts>,
    to: Side,
    term: u64,
    findings: Vec<Finding>,
}

impl Pair {
    /// Works out what a switchover would do; changes nothing.
    ///
    /// Fails with [`SetupError::Refused`] and every finding where it would be refused.
    pub async fn switchover_plan(&self, options: &SwitchoverOptions) -> Result<SwitchoverPlan, SetupError> {
        let considered = self.consider(options).await?;
        let plan = self.plan_of_switchover(&considered);
        close(considered.servers).await;
        Ok(plan)
    }

    /// Gives the writes to the other server: nothing that was acknowledged is lost, and at no moment do both take writes.
    ///
    /// Until the other server is recorded as the writer, every failure opens the first one again; cancelling does, too.
    pub async fn switchover(
        &self,
        options: &SwitchoverOptions,
        sink: EventSink,
    ) -> Result<SwitchoverDone, SetupError> {
        let done = on_heap(self.switchover_unreported(options, &sink)).await;
        match &done {
            Ok(done) => sink.send(EventKind::SwitchedOver { done: done.clone() }),
            Err(error) => tell_failure(&sink, error),
        }
        done
    }

    async fn switchover_unreported(
        &self,
        options: &SwitchoverOptions,
        sink: &EventSink,
    ) -> Result<SwitchoverDone, SetupError> {
        let considered = tokio::select! {
            considered = self.consider(options) => considered?,
            () = self.cancel.cancelled() => return Err(SetupError::Cancelled),
        };
        close(considered.servers).await;
        let mut lock = RunLock::take(&self.endpoints, &format!("dbha switchover of {}", self.name)).await?;
        // Looked at again: what another run did before this one had the lock must not be judged by old facts.
        let mut considered = self.consider(options).await?;
        tell(sink, &considered.findings);
        let plan = self.plan_of_switchover(&considered);
        let (from, to) = (plan.from.clone(), plan.to.clone());
        sink.send(EventKind::SwitchoverPlanned { plan });
        let after = self.led_by(considered.to, &considered.facts);
        // A server that would come back writable beside the new writer is told first that it is none any more.
        after
            .keep_roles(&[Step::WriteOptionFileSecondary], &mut lock, sink)
            .await?;
        let handed = hand_over(HandOver {
            servers: &mut considered.servers,
            facts: &considered.facts,
            to: considered.to,
            term: considered.term,
            options,
            vote: self.vote.as_deref(),
            sink,
            cancel: &self.cancel,
        })
        .await;
        close(considered.servers).await;
        let handed = match handed {
            Ok(handed) => handed,
            Err(error) => {
                self.led_by(considered.to.peer(), &considered.facts)
                    .take_option_file_back(&error, &mut lock, sink)
                    .await;
                return Err(error);
            }
        };
        let finished = after.uncancelled().keep_roles(&LAST_STEPS, &mut lock, sink).await;
        finished.map_err(|error| SetupError::RolesHalfChanged {
            text: format!(
                "{to} takes the writes; what comes after that was not all done: {}",
                crate::error_chain(&error)
            ),
            fix: format!(
                "dbha setup --primary {to} --secondary {from} does the rest; dbha status shows where the pair stands"
            ),
        })?;
        self.done(handed, (from, to), considered.term).await
    }

    async fn done(
        &self,
        handed: HandedOver,
        (from, to): (String, String),
        term: u64,
    ) -> Result<SwitchoverDone, SetupError> {
        let status = self.status().await;
        if !matches!(status.verdict, Verdict::Healthy | Verdict::Lagging) {
            return Err(SetupError::Unhealthy(status.reason));
        }
        Ok(SwitchoverDone {
            schema_version: 1,
            pair: self.name.clone(),
            from,
            to,
            term,
            closed_ms: handed.closed.as_secs_f64() * 1e3,
            connections_ended: handed.connections_ended,
            events_moved: handed.events_moved,
            status,
        })
    }

    async fn consider(&self, options: &SwitchoverOptions) -> Result<Considered, SetupError> {
        let (mut servers, mut facts) = self.connect_and_observe().await?;
        crate::host::look_at_both(&self.options.host_access, &mut servers, &mut facts).await;
        let to = target(&facts, options.to).map_err(|finding| SetupError::Refused(vec![finding]))?;
        let mut findings = judge(&facts, to, options);
        findings.splice(0..0, self.unguarded([&facts.primary, &facts.secondary]));
        if findings.iter().any(Finding::blocks) {
            close(servers).await;
            return Err(SetupError::Refused(findings));
        }
        let term = next_term([&facts.primary, &facts.secondary]);
        Ok(Considered {
            servers,
            facts,
            to,
            term,
            findings,
        })
    }

    fn plan_of_switchover(&self, considered: &Considered) -> SwitchoverPlan {
        let (from, to) = (
            considered.facts.of(considered.to.peer()),
            considered.facts.of(considered.to),
        );
        SwitchoverPlan {
            schema_version: 1,
            pair: self.name.clone(),
            from: from.name.clone(),
            to: to.name.clone(),
            term: considered.term,
            connections: from.sessions.known().map(Vec::len),
            findings: considered.findings.clone(),
            steps: planned(from, to, considered.term),
        }
    }

    /// The same pair, named with this server first, as it is once that has the writes.
    pub(super) fn led_by(&self, side: Side, facts: &Both<Facts>) -> Pair {
        let mut pair = self.clone();
        let recorded = facts.of(side).recorded.known().and_then(|rows| rows.first());
        if let Some(row) = recorded {
            pair.options = pair.options.with_recorded(row);
        }
        if side == Side::Secondary {
            std::mem::swap(&mut pair.endpoints.primary, &mut pair.endpoints.secondary);
            let options = &mut pair.options;
            std::mem::swap(&mut options.primary_address, &mut options.secondary_address);
            let access = &mut options.host_access;
            std::mem::swap(&mut access.primary, &mut access.secondary);
        }
        pair.options.prove = true;
        pair.options.restart = Restart::Never;
        pair
    }

    /// The same pair, for what must be done although the caller wants to stop.
    fn uncancelled(&self) -> Pair {
        Pair {
            cancel: CancellationToken::new(),
            ..self.clone()
        }
    }

    /// Runs some steps of a set-up: those that keep the roles over a restart, and the proof.
    async fn keep_roles(
        &self,
        steps: &[Step],
        lock: &mut RunLock,
        sink: &EventSink,
    ) -> Result<(), SetupError> {
        let access = &self.options.host_access;
        let idle = |step: &Step| match step {
            Step::WriteOptionFilePrimary => access.primary.is_none(),
            Step::WriteOptionFileSecondary => access.secondary.is_none(),
            _ => false,
        };
        if steps.iter().all(idle) {
            return Ok(());
        }
        let mut surveyed = self.survey().await?;
        surveyed.topology.keep_links(&surveyed.facts);
        engine::run(EngineInput {
            steps,
            servers: surveyed.servers,
            given: self.endpoints.secondary.clone(),
            facts: surveyed.facts,
            lock,
            // A switchover is taken back by another one.
            journal: None,
            id: run_name(),
            topology: &surveyed.topology,
            options: &self.options,
            archive: None,
            sink,
            cancel: &self.cancel,
        })
        .await
        .map(drop)
    }

    /// Where the old writer goes on, its option file says so again; a failure of that is told and changes nothing.
    async fn take_option_file_back(&self, error: &SetupError, lock: &mut RunLock, sink: &EventSink) {
        if !matches!(error, SetupError::RolesKept { .. } | SetupError::Cancelled) {
            return;
        }
        // Stopped by the caller, it must be put back all the same.
        let before = self.uncancelled();
        if let Err(error) = before
            .keep_roles(&[Step::WriteOptionFilePrimary], lock, sink)
            .await
        {
            tracing::warn!(%error, "the option file of the old writer could not be put back");
        }
    }
}
