//! The restart by which a server becomes a clone: who starts it again, and when it is back.

use super::{Run, Step, StepTrouble};
use crate::{
    Restart, Side,
    host::{self, Host, Restarting},
    wait::Pause,
};
use dbha_copy::CloneEnd;
use dbha_sql::{ConnectFault, Endpoint, Observed, RestartMeans, Server, SqlError};
use std::time::{Duration, Instant};

/// How long a start may take when somebody is known to see to it: a clone is recovered like after a crash.
const START_LIMIT: Duration = Duration::from_secs(1800);
/// How long a server is waited for that nobody was seen to start.
const HOPE: Duration = Duration::from_secs(30);
/// How long whatever starts the server may be silent before it is asked whether anybody still works on it.
const SILENCE: Duration = Duration::from_secs(20);
/// How often it is told that it is still waited for.
const PROGRESS: Duration = Duration::from_secs(10);

/// The way back of a server that is about to become a clone.
pub(super) struct Return {
    /// What starts it, where dbha has to see to that.
    starting: Option<Restarting>,
    /// How the server is logged in to now.
    own: Endpoint,
    /// The same server with the login of the primary, whose accounts it will have.
    with_login_of_primary: Endpoint,
}

/// What is seen of the server at one moment after the clone.
enum Seen {
    /// It answers and is the clone.
    Clone(Box<Server>),
    /// It answers and the clone has failed.
    Failed,
    /// It answers and the clone goes on: only the connection that asked for it was lost.
    StillCloning,
    /// It does not answer, or is still about to end.
    NotYet,
}

impl Return {
    /// Sees to it that the secondary is started again when it ends, where dbha may and nobody else does.
    pub(super) async fn prepare(run: &mut Run<'_>) -> Result<Self, StepTrouble> {
        let own = run.servers.secondary.endpoint().clone();
        let primary = run.servers.primary.endpoint();
        let with_login_of_primary = Endpoint {
            user: primary.user.clone(),
            password: primary.password.clone(),
            ..own.clone()
        };
        Ok(Self {
            starting: begin_to_start(run).await?,
            own,
            with_login_of_primary,
        })
    }

    /// The clone failed and the server runs on.
    pub(super) async fn give_up(self) {
        if let Some(starting) = self.starting
            && let Err(error) = starting.give_up().await
        {
            tracing::debug!(%error, "what would have started the server");
        }
    }

    /// Waits until the secondary answers as a clone, and goes on with that connection.
    pub(super) async fn wait(self, run: &mut Run<'_>, end: CloneEnd) -> Result<(), StepTrouble> {
        let began = Instant::now();
        let name = run.facts.secondary.name.clone();
        run.detail(Step::CopyData, format!("{name} has been cloned and restarts"));
        run.copying(crate::CopyCounts {
            phase: "restart".into(),
            ..crate::CopyCounts::default()
        });
        let limit = match (end, &self.starting) {
            (CloneEnd::Ended, None) => HOPE,
            _ => START_LIMIT,
        };
        let mut pause = Pause::within(limit);
        let mut told = began;
        loop {
            match self.look(&run.id).await? {
                Seen::Clone(server) => {
                    run.servers.secondary = *server;
                    let took = began.elapsed().as_secs_f64();
                    run.detail(Step::CopyData, format!("{name} answers again after {took:.1} s"));
                    return Ok(());
                }
                Seen::Failed => return Err(failed(&name)),
                Seen::StillCloning => pause.extend(limit),
                Seen::NotYet => {}
            }
            if told.elapsed() >= PROGRESS {
                told = Instant::now();
                run.detail(Step::CopyData, format!("{name} does not answer yet"));
            }
            if began.elapsed() > SILENCE
                && let Some(starting) = &self.starting
                && !starting.is_under_way().await?
            {
                return Err(does_not_start(&name, &starting.log_tail().await));
            }
            if let Err(fault) = pause.wait(run.cancel).await {
                return Err(match fault {
                    crate::error::StepFault::TimedOut => must_be_started(run),
                    other => other.into(),
                });
            }
        }
    }

    async fn look(&self, id: &str) -> Result<Seen, StepTrouble> {
        let mut refusal = None;
        for endpoint in [&self.own, &self.with_login_of_primary] {
            match Server::connect(endpoint).await {
                Ok(mut server) => {
                    return Ok(look_at(&mut server, id)
                        .await
                        .map_or(Seen::NotYet, |seen| match seen {
                            None => Seen::Clone(Box::new(server)),
                            Some(seen) => seen,
                        }));
                }
                // Its accounts are those of the primary now.
                Err(
                    error @ SqlError::Connect {
                        fault: ConnectFault::Refused,
                        ..
                    },
                ) => refusal = Some(error),
                // While it starts, nobody listens or it says that it is not ready.
                Err(SqlError::Connect { .. } | SqlError::Lost { .. } | SqlError::TimedOut { .. }) => {
                    return Ok(Seen::NotYet);
                }
                Err(error) => return Err(error.into()),
            }
        }
        match refusal {
            Some(error) => Err(StepTrouble::from(error).with_fix(
                "the secondary has the primary's accounts now: give a login of the primary for it, then run the same \
                 command again",
            )),
            None => Ok(Seen::NotYet),
        }
    }
}

/// Tells what a server that answers is; `None` for the clone of this run.
async fn look_at(server: &mut Server, id: &str) -> Result<Option<Seen>, SqlError> {
    let note = server.dialect().read_clone_note();
    let note = match server.session.query_first(&note).await {
        Ok(row) => row,
        // No such schema or table: everything is gone, and the clone is not there yet.
        Err(error) if matches!(error.code(), Some(1049 | 1146)) => None,
        Err(error) => return Err(error),
    };
    if note.is_some_and(|row| row.get("run") == Some(id)) {
        return Ok(None);
    }
    let asked = server.dialect().read_clone_status();
    let status = server.session.query_first(&asked).await?;
    Ok(Some(match status.as_ref().and_then(|row| row.get("state")) {
        Some("Failed") => Seen::Failed,
        Some("In Progress") => Seen::StillCloning,
        _ => Seen::NotYet,
    }))
}

async fn begin_to_start(run: &mut Run<'_>) -> Result<Option<Restarting>, StepTrouble> {
    let Observed::Known(seen) = &run.facts.secondary.host else {
        return Ok(None);
    };
    let cannot = matches!(seen.restart, RestartMeans::None(_));
    let access = run.options.host_access.of(Side::Secondary).clone();
    let Some(access) = access.filter(|_| run.options.restart == Restart::Allowed) else {
        return Ok(None);
    };
    if seen.supervised || cannot {
        return Ok(None);
    }
    let host = Host::new(access);
    let place = run.servers.secondary.place().await?;
    // What was seen may be minutes old, and another process may have the number by now.
    let (machine, _) = host::look_closely(&host, &place, &run.facts.secondary).await?;
    Ok(Some(host::start_once_cloned(&host, &machine, &place).await?))
}

fn failed(name: &str) -> StepTrouble {
    StepTrouble::new(
        format!("the clone did not come to its end on {name}"),
        "see performance_schema.clone_status and its error log, then run the same command again",
    )
}

fn does_not_start(name: &str, log: &str) -> StepTrouble {
    StepTrouble::new(
        format!("{name} was cloned and does not start; its error log ends with: {log}"),
        "mend what its error log names and start it; then run the same command again, which goes on from there",
    )
}

fn must_be_started(run: &Run<'_>) -> StepTrouble {
    let name = &run.facts.secondary.name;
    let unit = match run.facts.secondary.host.known().map(|host| &host.restart) {
        Some(RestartMeans::Unit(unit)) => unit.clone(),
        _ => "mysql".to_owned(),
    };
    StepTrouble::new(
        format!("{name} has ended to become a clone, and nobody started it again"),
        format!(
            "start it as it is always started on its machine (systemctl start {unit}), then run the same command again: \
             it goes on from there"
        ),
    )
}
