//! A server that had the writes comes back as the standby.

use super::{Pair, close, tell_failure};
use crate::{
    Both, EventKind, EventSink, SetupError, Side,
    error::StepFault,
    event::millis,
    on_heap::on_heap,
    roles::{
        ExtraTransactions, RejoinDone, RejoinOptions, RoleStep, close_old, judge_rejoin, let_go, save_extra,
        wait_no_more,
    },
    run_lock::RunLock,
    wait::Pause,
};
use dbha_sql::{Facts, GtidSet, Server, SqlState};
use std::time::{Duration, Instant};

/// How long following may go on without coming closer.
const CATCH_UP: Duration = Duration::from_secs(60);

impl Pair {
    /// Lets a server that had the writes follow the one that has them now.
    ///
    /// It is made read-only first. What it has and the pair lacks is saved as statements; only then, and only where the caller
    /// wishes that, its data is thrown away and copied anew. Never called by dbha itself.
    pub async fn rejoin(&self, options: &RejoinOptions, sink: EventSink) -> Result<RejoinDone, SetupError> {
        let prepared = on_heap(self.prepare_rejoin(options, &sink)).await;
        let (extra, recorded) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => {
                tell_failure(&sink, &error);
                return Err(error);
            }
        };
        let mut pair = self.led_by(options.server.peer(), &recorded);
        if extra.is_some() {
            pair.options.overwrite_secondary = Some(pair.endpoints.secondary.name.clone());
        }
        // The set-up tells how it ended.
        let setup = pair.setup(sink).await?;
        Ok(RejoinDone { extra, setup })
    }

    async fn prepare_rejoin(
        &self,
        options: &RejoinOptions,
        sink: &EventSink,
    ) -> Result<(Option<ExtraTransactions>, Both<Facts>), SetupError> {
        let _lock = RunLock::take(&self.endpoints, &format!("dbha rejoin of {}", self.name)).await?;
        let (mut servers, facts) = self.connect_and_observe().await?;
        let (back, writer) = (options.server, options.server.peer());
        let findings = judge_rejoin(facts.of(back), facts.of(writer));
        if !findings.is_empty() {
            return Err(SetupError::Refused(findings));
        }
        let began = Instant::now();
        let extra = self.close_and_compare(&mut servers, &facts, back).await?;
        let details = match extra.0.is_empty() {
            true => vec![format!("it has nothing that {} lacks", facts.of(writer).name)],
            false => vec![format!("{} lacks {}", facts.of(writer).name, extra.0)],
        };
        tell(sink, back, RoleStep::CloseReturning, began, details);
        let saved = match extra.0.is_empty() {
            true => None,
            false => Some(save(&mut servers, &extra, options, sink).await?),
        };
        if let Some(saved) = saved.as_ref().filter(|_| !options.discard_extra) {
            return Err(still_extra(&facts, back, saved));
        }
        if saved.is_none() {
            let began = Instant::now();
            self.follow_to_the_end(&mut servers, back).await?;
            tell(sink, back, RoleStep::FollowWriter, began, vec![]);
        }
        let facts = super::observe(&mut servers).await?;
        close(servers).await;
        Ok((saved, facts))
    }

    /// Makes the returning server read-only; returns what it has beyond the writer, and what both have.
    async fn close_and_compare(
        &self,
        servers: &mut Both<Server>,
        facts: &Both<Facts>,
        back: Side,
    ) -> Result<(GtidSet, GtidSet), SetupError> {
        let look = |error: dbha_sql::SqlError| SetupError::Observe(error);
        let closed = close_old(servers.of_mut(back), &self.cancel).await;
        closed.map_err(|fault| half_way(servers.of(back).name(), fault))?;
        let (own, _) = servers.of_mut(back).gtids().await.map_err(look)?;
        // What comes over the link must be applied there again, and wait for nobody.
        let_go(servers.of_mut(back)).await.map_err(look)?;
        wait_no_more(servers.of_mut(back), facts.of(back))
            .await
            .map_err(look)?;
        let (executed, applied) = servers.of_mut(back.peer()).gtids().await.map_err(look)?;
        let writer_has = executed.union(&applied);
        Ok((own.minus(&writer_has), own.common_with(&writer_has)))
    }

    /// Lets it apply everything that the writer had when this began: from then on it knows the roles of now.
    async fn follow_to_the_end(&self, servers: &mut Both<Server>, back: Side) -> Result<(), SetupError> {
        let look = |error: dbha_sql::SqlError| SetupError::Observe(error);
        let (target, _) = servers.of_mut(back.peer()).gtids().await.map_err(look)?;
        let server = servers.of_mut(back);
        let start = server.dialect().start_link();
        let mut pause = Pause::within(CATCH_UP);
        let mut least = u64::MAX;
        let mut started = false;
        loop {
            let facts = server.observe(dbha_sql::Depth::Running).await.map_err(look)?;
            let missing = target.count_missing_from(&facts.position());
            if missing == 0 {
                return Ok(());
            }
            let Some(link) = facts.default_link() else {
                return Err(no_link(&facts));
            };
            if let Some(error) = link.sql_error.as_ref().filter(|_| link.sql == SqlState::Stopped) {
                return Err(half_way(
                    server.name(),
                    StepFault::CannotApply {
                        code: error.code,
                        text: error.text.clone(),
                    },
                ));
            }
            if !link.is_running() && !started {
                started = true;
                server.execute(&start).await.map_err(look)?;
            }
            if missing < least {
                least = missing;
                pause.extend(CATCH_UP);
            }
            pause
                .wait(&self.cancel)
                .await
                .map_err(|fault| half_way(&facts.name, fault))?;
        }
    }
}

async fn save(
    servers: &mut Both<Server>,
    (extra, common): &(GtidSet, GtidSet),
    options: &RejoinOptions,
    sink: &EventSink,
) -> Result<ExtraTransactions, SetupError> {
    let began = Instant::now();
    let back = options.server;
    let saved = save_extra(servers.of_mut(back), extra, common, &options.save_to).await;
    let file = saved.map_err(|error| SetupError::Unsafe {
        text: format!(
            "{} has transactions that the pair lacks ({extra}), and they could not be saved: {}",
            servers.of(back).name(),
            crate::error_chain(&error)
        ),
        fix: error.fix(),
    })?;
    tell(
        sink,
        back,
        RoleStep::SaveExtra,
        began,
        vec![file.display().to_string()],
    );
    Ok(ExtraTransactions {
        gtids: extra.to_string(),
        file,
    })
}

fn tell(sink: &EventSink, side: Side, step: RoleStep, began: Instant, details: Vec<String>) {
    let kind = EventKind::RoleStepFinished {
        step,
        title: step.title(),
        details,
        took_ms: millis(began.elapsed()),
    };
    sink.send_about(Some(side), kind);
}

fn still_extra(facts: &Both<Facts>, back: Side, saved: &ExtraTransactions) -> SetupError {
    let (name, writer) = (&facts.of(back).name, &facts.of(back.peer()).name);
    SetupError::Unsafe {
        text: format!(
            "{name} has transactions that {writer} lacks: {}; they are saved in {}, and {name} is read-only",
            saved.gtids,
            saved.file.display()
        ),
        fix: format!(
            "read the file and do on {writer} again what matters; then the same command with --discard-extra throws away what \
             is on {name} and copies {writer}'s data there"
        ),
    }
}

fn no_link(facts: &Facts) -> SetupError {
    let name = &facts.name;
    SetupError::RolesHalfChanged {
        text: format!("{name} is read-only, and it has no link by which it could follow"),
        fix: format!(
            "fill it anew: dbha setup with {name} as the secondary and --overwrite-secondary {name}"
        ),
    }
}

fn half_way(name: &str, fault: StepFault) -> SetupError {
    match fault {
        StepFault::Cancelled => SetupError::Cancelled,
        fault => SetupError::RolesHalfChanged {
            text: format!("{name} has not come back: {}", crate::error_chain(&fault)),
            fix: format!(
                "mend the cause, then run the same command again; or fill it anew: dbha setup with {name} as the secondary and \
                 --overwrite-secondary {name}"
            ),
        },
    }
}
