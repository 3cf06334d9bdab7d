//! The server that is left takes the writes: what it has received is applied, the way from the dead one is removed, and only
//! then is it opened.

use super::{FailoverOptions, RoleStep, closed, events, judge_survivor::still_feeds, opened};
#[cfg(debug_assertions)]
use crate::failpoint::{self, Moment};
use crate::{EventKind, EventSink, SetupError, Side, advice, error::StepFault, event::millis, wait::Pause};
use dbha_sql::{Depth, Event, Facts, GtidSet, IoState, ReplicaStatus, Server, SqlState};
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// Everything that taking over needs.
pub(crate) struct TakeOver<'a> {
    pub(crate) server: &'a mut Server,
    pub(crate) facts: Facts,
    pub(crate) old: &'a str,
    /// What the old writer has, where it was closed and told so.
    pub(crate) old_has: Option<GtidSet>,
    /// Whether a vote outside the pair vouches that the old writer takes no writes, wherever it is.
    pub(crate) by_vote: bool,
    pub(crate) term: u64,
    pub(crate) options: &'a FailoverOptions,
    pub(crate) sink: &'a EventSink,
    pub(crate) cancel: &'a CancellationToken,
}

/// What taking over did.
pub(crate) struct TakenOver {
    pub(crate) begins_with: String,
    pub(crate) complete: bool,
    pub(crate) events_moved: usize,
}

impl TakeOver<'_> {
    fn side(&self) -> Side {
        self.options.to
    }

    fn tell(&self, step: RoleStep, began: Instant, details: Vec<String>) {
        let kind = EventKind::RoleStepFinished {
            step,
            title: step.title(),
            details,
            took_ms: millis(began.elapsed()),
        };
        self.sink.send_about(Some(self.side()), kind);
    }

    async fn observe(&mut self) -> Result<(), StepFault> {
        self.facts = self.server.observe(Depth::Running).await?;
        Ok(())
    }

    /// The roles are as before; the link may have been stopped, and is started again.
    fn kept(&self, fault: StepFault, fix: &str) -> SetupError {
        match fault {
            StepFault::Cancelled => SetupError::Cancelled,
            fault => SetupError::RolesKept {
                text: format!(
                    "{} was not opened; it is a read-only standby as before",
                    self.facts.name
                ),
                fix: fix.to_owned(),
                source: Box::new(fault),
            },
        }
    }
}

/// Takes the writes over.
pub(crate) async fn take_over(mut run: TakeOver<'_>) -> Result<TakenOver, SetupError> {
    let complete = match run.old_has.clone() {
        Some(all) => receive_the_rest(&mut run, &all).await?,
        // A link that was cut off takes ten seconds to notice it; nobody has to wait for that.
        None if run.by_vote => false,
        None => {
            notice(&mut run).await?;
            false
        }
    };
    if let Err((fault, fix)) = drain(&mut run).await {
        // What has not been let go stays the standby of whoever may come back.
        let receive = run.server.dialect().start_receiver();
        if let Err(error) = run.server.execute(&receive).await {
            tracing::warn!(%error, "the link could not be started again");
        }
        return Err(run.kept(fault, &fix));
    }
    #[cfg(debug_assertions)]
    failpoint::reached(Moment::Applied, RoleStep::Drain.id(), run.cancel).await;
    let_go(&mut run)
        .await
        .map_err(|fault| run.kept(fault, "run the same command again: it goes on from here"))?;
    #[cfg(debug_assertions)]
    failpoint::reached(Moment::Applied, RoleStep::LetGo.id(), run.cancel).await;
    open(&mut run, complete).await
}

/// Waits until the link notices that its source is gone: a frozen server is, too, after a while.
async fn notice(run: &mut TakeOver<'_>) -> Result<(), SetupError> {
    let began = Instant::now();
    let mut pause = Pause::within(run.options.notice);
    loop {
        let looked = run.observe().await;
        looked.map_err(|fault| run.kept(fault, "run the same command again"))?;
        if run
            .facts
            .default_link()
            .is_none_or(|link| link.io != IoState::Running)
        {
            run.tell(RoleStep::Notice, began, vec![]);
            return Ok(());
        }
        match pause.wait(run.cancel).await {
            Ok(()) => {}
            Err(StepFault::Cancelled) => return Err(SetupError::Cancelled),
            Err(_) => return Err(SetupError::Refused(vec![still_feeds(&run.facts.name, run.old)])),
        }
    }
}

/// A closed writer that still answers hands over what it has; returns whether everything came over in time.
async fn receive_the_rest(run: &mut TakeOver<'_>, all: &GtidSet) -> Result<bool, SetupError> {
    let began = Instant::now();
    let mut pause = Pause::within(run.options.notice);
    loop {
        let looked = run.observe().await;
        looked.map_err(|fault| run.kept(fault, "run the same command again"))?;
        let missing = all.count_missing_from(&run.facts.position());
        let over = match missing {
            0 => true,
            _ => match pause.wait(run.cancel).await {
                Ok(()) => false,
                Err(StepFault::Cancelled) => return Err(SetupError::Cancelled),
                Err(_) => true,
            },
        };
        if over {
            let text = match missing {
                0 => format!("{} has handed over everything", run.old),
                1 => format!("1 transaction of {} did not come over and is missing", run.old),
                _ => format!(
                    "{missing} transactions of {} did not come over and are missing",
                    run.old
                ),
            };
            run.tell(RoleStep::Notice, began, vec![text]);
            return Ok(missing == 0);
        }
    }
}

/// Applies everything that was received; the receiver first, which must not find its source again meanwhile.
///
/// On MariaDB the relay log is thrown away when a thread starts while both are stopped: the applier is started before the
/// receiver is stopped.
async fn drain(run: &mut TakeOver<'_>) -> Result<(), (StepFault, String)> {
    const LOOK: &str = "look for a long transaction or a lock there, then run the same command again";
    let plain = |fault: StepFault| (fault, "run the same command again".to_owned());
    let began = Instant::now();
    let Some(link) = run.facts.default_link() else {
        return Ok(());
    };
    let dialect = run.server.dialect();
    // Left over from a change of roles that was cut off: its applier would wait for the server that is gone.
    closed::wait_no_more(run.server, &run.facts)
        .await
        .map_err(|error| plain(error.into()))?;
    let mut first = Vec::new();
    if link.sql == SqlState::Stopped && link.has_unapplied(&run.facts.position()) {
        first.push(dialect.start_applier());
    }
    first.extend(dialect.stop_receiver_of_lost_source());
    run.server
        .execute_all(&first)
        .await
        .map_err(|error| plain(error.into()))?;
    let mut pause = Pause::within(run.options.catch_up);
    let mut before = run.facts.position();
    loop {
        run.observe().await.map_err(plain)?;
        let position = run.facts.position();
        let Some(link) = run.facts.default_link() else {
            return Ok(());
        };
        if !link.has_unapplied(&position) {
            run.tell(RoleStep::Drain, began, vec![format!("it has {position}")]);
            return Ok(());
        }
        if let Some(trouble) = cannot_apply(link) {
            return Err(trouble);
        }
        if position != before {
            before = position;
            pause.extend(run.options.catch_up);
        }
        pause
            .wait(run.cancel)
            .await
            .map_err(|fault| (fault, LOOK.to_owned()))?;
    }
}

fn cannot_apply(link: &ReplicaStatus) -> Option<(StepFault, String)> {
    let error = link
        .sql_error
        .as_ref()
        .filter(|_| link.sql == SqlState::Stopped)?;
    let fix = advice::for_link(error.code).unwrap_or("mend the cause, then run the same command again");
    Some((
        StepFault::CannotApply {
            code: error.code,
            text: error.text.clone(),
        },
        fix.to_owned(),
    ))
}

/// Safety rule 15: a server that returns must find nobody who reads from it.
async fn let_go(run: &mut TakeOver<'_>) -> Result<(), StepFault> {
    let began = Instant::now();
    if run.cancel.is_cancelled() {
        return Err(StepFault::Cancelled);
    }
    if run.facts.default_link().is_some() {
        let dialect = run.server.dialect();
        run.server
            .execute_all(&[dialect.stop_link(), dialect.forget_link()])
            .await?;
    }
    run.observe().await?;
    if run
        .facts
        .default_link()
        .is_some_and(|link| !link.source_host.is_empty())
    {
        return Err(StepFault::TimedOut);
    }
    run.tell(
        RoleStep::LetGo,
        began,
        vec![format!("{} can push nothing when it returns", run.old)],
    );
    Ok(())
}

async fn open(run: &mut TakeOver<'_>, complete: bool) -> Result<TakenOver, SetupError> {
    let began = Instant::now();
    let begins_with = run.facts.position().to_string();
    let recorded = opened::record(run.server, &run.facts, run.term, "failover").await;
    let done = match recorded {
        Ok(()) => opened::open(run.server, &run.facts).await,
        Err(error) => Err(error),
    };
    done.map_err(|error| SetupError::RolesUnknown {
        text: format!("whether {} was opened is not known", run.facts.name),
        fix: "run the same command again: it looks first".to_owned(),
        source: Box::new(error.into()),
    })?;
    run.tell(RoleStep::Open, began, vec![]);
    let began = Instant::now();
    let woken = wake(run).await.map_err(|error| SetupError::RolesHalfChanged {
        text: format!(
            "{} takes the writes; its events still sleep: {}",
            run.facts.name,
            crate::error_chain(&error)
        ),
        fix: "ALTER EVENT … ENABLE wakes each of them there".to_owned(),
    })?;
    if !woken.is_empty() {
        let names = woken
            .iter()
            .map(|event| format!("{}.{}", event.schema, event.name));
        run.tell(RoleStep::MoveEvents, began, names.collect());
    }
    Ok(TakenOver {
        begins_with,
        complete,
        events_moved: woken.len(),
    })
}

/// Whether an event ran on the old writer cannot be asked any more; one that was switched off there is not asleep here.
async fn wake(run: &mut TakeOver<'_>) -> Result<Vec<Event>, dbha_sql::SqlError> {
    let asleep: Vec<Event> = Event::list(&mut run.server.session)
        .await?
        .into_iter()
        .filter(|event| event.asleep)
        .collect();
    events::wake(run.server, &asleep).await?;
    Ok(asleep)
}
