//! What can go wrong with private servers.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use crate::Release;

/// Says why a private server, a pair or a sandbox is not there, with what to do where that is known.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TestkitError {
    /// No such release is known by that name.
    #[error(
        "'{0}' is no known server release; known are mariadb-10.5, mariadb-10.11, mariadb-11.8, mysql-9.7"
    )]
    UnknownRelease(String),
    /// The release is known, and not on this machine.
    #[error("{release} is not on this machine; {fix}")]
    NotInstalled {
        /// What was asked for.
        release: Release,
        /// What brings it here.
        fix: String,
    },
    /// A file or directory could not be read, written or removed.
    #[error("cannot {action} {}", path.display())]
    File {
        /// What was being done, as a verb.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The server's program could not be run.
    #[error("cannot run {}", program.display())]
    Spawn {
        /// The program.
        program: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A signal could not be sent to a server's process.
    #[error("cannot signal process {pid}")]
    Signal {
        /// The process.
        pid: u32,
        /// The system's answer.
        source: io::Error,
    },
    /// The first initialisation of a data directory failed.
    #[error("{release} could not initialise a data directory; the end of its log:\n{log}")]
    Initialise {
        /// The release.
        release: Release,
        /// The last lines that it wrote.
        log: String,
    },
    /// The server ended while it was starting.
    #[error("{release} ended while it was starting; the end of its error log:\n{log}")]
    Start {
        /// The release.
        release: Release,
        /// The last lines of the error log.
        log: String,
    },
    /// The server did not answer in time.
    #[error("{release} did not answer within {} s of its start; the end of its error log:\n{log}", limit.as_secs())]
    Silent {
        /// The release.
        release: Release,
        /// How long was waited.
        limit: Duration,
        /// The last lines of the error log.
        log: String,
    },
    /// The server's own port was taken by another process, and stayed so.
    #[error("port {port} of 127.0.0.1 is taken by another process")]
    PortTaken {
        /// The port.
        port: u16,
    },
    /// No port could be listened on.
    #[error("cannot listen on a port of 127.0.0.1")]
    Listen(#[source] io::Error),
    /// The server did not end, not even killed.
    #[error("process {pid} did not end within {} s", limit.as_secs())]
    NotEnding {
        /// The process.
        pid: u32,
        /// How long was waited.
        limit: Duration,
    },
    /// The server was asked something that only a running one can do.
    #[error("the server is not running")]
    NotRunning,
    /// Unix sockets have short names, and this directory is too deep for one.
    #[error("{} is too long for the path of a socket; choose a shorter directory (TMPDIR, or the state directory)", .0.display())]
    SocketPathTooLong(PathBuf),
    /// The operating system gave no random bytes.
    #[error("the operating system gave no random bytes: {0}")]
    Random(String),
    /// The certificates of a server could not be made.
    #[error("cannot make certificates")]
    Certificate(#[source] rcgen::Error),
    /// A piece of work was given up because the runtime is ending.
    #[error("the work was given up because the runtime is ending")]
    GivenUp,
    /// The name cannot be that of a sandbox.
    #[error("'{0}' cannot be the name of a sandbox; use up to 32 of a-z, 0-9 and '-'")]
    SandboxName(String),
    /// A sandbox of that name exists.
    #[error("the sandbox '{0}' exists already; choose another name, or take it down first")]
    SandboxExists(String),
    /// No sandbox of that name exists.
    #[error("there is no sandbox '{0}'")]
    NoSuchSandbox(String),
    /// The file that describes a sandbox cannot be understood.
    #[error("{} does not describe a sandbox", path.display())]
    SandboxFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

impl TestkitError {
    /// Returns a closure for `map_err` that says what was being done to which file.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }

    /// Tells whether the release is merely missing here, so that a test may be skipped.
    pub fn is_not_installed(&self) -> bool {
        matches!(self, Self::NotInstalled { .. })
    }
}
