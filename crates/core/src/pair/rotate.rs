//! A new replication password for a pair that works.

use super::{Pair, SetupDone, Surveyed, close, run_name, tell, tell_failure};
use crate::{
    EventKind, EventSink, Finding, FindingCode, Plan, SetupError, Step, Verdict,
    engine::{self, EngineInput},
    on_heap::on_heap,
    preflight,
    run_lock::RunLock,
};

impl Pair {
    /// Gives both replication accounts and both links a new password, which nobody learns and nobody keeps.
    ///
    /// Only the IO threads restart, each for a moment; nothing else of the pair is changed. A run that is cut off is
    /// mended by the next one, or by [`Pair::setup`]. Fails with [`SetupError::Blocked`] where the two are no pair.
    pub async fn rotate_password(&self, sink: EventSink) -> Result<SetupDone, SetupError> {
        let mut pair = self.clone();
        pair.options.new_password = true;
        let done = on_heap(pair.rotate_unreported(&sink)).await;
        if let Err(error) = &done {
            tell_failure(&sink, error);
        }
        done
    }

    async fn rotate_unreported(&self, sink: &EventSink) -> Result<SetupDone, SetupError> {
        let cancelled = self.cancel.cancelled();
        let surveyed = tokio::select! {
            surveyed = self.survey_of_pair() => surveyed?,
            () = cancelled => return Err(SetupError::Cancelled),
        };
        close(surveyed.servers).await;
        let holder = format!("dbha rotate-password of {}", self.name);
        let mut lock = RunLock::take(&self.endpoints, &holder).await?;
        // Looked at again: what another run did before this one had the lock must not be judged by old facts.
        let surveyed = self.survey_of_pair().await?;
        tell(sink, &surveyed.findings);
        let plan = self.plan_of_rotation(&surveyed);
        sink.send(EventKind::Planned { plan });
        let done = engine::run(EngineInput {
            steps: &Step::NEW_PASSWORD,
            servers: surveyed.servers,
            given: self.endpoints.secondary.clone(),
            facts: surveyed.facts,
            lock: &mut lock,
            // There is nothing to be taken back: no old password is kept.
            journal: None,
            id: run_name(),
            topology: &surveyed.topology,
            options: &self.options,
            archive: None,
            sink,
            cancel: &self.cancel,
        })
        .await?;
        let status = crate::assess(&self.name, &done.facts.map(|_, facts| Ok(facts.clone())));
        // What was not as wanted before is none of this command's business, as long as both links run.
        if !matches!(
            status.verdict,
            Verdict::Healthy | Verdict::Lagging | Verdict::Degraded
        ) {
            return Err(SetupError::Unhealthy(status.reason));
        }
        sink.send(EventKind::Finished {
            changed: done.changed,
            status: status.clone(),
        });
        Ok(SetupDone {
            changed: done.changed,
            proof: done.proof,
            status,
        })
    }

    /// Looks at both servers, which must be a pair that dbha made; its links stay as they are.
    async fn survey_of_pair(&self) -> Result<Surveyed, SetupError> {
        let mut surveyed = self.survey().await?;
        let facts = &surveyed.facts;
        if !preflight::is_provisioned(facts, &self.options) {
            let names = [&facts.primary.name, &facts.secondary.name];
            surveyed.findings.push(Finding::new(
                FindingCode::NotAPair,
                None,
                format!(
                    "{} and {} are no finished pair with {} as its primary",
                    names[0], names[1], names[0]
                ),
                format!("dbha setup --primary {} --secondary {}", names[0], names[1]),
            ));
        }
        if surveyed.findings.iter().any(Finding::blocks) {
            return Err(SetupError::Blocked(surveyed.findings));
        }
        surveyed.topology.keep_links(&surveyed.facts);
        Ok(surveyed)
    }

    fn plan_of_rotation(&self, surveyed: &Surveyed) -> Plan {
        let mut plan = crate::plan(
            &self.name,
            &surveyed.facts,
            &surveyed.topology,
            &self.options,
            surveyed.findings.clone(),
        );
        plan.steps
            .retain(|planned| Step::NEW_PASSWORD.contains(&planned.step));
        plan
    }
}
