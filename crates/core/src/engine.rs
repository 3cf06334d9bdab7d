//! Runs the steps: observe → check → apply → observe → check, and tells what happens.

#[cfg(debug_assertions)]
use crate::failpoint::{self, Moment};
use crate::{
    Both, Certainty, Check, EventKind, EventSink, Proof, SetupError, SetupOptions, Step, StepError,
    StepOutcome, Topology,
    error::StepFault,
    event::millis,
    journal::Journal,
    on_heap::on_heap,
    run_lock::RunLock,
    steps::{Run, StepTrouble},
    wait::{Pause, or_cancelled},
};
use dbha_sql::{Endpoint, Facts, Server};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How long what was done may take to be seen: a link that has just begun can say for a moment that it is far behind.
const SEEN_WITHIN: Duration = Duration::from_secs(5);

/// What the steps did.
pub(crate) struct EngineDone {
    pub(crate) changed: bool,
    pub(crate) proof: Option<Proof>,
    pub(crate) facts: Both<Facts>,
}

/// Everything that the engine needs.
pub(crate) struct EngineInput<'a> {
    pub(crate) steps: &'a [Step],
    pub(crate) servers: Both<Server>,
    /// How the caller logs in to the secondary.
    pub(crate) given: Endpoint,
    pub(crate) facts: Both<Facts>,
    pub(crate) lock: &'a mut RunLock,
    pub(crate) journal: Option<Journal>,
    pub(crate) id: String,
    pub(crate) topology: &'a Topology,
    pub(crate) options: &'a SetupOptions,
    /// The dump that takes the place of the copy, if one does.
    pub(crate) archive: Option<dbha_copy::Archive>,
    pub(crate) sink: &'a EventSink,
    pub(crate) cancel: &'a CancellationToken,
}

/// Runs every step in order; each judges by fresh facts, so continuing after a crash is the same loop.
pub(crate) async fn run(input: EngineInput<'_>) -> Result<EngineDone, SetupError> {
    let mut run = Run {
        given: input.given,
        servers: input.servers,
        facts: input.facts,
        topology: input.topology,
        options: input.options,
        archive: input.archive,
        id: input.id,
        journal: input.journal,
        changed: false,
        password: None,
        copied: None,
        compared: None,
        trips: Vec::new(),
        sink: input.sink,
        cancel: input.cancel,
    };
    for step in input.steps.iter().copied() {
        if run.cancel.is_cancelled() {
            return Err(SetupError::Cancelled);
        }
        let changed_before = run.changed;
        hold_on(input.lock, &mut run)
            .await
            .map_err(|trouble| SetupError::Step {
                error: Box::new(trouble.of_step(step)),
                changed_before,
            })?;
        if let Err(error) = on_heap(run_step(&mut run, step)).await {
            // Whatever a step made of it: when the caller wants to stop, that is why it ended.
            let error = match run.cancel.is_cancelled() {
                true => Box::new(StepTrouble::from(StepFault::Cancelled).of_step(step)),
                false => Box::new(error),
            };
            run.sink.send_about(
                step.side(),
                EventKind::StepFailed {
                    step,
                    error: crate::error_chain(&*error),
                    fix: error.fix.clone(),
                },
            );
            return Err(SetupError::Step {
                error,
                changed_before,
            });
        }
    }
    if let Some(journal) = &mut run.journal {
        journal.finished().map_err(SetupError::Receipt)?;
    }
    let proof = run.changed.then(|| prove(&run));
    if let Some(proof) = &proof {
        run.sink.send(EventKind::Proved { proof: proof.clone() });
    }
    Ok(EngineDone {
        changed: run.changed,
        proof,
        facts: run.facts,
    })
}

/// Sees to it that the lock is held; where it was lost for a moment, another run may have come and gone.
async fn hold_on(lock: &mut RunLock, run: &mut Run<'_>) -> Result<(), StepTrouble> {
    let lost = lock.hold_on().await.map_err(|error| {
        let why = match &error {
            SetupError::Blocked(findings) => findings.iter().map(|finding| finding.text.clone()).collect(),
            _ => crate::error_chain(&error),
        };
        StepTrouble::new(
            format!("the lock of this run was lost and cannot be taken again: {why}"),
            "run the same command again to go on",
        )
    })?;
    if lost {
        run.observe().await?;
    }
    Ok(())
}

/// What a step may change is on the disk before it changes anything.
fn note_begin(run: &mut Run<'_>, step: Step, details: &[String]) -> Result<(), StepError> {
    let Some(journal) = &mut run.journal else {
        return Ok(());
    };
    journal.begins(step, details).map_err(|error| StepError {
        certainty: Certainty::NotApplied,
        ..StepTrouble::from(error).of_step(step)
    })
}

async fn run_step(run: &mut Run<'_>, step: Step) -> Result<(), StepError> {
    let began = Instant::now();
    let title = step.title().to_owned();
    let Check::Needed(details) = step.check(&run.view()) else {
        let outcome = StepOutcome::Unchanged;
        let kind = EventKind::StepFinished {
            step,
            title,
            outcome,
            details: vec![],
            took_ms: 0,
        };
        run.sink.send_about(step.side(), kind);
        return Ok(());
    };
    run.sink.send_about(
        step.side(),
        EventKind::StepStarted {
            step,
            title: title.clone(),
        },
    );
    note_begin(run, step, &details)?;
    let cancel = run.cancel.clone();
    #[cfg(debug_assertions)]
    failpoint::reached(Moment::Before, step.id(), run.cancel).await;
    match or_cancelled(&cancel, on_heap(step.apply(run))).await {
        Some(applied) => applied.map_err(|trouble| trouble.of_step(step))?,
        None => return Err(StepTrouble::from(StepFault::Cancelled).of_step(step)),
    }
    run.changed = true;
    #[cfg(debug_assertions)]
    failpoint::reached(Moment::Applied, step.id(), run.cancel).await;
    see(run, step).await?;
    if let Some(journal) = &mut run.journal {
        journal
            .ended(step)
            .map_err(|error| StepTrouble::from(error).of_step(step))?;
    }
    #[cfg(debug_assertions)]
    failpoint::reached(Moment::After, step.id(), run.cancel).await;
    let (outcome, took_ms) = (StepOutcome::Changed, millis(began.elapsed()));
    run.sink.send_about(
        step.side(),
        EventKind::StepFinished {
            step,
            title,
            outcome,
            details,
            took_ms,
        },
    );
    Ok(())
}

/// Looks until it is seen that a step was done.
async fn see(run: &mut Run<'_>, step: Step) -> Result<(), StepError> {
    let mut pause = Pause::within(SEEN_WITHIN);
    loop {
        run.observe()
            .await
            .map_err(|error| StepTrouble::from(error).of_step(step))?;
        if !step.can_be_checked_afterwards() {
            return Ok(());
        }
        match still_needed(run, step) {
            Err(left) if pause.wait(run.cancel).await.is_err() => return Err(left),
            Err(_) => {}
            Ok(()) => return Ok(()),
        }
    }
}

/// The same judgement as before the step: what was to be done must be done.
fn still_needed(run: &Run<'_>, step: Step) -> Result<(), StepError> {
    let mut view = run.view();
    // Both links were given the new password by their own steps.
    view.new_password = false;
    match step.check(&view) {
        Check::Satisfied => Ok(()),
        Check::Needed(left) => Err(match step.failure(&view) {
            Some(trouble) => trouble.of_step(step),
            None => StepError {
            step,
            text: format!("it was done, and yet: {}", left.join(", ")),
            fix: "somebody or something else changes these servers; find it, then run the same command again"
                .into(),
            certainty: Certainty::Applied,
            source: None,
        }}),
    }
}

fn prove(run: &Run<'_>) -> Proof {
    let (copied, adopted) = (run.copied.as_ref(), run.compared.as_ref());
    let position = copied.map(|report| &report.position);
    let held = copied.map(|report| report.lock_held);
    Proof {
        markers: run.trips.clone(),
        compared_at: position
            .or(adopted.map(|compared| &compared.position))
            .map(|at| at.to_string()),
        tables: copied.map_or(0, |report| report.tables.len() as u64)
            + adopted.map_or(0, |compared| compared.tables),
        rows: copied.map_or(0, |report| report.rows) + adopted.map_or(0, |compared| compared.rows),
        lock_held_ms: held
            .or(adopted.map(|compared| compared.lock_held))
            .map(|held| held.as_secs_f64() * 1e3),
        positions: vec![
            run.facts.primary.position().to_string(),
            run.facts.secondary.position().to_string(),
        ],
    }
}
