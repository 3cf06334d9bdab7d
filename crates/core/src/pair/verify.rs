//! Comparing the data of a running pair.

use super::{Pair, close, tell_failure};
use crate::{
    Both, EventKind, EventSink, Finding, FindingCode, SetupError, Side, Verified, VerifyOptions,
    on_heap::on_heap, preflight, run_lock::RunLock, steps::copy_tally::CopyTally, topology::Topology,
};
use dbha_copy::{CopyError, CopyOptions, CopyProgress, MeetingTerms};
use dbha_sql::{Facts, IoState, ReplicaStatus, Setting, SqlState};
use std::{sync::Mutex, time::Instant};

impl Pair {
    /// Compares the data of both servers at one position that both have, while both work on.
    ///
    /// Works on any pair, writes to neither server, and changes nothing about their replication. Commits on the primary
    /// wait for a moment: see [`VerifyOptions`]. Data that differs is no error, but what the result says.
    pub async fn verify(&self, options: &VerifyOptions, sink: EventSink) -> Result<Verified, SetupError> {
        let done = on_heap(self.verify_unreported(options, &sink)).await;
        match &done {
            Ok(result) => sink.send(EventKind::Verified {
                result: result.clone(),
            }),
            Err(error) => tell_failure(&sink, error),
        }
        done
    }

    async fn verify_unreported(
        &self,
        options: &VerifyOptions,
        sink: &EventSink,
    ) -> Result<Verified, SetupError> {
        let began = Instant::now();
        let facts = tokio::select! {
            looked = self.look_for_verifying() => looked?,
            () = self.cancel.cancelled() => return Err(SetupError::Cancelled),
        };
        // A set-up may be filling the secondary at this moment.
        let _lock = RunLock::take(&self.endpoints, &format!("dbha verify of {}", self.name)).await?;
        let copy = dbha_copy::VerifyOptions {
            copy: CopyOptions {
                workers: options.workers,
                lock_wait: options.lock_wait,
                ..CopyOptions::default()
            },
            terms: MeetingTerms {
                wait: options.wait,
                way_back: has_way_back(&facts),
            },
            limit: Some(options.limit),
        };
        let tally = Mutex::new(CopyTally::default());
        let progress = |progress: CopyProgress| {
            if let Ok(mut tally) = tally.lock() {
                let counts = tally.take(progress, began.elapsed()).clone();
                sink.send(EventKind::Comparing { counts });
            }
        };
        let Both { primary, secondary } = &self.endpoints;
        let found = dbha_copy::verify(primary, secondary, &copy, &progress, &self.cancel).await;
        let found = found.map_err(|error| failed(error, &facts))?;
        let names = [primary.name.clone(), secondary.name.clone()];
        Ok(Verified::of(
            &self.name,
            names,
            options.limit,
            found,
            began.elapsed(),
        ))
    }

    /// Looks at both servers and refuses two that cannot be compared.
    async fn look_for_verifying(&self) -> Result<Both<Facts>, SetupError> {
        let (servers, facts) = self.connect_and_observe().await?;
        close(servers).await;
        if !facts.primary.dialect.same_family(&facts.secondary.dialect) {
            let topology = Topology::of_pair(&facts, &self.options);
            let mut findings = preflight(&facts, &topology, &self.options, false);
            findings.retain(|found: &Finding| found.code == FindingCode::DifferentFlavors);
            return Err(SetupError::Blocked(findings));
        }
        let lacking = Side::BOTH.map(|side| preflight::verify_privileges(side, facts.of(side)));
        let lacking: Vec<Finding> = lacking.into_iter().flatten().collect();
        if !lacking.is_empty() {
            return Err(SetupError::Blocked(lacking));
        }
        let numbered = |facts: &Facts| facts.dialect.has_gtid_domains() || facts.has(Setting::GtidMode, "ON");
        if !numbered(&facts.primary) || !numbered(&facts.secondary) {
            return Err(SetupError::Unsafe {
                text: "without gtid_mode=ON on both servers no common position can be known".into(),
                fix:
                    "switch gtid_mode on (step by step on a running pair: OFF_PERMISSIVE, ON_PERMISSIVE, ON)"
                        .into(),
            });
        }
        Ok(facts)
    }
}

/// Tells whether what is written on the secondary reaches the primary.
fn has_way_back(facts: &Both<Facts>) -> bool {
    let secondary = &facts.secondary;
    let from_secondary = |link: &&ReplicaStatus| match (&link.source_uuid, &secondary.server_uuid) {
        (Some(seen), Some(uuid)) => seen == uuid,
        _ => link.source_server_id == u64::from(secondary.server_id),
    };
    let links = facts.primary.links.known();
    links.is_some_and(|links| links.iter().filter(from_secondary).any(runs))
}

fn runs(link: &ReplicaStatus) -> bool {
    link.io == IoState::Running && link.sql == SqlState::Running
}

fn failed(error: CopyError, facts: &Both<Facts>) -> SetupError {
    if matches!(error, CopyError::Cancelled) {
        return SetupError::Cancelled;
    }
    let fix = match &error {
        CopyError::NoCommonPosition { ahead: true, .. } => {
            "the secondary takes writes all the time: run it again at a quieter hour, or raise --wait".to_owned()
        }
        CopyError::NoCommonPosition { .. } if !follows(facts) => format!(
            "{} does not replicate: `dbha status` says why, `dbha setup` mends it",
            facts.secondary.name
        ),
        CopyError::NoCommonPosition { .. } => {
            "wait until it has caught up (`dbha status` shows the lag), or raise --wait: commits on the primary may then \
             wait for as long"
                .to_owned()
        }
        CopyError::LockNotGranted { .. } => {
            "wait for that statement to end, or raise --lock-wait-timeout; nothing is held any more".to_owned()
        }
        CopyError::Sql { source, .. } if source.is_denied() => {
            "grant what `dbha verify` needs: docs/guide.md, \"Comparing a running pair\"".to_owned()
        }
        CopyError::Sql { source, .. } => crate::advice::for_error(source),
        _ => "run the same command again".to_owned(),
    };
    SetupError::Verify {
        source: Box::new(error),
        fix,
    }
}

/// Tells whether the secondary follows anybody at this moment.
fn follows(facts: &Both<Facts>) -> bool {
    let links = facts.secondary.links.known();
    links.is_none_or(|links| links.iter().any(runs))
}
