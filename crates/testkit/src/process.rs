//! The process of one server.

use std::fs::OpenOptions;
use std::io;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::bond::Bond;
use crate::clock::ask_until;
use crate::home::ServerHome;
use crate::spawner::spawn;
use crate::{ProcessIdentity, TestkitError};

/// How long a server may take to end after it was asked to; one that is stuck is killed then.
const STOP_LIMIT: Duration = Duration::from_secs(20);
/// How long the kernel may take to end a killed one.
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// Owns a running server; dropped, it is killed and reaped, whatever state it was in.
///
/// It holds the child unreaped, so its number cannot have been given to another process. A server that somebody else
/// started anew is no child: that one is known by its number and start time.
#[derive(Debug)]
pub(crate) struct ServerProcess {
    child: Option<Child>,
    adopted: Option<ProcessIdentity>,
    pid: u32,
    exit_code: Option<i32>,
    /// Whether it leads a group of its own, in which a supervisor runs the server.
    leads_group: bool,
}

impl ServerProcess {
    /// Starts a server; what it prints before it opens its error log goes there, too.
    pub(crate) fn spawn(mut command: Command, home: &ServerHome, bond: Bond) -> Result<Self, TestkitError> {
        let program = command.get_program().into();
        let log = home.error_log();
        let open = OpenOptions::new().create(true).append(true).open(&log);
        let open = open.map_err(TestkitError::file("open", &log))?;
        let copy = open.try_clone().map_err(TestkitError::file("open", &log))?;
        command
            .stdin(Stdio::null())
            .stdout(open)
            .stderr(copy)
            .current_dir(home.dir());
        bond.apply(&mut command);
        let child = spawn(command).map_err(|source| TestkitError::Spawn { program, source })?;
        Ok(Self {
            pid: child.id(),
            child: Some(child),
            adopted: None,
            exit_code: None,
            leads_group: bond == Bond::Detached,
        })
    }

    /// Takes over a server that somebody else started.
    pub(crate) fn adopt(process: ProcessIdentity) -> Self {
        Self {
            child: None,
            adopted: Some(process),
            pid: process.pid,
            exit_code: None,
            leads_group: false,
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.pid
    }

    /// Tells whether it has ended; reaps it then.
    pub(crate) fn has_ended(&mut self) -> Result<bool, TestkitError> {
        let Some(child) = &mut self.child else {
            return Ok(!self.adopted.is_some_and(|process| process.is_running()));
        };
        let status = child.try_wait().map_err(|source| TestkitError::Signal {
            pid: self.pid,
            source,
        })?;
        if let Some(status) = status {
            self.child = None;
            self.exit_code = status.code();
        }
        Ok(status.is_some())
    }

    /// Returns the code with which it ended, once that was seen.
    pub(crate) fn exit_code(&self) -> Option<i32> {
        self.exit_code
    }

    /// Sends a signal to it while it is ours to send to.
    pub(crate) fn signal(&self, signal: Signal) -> Result<(), TestkitError> {
        if self.child.is_none() && !self.adopted.is_some_and(|process| process.is_running()) {
            return Err(TestkitError::NotRunning);
        }
        let pid = i32::try_from(self.pid).map_err(|_| TestkitError::NotRunning)?;
        kill(Pid::from_raw(pid), signal).map_err(|errno| TestkitError::Signal {
            pid: self.pid,
            source: io::Error::from(errno),
        })
    }

    /// Asks it to end, and kills it when it does not in time.
    pub(crate) async fn stop(&mut self) -> Result<(), TestkitError> {
        if self.has_ended()? {
            return Ok(());
        }
        self.signal(Signal::SIGTERM)?;
        // A frozen one would never see the request.
        self.signal(Signal::SIGCONT)?;
        if self.ends_within(STOP_LIMIT).await? {
            Ok(())
        } else {
            self.kill().await
        }
    }

    /// Ends it as a power failure would.
    pub(crate) async fn kill(&mut self) -> Result<(), TestkitError> {
        if self.has_ended()? {
            return Ok(());
        }
        self.signal(Signal::SIGKILL)?;
        if self.ends_within(KILL_LIMIT).await? {
            return Ok(());
        }
        Err(TestkitError::NotEnding {
            pid: self.pid,
            limit: KILL_LIMIT,
        })
    }

    async fn ends_within(&mut self, limit: Duration) -> Result<bool, TestkitError> {
        let ended = ask_until(limit, || {
            let ended = self.has_ended();
            async move { ended.map(|ended| ended.then_some(())) }
        });
        Ok(ended.await?.is_some())
    }

    /// Gives it up without ending it: it lives on after this process.
    pub(crate) fn release(mut self) {
        self.child = None;
        self.adopted = None;
    }
}

impl Drop for ServerProcess {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // The server itself, where a supervisor is what was started.
            if let (true, Ok(group)) = (self.leads_group, i32::try_from(self.pid)) {
                let _ = kill(Pid::from_raw(-group), Signal::SIGKILL);
            }
            let _ = child.kill();
            let _ = child.wait();
        } else if self.adopted.is_some() {
            let _ = self.signal(Signal::SIGKILL);
        }
    }
}
