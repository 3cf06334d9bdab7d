//! Making sure that a server of this machine takes no writes: read-only where that is confirmed in time, else killed.
//!
//! What is killed is known without SQL: the process that listens at the server's address here. A server that is reached
//! through something else (a forwarded port, a proxy, another machine) has no such process, and is left alone.

mod close;
mod here;
mod listeners;
mod mute;
mod process;

use crate::wait::Pause;
use dbha_sql::Endpoint;
use listeners::Listening;
use serde::Serialize;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use process::ServerProcess;

/// How long the kernel may take to end a process that was killed; one that writes to a slow disk takes a while.
const END_LIMIT: Duration = Duration::from_secs(10);

/// How often a server is dealt with that is started again meanwhile.
const ROUNDS: usize = 5;

/// A fence around one server of this machine.
#[derive(Debug, Clone)]
pub struct Fence {
    endpoint: Endpoint,
    limit: Duration,
    known: Option<ServerProcess>,
}

/// How it is certain that the server takes no writes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "how", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fenced {
    /// It is read-only, and no client is connected.
    ByReadOnly {
        /// Its process.
        process: ServerProcess,
        /// How many connections were ended.
        ended: usize,
    },
    /// Its process was killed, and is gone.
    ByKill {
        /// The process that was.
        process: ServerProcess,
        /// Why read-only was not confirmed.
        why: String,
    },
    /// It does not run.
    WasDown,
}

/// What a fence would do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FencePlan {
    /// The process that would be killed if read-only is not confirmed in time; `None` where the server does not run.
    pub process: Option<ServerProcess>,
    /// Whether this user may kill it.
    pub may_kill: bool,
}

/// Why it is not certain that the server takes no writes.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FenceError {
    /// The address is not one of this machine; nothing was done.
    #[error(
        "{name} is at {address}, which is not an address of this machine: only its own machine fences a server"
    )]
    NotHere {
        /// The server.
        name: String,
        /// Its address.
        address: String,
    },
    /// Something else answers at its address; nothing was done.
    #[error("what listens at {address} is no MySQL or MariaDB server but process {pid} ({program})")]
    NotAServer {
        /// The server's address.
        address: String,
        /// The process.
        pid: u32,
        /// Its name.
        program: String,
    },
    /// The process may not be looked at; nothing was done.
    #[error(
        "the process that listens at {address} may not be looked at: that takes root, or the server's own user"
    )]
    Hidden {
        /// The server's address.
        address: String,
    },
    /// The connection did not lead to the process that listens here, and that process may be another server.
    #[error("a connection to {address} does not lead to process {pid}, which listens there")]
    LedElsewhere {
        /// The server's address.
        address: String,
        /// The process.
        pid: u32,
    },
    /// A server that starts or stops listens nowhere, and may be the one.
    #[error(
        "nobody listens at {address}, and process {pid} is a server that starts or stops and may be the one: it was left alone"
    )]
    Unclear {
        /// The server's address.
        address: String,
        /// The process.
        pid: u32,
    },
    /// It was killed, and started again by somebody, several times.
    #[error("the server at {address} is started again and again; stop whatever starts it")]
    ComesBack {
        /// The server's address.
        address: String,
    },
    /// The process could not be killed.
    #[error("process {pid} cannot be killed ({why} before)")]
    NotKilled {
        /// The process.
        pid: u32,
        /// Why it was to be.
        why: String,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The process was killed and is still there.
    #[error("process {pid} was killed and is not gone after {} s", END_LIMIT.as_secs())]
    NotEnding {
        /// The process.
        pid: u32,
    },
    /// The machine could not be looked at.
    #[error("cannot look at this machine's {what}")]
    Machine {
        /// What was looked at.
        what: &'static str,
        /// The system's answer.
        source: std::io::Error,
    },
}

impl Fence {
    /// Puts a fence around the server at an address of this machine, of which read-only is to be confirmed within a limit.
    pub fn new(endpoint: Endpoint, limit: Duration) -> Self {
        Self {
            endpoint,
            limit,
            known: None,
        }
    }

    /// Names the process that was seen to be this server before; it is killed even where it listens no more.
    #[must_use]
    pub fn known_as(mut self, process: ServerProcess) -> Self {
        self.known = Some(process);
        self
    }

    /// Finds the server's process, by who listens at its address.
    ///
    /// # Errors
    /// [`FenceError`] where that is not certain.
    pub async fn process(&self) -> Result<Option<ServerProcess>, FenceError> {
        Ok(match Listening::find(&self.endpoint.address).await? {
            Listening::Here(process) => Some(process),
            Listening::Nobody { mute } => self.known_and_running().or(mute),
        })
    }

    /// Finds the process that listens at the server's address; `None` where none does.
    ///
    /// # Errors
    /// [`FenceError`] where that is not certain.
    pub async fn listener(&self) -> Result<Option<ServerProcess>, FenceError> {
        Ok(match Listening::find(&self.endpoint.address).await? {
            Listening::Here(process) => Some(process),
            Listening::Nobody { .. } => None,
        })
    }

    /// Says what [`Fence::close`] would do; nothing is changed.
    ///
    /// # Errors
    /// As [`Fence::process`].
    pub async fn plan(&self) -> Result<FencePlan, FenceError> {
        let process = self.process().await?;
        let may_kill = process.as_ref().is_none_or(ServerProcess::may_be_killed);
        Ok(FencePlan { process, may_kill })
    }

    /// Makes the server read-only or kills it; returns only once it is certain that it takes no writes.
    ///
    /// # Errors
    /// [`FenceError`] where that is not certain.
    pub async fn close(&self) -> Result<Fenced, FenceError> {
        self.close_hurried_by(&CancellationToken::new()).await
    }

    /// Does what [`Fence::close`] does; once it is hurried its limit is over, and what is not read-only is killed.
    ///
    /// # Errors
    /// [`FenceError`] where it is not certain that the server takes no writes.
    pub async fn close_hurried_by(&self, hurry: &CancellationToken) -> Result<Fenced, FenceError> {
        let mut killed = None;
        for _ in 0..ROUNDS {
            let until = Instant::now() + self.limit;
            let Some(process) = self.wait_for_listener(until, hurry).await? else {
                return Ok(killed.unwrap_or(Fenced::WasDown));
            };
            match self.read_only(&process, until, hurry).await {
                Ok(ended) => return Ok(Fenced::ByReadOnly { process, ended }),
                // Somebody starts it again meanwhile.
                Err(_) if !process.is_running() => {}
                Err(close::Unclosed::Elsewhere) => {
                    return Err(FenceError::LedElsewhere {
                        address: self.endpoint.address.to_string(),
                        pid: process.pid,
                    });
                }
                Err(close::Unclosed::Why(why)) => killed = Some(self.kill(process, why).await?),
            }
        }
        Err(FenceError::ComesBack {
            address: self.endpoint.address.to_string(),
        })
    }

    fn known_and_running(&self) -> Option<ServerProcess> {
        self.known.clone().filter(ServerProcess::is_running)
    }

    /// Waits for a server that is starting or stopping to listen or to be gone.
    async fn wait_for_listener(
        &self,
        until: Instant,
        hurry: &CancellationToken,
    ) -> Result<Option<ServerProcess>, FenceError> {
        let mut pause = Pause::within(self.limit);
        loop {
            let mute = match Listening::find(&self.endpoint.address).await? {
                Listening::Here(process) => return Ok(Some(process)),
                Listening::Nobody { mute } => mute,
            };
            if let Some(known) = self.known_and_running() {
                return Ok(Some(known));
            }
            let Some(mute) = mute else { return Ok(None) };
            if Instant::now() >= until || pause.wait(hurry).await.is_err() {
                return Err(FenceError::Unclear {
                    address: self.endpoint.address.to_string(),
                    pid: mute.pid,
                });
            }
        }
    }

    /// Tries by SQL until the limit; returns how many connections were ended.
    async fn read_only(
        &self,
        process: &ServerProcess,
        until: Instant,
        hurry: &CancellationToken,
    ) -> Result<usize, close::Unclosed> {
        let mut pause = Pause::within(self.limit);
        let mut why = None;
        loop {
            let tried = tokio::select! {
                tried = close::by_read_only(&self.endpoint, process) => Some(tried),
                () = tokio::time::sleep_until(until) => None,
                () = hurry.cancelled() => None,
            };
            match tried {
                Some(Ok(ended)) => return Ok(ended),
                Some(Err(close::Unclosed::Elsewhere)) => return Err(close::Unclosed::Elsewhere),
                Some(Err(close::Unclosed::Why(text))) => why = Some(text),
                None if hurry.is_cancelled() => {
                    why.get_or_insert_with(|| "nobody had more time".to_owned());
                }
                None => {
                    why.get_or_insert_with(|| format!("no answer within {:?}", self.limit));
                }
            }
            if Instant::now() >= until || pause.wait(hurry).await.is_err() {
                return Err(close::Unclosed::Why(why.unwrap_or_default()));
            }
        }
    }

    async fn kill(&self, process: ServerProcess, why: String) -> Result<Fenced, FenceError> {
        tracing::warn!(
            pid = process.pid,
            why,
            "read-only is not confirmed: the server is killed"
        );
        if let Err(source) = process.kill() {
            let pid = process.pid;
            return Err(FenceError::NotKilled { pid, why, source });
        }
        let never = CancellationToken::new();
        let mut pause = Pause::within(END_LIMIT);
        while process.is_running() {
            if pause.wait(&never).await.is_err() {
                return Err(FenceError::NotEnding { pid: process.pid });
            }
        }
        Ok(Fenced::ByKill { process, why })
    }
}
