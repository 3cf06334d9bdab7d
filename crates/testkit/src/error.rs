//! What can go wrong with private servers.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use dbha_core::{Finding, SetupError, Side, SqlError};
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
    /// No back end is known by that name.
    #[error("'{0}' is no back end of a pair; known are processes, containers, urls (DBHA_TEST_BACKEND)")]
    UnknownBackend(String),
    /// The back end in use cannot do what was asked.
    #[error("{what} is not possible: {reason}; {fix}")]
    NotPossible {
        /// What was asked, in a few words.
        what: &'static str,
        /// Why it cannot be had.
        reason: String,
        /// What to do instead.
        fix: String,
    },
    /// A server is to be reached by a URL that is not there or is none.
    #[error("{what} is not the URL of a server: {reason}; give it as mysql://USER:PASSWORD@HOST:PORT/")]
    Url {
        /// Where the URL was to come from.
        what: String,
        /// What is wrong with it; never the URL itself, which holds a password.
        reason: String,
    },
    /// The SQL that was to run before the set-up failed.
    #[error("the SQL for the primary failed")]
    SetupSql(#[source] Box<SqlError>),
    /// The two servers could not be made a pair.
    #[error("the two servers could not be made a pair{}", findings(.0))]
    Pair(#[source] Box<SetupError>),
    /// The pair was not ready in time.
    #[error("the pair was not ready within {} s; give it more by ready_within(), or start with fewer servers at once", limit.as_secs_f32())]
    NotReady {
        /// How long was waited.
        limit: Duration,
    },
    /// A server of the pair did not do as it was told.
    #[error("the {side} of the pair did not {action}")]
    Sql {
        /// Which server.
        side: Side,
        /// What it was to do, as a verb.
        action: &'static str,
        /// What it, or the network, answered.
        source: Box<SqlError>,
    },
    /// A server lacks transactions of its peer and will not get them, or did not in time.
    #[error("the {side} has not caught up after {:.1} s: it lacks {missing}; {link}", waited.as_secs_f32())]
    NotCaughtUp {
        /// Which server.
        side: Side,
        /// How long was waited.
        waited: Duration,
        /// What it lacks.
        missing: String,
        /// How its replication stands.
        link: String,
    },
    /// Binary logs could not be thrown away because somebody still reads them.
    #[error("{left} old binary logs of the {side} are still there after {} s: a replica reads them; cut its link or stop it first", limit.as_secs())]
    LogsInUse {
        /// Whose logs.
        side: Side,
        /// How many are left.
        left: usize,
        /// How long was waited.
        limit: Duration,
    },
    /// Servers in containers could not be had.
    #[cfg(feature = "docker")]
    #[error(transparent)]
    Containers(#[from] crate::ContainerError),
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
    /// The program of etcd is not on this machine.
    #[error("etcd is not on this machine; on Debian: apt-get install etcd-server")]
    NoEtcd,
    /// An etcd ended while it was starting, or did not answer in time.
    #[error("etcd did not answer within {} s of its start; the end of its log:\n{log}", limit.as_secs())]
    EtcdStart {
        /// How long was waited.
        limit: Duration,
        /// The last lines that it wrote.
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

/// Lists what a set-up must not go on with; the error itself only counts it.
fn findings(error: &SetupError) -> String {
    let SetupError::Blocked(found) = error else {
        return String::new();
    };
    let blocking = found.iter().filter(|finding| finding.blocks());
    let told: Vec<String> = blocking.map(told).collect();
    format!(": {}", told.join("; "))
}

fn told(finding: &Finding) -> String {
    format!("{} ({})", finding.text, finding.fix)
}

impl TestkitError {
    /// Returns a closure for `map_err` that says what was being done to which file.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }

    /// Returns a closure for `map_err` that says which server was to do what.
    pub(crate) fn sql(side: Side, action: &'static str) -> impl FnOnce(SqlError) -> Self {
        move |source| Self::Sql {
            side,
            action,
            source: Box::new(source),
        }
    }

    /// Tells whether the release, or etcd, is merely missing here, so that a test may be skipped.
    pub fn is_not_installed(&self) -> bool {
        matches!(self, Self::NotInstalled { .. } | Self::NoEtcd)
    }
}
