//! From one writer to the other, with a way back until the other one is recorded.

use super::{RoleStep, SwitchoverOptions, closed, events, give_vote, opened};
#[cfg(debug_assertions)]
use crate::failpoint::{self, Moment};
use crate::{
    Both, EventKind, EventSink, SetupError, Side, WriterVote, error::StepFault, event::millis, wait::Pause,
};
use dbha_sql::{Event, Facts, GtidSet, Server};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How long a server that was closed for nothing is tried to be opened again.
const WAY_BACK: Duration = Duration::from_secs(15);
/// Longest pause between two looks at a server that applies the last writes, while nobody can write.
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// Everything that a change of roles needs.
pub(crate) struct HandOver<'a> {
    pub(crate) servers: &'a mut Both<Server>,
    pub(crate) facts: &'a Both<Facts>,
    pub(crate) to: Side,
    pub(crate) term: u64,
    pub(crate) options: &'a SwitchoverOptions,
    pub(crate) vote: Option<&'a dyn WriterVote>,
    pub(crate) sink: &'a EventSink,
    pub(crate) cancel: &'a CancellationToken,
}

/// What a change of roles did.
pub(crate) struct HandedOver {
    pub(crate) closed: Duration,
    pub(crate) connections_ended: usize,
    pub(crate) events_moved: usize,
}

impl HandOver<'_> {
    fn from(&mut self) -> &mut Server {
        self.servers.of_mut(self.to.peer())
    }

    fn target(&mut self) -> &mut Server {
        self.servers.of_mut(self.to)
    }

    fn tell(&self, step: RoleStep, side: Side, began: Instant, details: Vec<String>) {
        self.sink.send_about(
            Some(side),
            EventKind::RoleStepFinished {
                step,
                title: step.title(),
                details,
                took_ms: millis(began.elapsed()),
            },
        );
    }
}

/// Gives the writes to the other server.
pub(crate) async fn hand_over(mut run: HandOver<'_>) -> Result<HandedOver, SetupError> {
    let from = run.to.peer();
    let began = Instant::now();
    let (grace, cancel) = (run.options.grace, run.cancel);
    let left = closed::wait_for_transactions(run.from(), grace, cancel).await;
    let left = left.map_err(|fault| nothing_done(fault, run.facts.of(from)))?;
    let details = match left {
        0 => vec![],
        1 => vec!["1 did not end in time and is rolled back".to_owned()],
        _ => vec![format!("{left} did not end in time and are rolled back")],
    };
    run.tell(RoleStep::WaitForTransactions, from, began, details);

    // Read before anything is closed: it needs no writer to wait for it.
    let asleep = read_events(&mut run)
        .await
        .map_err(|fault| nothing_done(fault, run.facts.of(from)))?;
    let closing = Instant::now();
    let connections_ended = match close_and_catch_up(&mut run).await {
        Ok(ended) => ended,
        Err(fault) => return Err(back(&mut run, fault).await),
    };
    let opening = Instant::now();
    record_and_open(&mut run).await?;
    let closed = closing.elapsed();
    run.tell(RoleStep::Open, run.to, opening, vec![]);
    #[cfg(debug_assertions)]
    failpoint::reached(Moment::Applied, RoleStep::Open.id(), run.cancel).await;
    afterwards(&mut run, &asleep).await?;
    Ok(HandedOver {
        closed,
        connections_ended,
        events_moved: asleep.len(),
    })
}

async fn read_events(run: &mut HandOver<'_>) -> Result<Vec<Event>, StepFault> {
    let there = Event::list(&mut run.from().session).await?;
    let here = Event::list(&mut run.target().session).await?;
    Ok(events::to_wake(&there, &here))
}

async fn close_and_catch_up(run: &mut HandOver<'_>) -> Result<usize, StepFault> {
    let (from, to) = (run.to.peer(), run.to);
    let cancel = run.cancel;
    #[cfg(debug_assertions)]
    failpoint::reached(Moment::Before, RoleStep::Close.id(), run.cancel).await;
    let began = Instant::now();
    let ended = closed::close(run.from(), cancel).await?;
    #[cfg(debug_assertions)]
    failpoint::reached(Moment::Applied, RoleStep::Close.id(), run.cancel).await;
    run.tell(
        RoleStep::Close,
        from,
        began,
        vec![match ended {
            1 => "1 connection was ended".to_owned(),
            _ => format!("{ended} connections were ended"),
        }],
    );
    let began = Instant::now();
    let (all, _) = run.from().gtids().await?;
    catch_up(run, &all).await?;
    run.tell(RoleStep::CatchUp, to, began, vec![format!("it has {all}")]);
    #[cfg(debug_assertions)]
    failpoint::reached(Moment::Applied, RoleStep::CatchUp.id(), run.cancel).await;
    if cancel.is_cancelled() {
        return Err(StepFault::Cancelled);
    }
    hand_vote_over(run).await?;
    Ok(ended)
}

/// The last thing before the other server is recorded. Where it is not known whether the vote went over, opening the first
/// server again does no harm: its guard closes it unless it still has the vote, and else the other one's guard opens that.
async fn hand_vote_over(run: &mut HandOver<'_>) -> Result<(), StepFault> {
    let Some(vote) = run.vote else {
        return Ok(());
    };
    let (began, to, term) = (Instant::now(), run.to, run.term);
    let from = run.facts.of(to.peer()).server_id;
    give_vote(vote, run.servers.of_mut(to), Some(from), run.facts.of(to), term).await?;
    run.tell(RoleStep::GiveVote, to, began, vec![]);
    Ok(())
}

/// Waits until the other server has applied everything.
async fn catch_up(run: &mut HandOver<'_>, all: &GtidSet) -> Result<(), StepFault> {
    let mut pause = Pause::within(run.options.catch_up).no_longer_than(LOOK_AGAIN);
    loop {
        let (executed, applied) = run.target().gtids().await?;
        if all.count_missing_from(&executed.union(&applied)) == 0 {
            return Ok(());
        }
        pause.wait(run.cancel).await?;
    }
}

/// From the first statement on the answer may be lost: the old writer stays closed, whatever happens.
async fn record_and_open(run: &mut HandOver<'_>) -> Result<(), SetupError> {
    let (to, term) = (run.to, run.term);
    let facts = run.facts.of(to);
    let recorded = opened::record(run.servers.of_mut(to), facts, term, "switchover").await;
    #[cfg(debug_assertions)]
    failpoint::reached(Moment::Before, RoleStep::Open.id(), run.cancel).await;
    let done = match recorded {
        Ok(()) => opened::open_beside_standby(run.servers.of_mut(to), facts).await,
        Err(error) => Err(error),
    };
    done.map_err(|error| {
        let (from, target) = (&run.facts.of(to.peer()).name, &facts.name);
        SetupError::RolesUnknown {
            text: format!("{from} is closed, and whether {target} was opened is not known"),
            fix: format!("run the same command again with --to {target}; {from} takes no writes until then"),
            source: Box::new(error.into()),
        }
    })
}

/// What is left to do once the writes are taken by the other server; no writer waits for it.
async fn afterwards(run: &mut HandOver<'_>, asleep: &[Event]) -> Result<(), SetupError> {
    let began = Instant::now();
    let to = run.to;
    let mut done = closed::let_go(run.from()).await;
    if done.is_ok() {
        let facts = run.facts.of(to.peer());
        done = closed::wait_no_more(run.servers.of_mut(to.peer()), facts).await;
    }
    if done.is_ok() {
        done = events::wake(run.target(), asleep).await;
    }
    done.map_err(|error| {
        let target = &run.facts.of(to).name;
        SetupError::RolesHalfChanged {
            text: format!(
                "{target} takes the writes; what comes after that was not all done: {}",
                crate::error_chain(&error)
            ),
            fix: format!(
                "see `dbha status`; events that sleep on {target} are woken by ALTER EVENT … ENABLE there"
            ),
        }
    })?;
    if !asleep.is_empty() {
        let names = asleep
            .iter()
            .map(|event| format!("{}.{}", event.schema, event.name));
        run.tell(RoleStep::MoveEvents, to, began, names.collect());
    }
    Ok(())
}

fn nothing_done(fault: StepFault, from: &Facts) -> SetupError {
    match fault {
        StepFault::Cancelled => SetupError::Cancelled,
        fault => SetupError::RolesKept {
            text: format!("nothing was changed: {} takes the writes as before", from.name),
            fix: "mend the cause, then run the same command again".to_owned(),
            source: Box::new(fault),
        },
    }
}

/// Opens the old writer again, if it was open before.
async fn back(run: &mut HandOver<'_>, fault: StepFault) -> SetupError {
    let from = run.to.peer();
    let facts = run.facts.of(from);
    let was_open = !facts.is_read_only();
    let opened = match was_open {
        true => closed::open_again(run.servers.of_mut(from), facts, WAY_BACK).await,
        // It was closed when this began, by whatever left it so.
        false => closed::let_go(run.servers.of_mut(from)).await.map_err(Into::into),
    };
    let (name, target) = (&facts.name, &run.facts.of(run.to).name);
    match opened {
        Ok(()) if was_open && matches!(fault, StepFault::Cancelled) => SetupError::Cancelled,
        Ok(()) if was_open => SetupError::RolesKept {
            text: format!("{name} takes the writes again, {target} is as it was"),
            fix: why_not(&fault),
            source: Box::new(fault),
        },
        Ok(()) => SetupError::RolesHalfChanged {
            text: format!(
                "neither {name} nor {target} takes writes, as before: {}",
                crate::error_chain(&fault)
            ),
            fix: "run the same command again, or dbha setup, which opens the recorded primary".to_owned(),
        },
        Err(error) => SetupError::RolesHalfChanged {
            text: format!(
                "{name} could not be opened again: {}; it was closed, and then: {}",
                crate::error_chain(&error),
                crate::error_chain(&fault)
            ),
            fix: "once it answers, dbha setup opens it; dbha status shows where the pair stands".to_owned(),
        },
    }
}

fn why_not(fault: &StepFault) -> String {
    match fault {
        StepFault::TimedOut => {
            "the last writes were not applied in time: wait until the link is close behind, or give --catch-up more"
        }
        StepFault::Sql(error) if error.is_lock_wait() => {
            "somebody holds the tables locked (LOCK TABLES, a backup): wait for it, then run the same command again"
        }
        _ => "mend the cause, then run the same command again",
    }
    .to_owned()
}
