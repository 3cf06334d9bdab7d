use crate::{Finding, Step, receipt::ReceiptError};
use dbha_copy::{ArchiveError, CopyError};
use dbha_sql::SqlError;

/// What is known of a step that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// It changed nothing.
    NotApplied,
    /// A part of it, or all of it, took effect.
    Applied,
    /// The answer was lost.
    Unknown,
}

/// A step of the plan that did not end well.
#[derive(Debug, thiserror::Error)]
#[error("step {} failed{}{}", .step.id(), if text.is_empty() { "" } else { ": " }, .text)]
pub struct StepError {
    /// The step.
    pub step: Step,
    /// What went wrong in dbha's own judgement; empty where the source says it all.
    pub text: String,
    /// What to do.
    pub fix: String,
    /// Whether it took effect.
    pub certainty: Certainty,
    /// The cause.
    #[source]
    pub source: Option<Box<StepFault>>,
}

/// The cause of a failed step.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StepFault {
    /// A server said no, or nothing.
    #[error(transparent)]
    Sql(#[from] SqlError),
    /// The copy failed.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// Something on a server's machine could not be done.
    #[error(transparent)]
    Host(#[from] crate::HostError),
    /// The operating system gave no random bytes.
    #[error("no random bytes from the operating system")]
    Random(#[from] std::io::Error),
    /// The receipt could not be written.
    #[error(transparent)]
    Receipt(#[from] ReceiptError),
    /// A link has received what it cannot apply.
    #[error("what was received cannot be applied: error {code}: {text}")]
    CannotApply {
        /// The server's number.
        code: u32,
        /// The server's words.
        text: String,
    },
    /// The vote of a guarded pair was not given, or that is not known.
    #[error("the vote was not given")]
    Vote(#[source] crate::VoteError),
    /// The caller asked to stop.
    #[error("stopped on request")]
    Cancelled,
    /// A limit passed.
    #[error("the limit passed")]
    TimedOut,
}

/// How a set-up, a plan or a look at the pair can fail.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetupError {
    /// A server could not be reached or logged in to.
    #[error(transparent)]
    Connect(SqlError),
    /// A server could not be looked at.
    #[error("could not look at the servers")]
    Observe(#[source] SqlError),
    /// A clone that a run left behind could not be ended.
    #[error("could not end what an earlier run left")]
    Clone(#[source] CopyError),
    /// Preflight found something that must be mended first; nothing was changed.
    #[error("{} must be mended first; nothing was changed", count(.0))]
    Blocked(Vec<Finding>),
    /// A step failed.
    #[error("the set-up stopped half-way")]
    Step {
        /// The step and its cause.
        #[source]
        error: Box<StepError>,
        /// Whether any step before it changed something.
        changed_before: bool,
    },
    /// A dump failed; nothing was changed on the server.
    #[error("the dump failed, and nothing of it stays")]
    Dump(#[source] CopyError),
    /// A load stopped; the server holds a part of the dump.
    #[error("the load stopped half-way")]
    Load(#[source] CopyError),
    /// A comparison of a running pair did not come to its end; nothing was changed.
    #[error("could not compare the servers")]
    Verify {
        /// What happened.
        #[source]
        source: Box<CopyError>,
        /// What to do.
        fix: String,
    },
    /// The caller asked to stop.
    #[error("stopped on request")]
    Cancelled,
    /// The receipt of a set-up cannot be used, or was not written.
    #[error(transparent)]
    Receipt(ReceiptError),
    /// It would be unsafe; nothing was changed.
    #[error("{text}")]
    Unsafe {
        /// Why.
        text: String,
        /// What to do instead.
        fix: String,
    },
    /// A change of roles is refused; nothing was changed.
    #[error("the roles stay as they are; nothing was changed")]
    Refused(Vec<Finding>),
    /// A change of roles ended early, and the writer is the one of before.
    #[error("{text}")]
    RolesKept {
        /// How things stand.
        text: String,
        /// What to do.
        fix: String,
        /// What happened.
        #[source]
        source: Box<StepFault>,
    },
    /// A change of roles ended early, and something is left to do.
    #[error("{text}")]
    RolesHalfChanged {
        /// How things stand, and what happened.
        text: String,
        /// What to do.
        fix: String,
    },
    /// The answer to the decisive statement of a change of roles was lost.
    #[error("{text}")]
    RolesUnknown {
        /// How things stand.
        text: String,
        /// What to do.
        fix: String,
        /// What happened.
        #[source]
        source: Box<StepFault>,
    },
    /// An undo stopped before its end.
    #[error("the undo stopped half-way: {0}")]
    HalfUndone(String),
    /// Every step was done and the pair is not healthy all the same.
    #[error("every step was done, and the pair is not healthy: {0}")]
    Unhealthy(String),
}

fn count(findings: &[Finding]) -> String {
    match findings.iter().filter(|finding| finding.blocks()).count() {
        1 => "one finding".to_owned(),
        n => format!("{n} findings"),
    }
}

impl SetupError {
    /// Returns the exit code that the outside contract gives to this failure.
    pub fn exit_code(&self) -> u8 {
        match self {
            SetupError::Connect(_) => 4,
            SetupError::Observe(SqlError::TimedOut { .. }) => 7,
            SetupError::Observe(SqlError::Connect { .. } | SqlError::Lost { .. }) => 4,
            SetupError::Observe(_) => 1,
            SetupError::Blocked(_) => 3,
            SetupError::Clone(_) => 8,
            SetupError::Cancelled => 130,
            SetupError::Verify { source, .. } => match source.as_ref() {
                CopyError::NoCommonPosition { .. }
                | CopyError::LockNotGranted { .. }
                | CopyError::Sql {
                    source: SqlError::TimedOut { .. },
                    ..
                } => 7,
                CopyError::Sql {
                    source: SqlError::Connect { .. } | SqlError::Lost { .. },
                    ..
                } => 4,
                _ => 1,
            },
            SetupError::Unhealthy(_) => 5,
            SetupError::Receipt(ReceiptError::None { .. } | ReceiptError::Unreadable { .. }) => 2,
            SetupError::HalfUndone(_) | SetupError::Load(_) => 8,
            SetupError::Dump(error) => dump_exit_code(error),
            SetupError::Receipt(ReceiptError::Unwritable { .. }) => 1,
            SetupError::Receipt(_) | SetupError::Unsafe { .. } | SetupError::Refused(_) => 6,
            SetupError::RolesKept { source, .. } => match source.as_ref() {
                StepFault::TimedOut => 7,
                _ => 1,
            },
            SetupError::RolesHalfChanged { .. } => 8,
            SetupError::RolesUnknown { .. } => 9,
            SetupError::Step {
                error,
                changed_before,
            } => match (error.source.as_deref(), error.certainty) {
                (Some(StepFault::Cancelled | StepFault::Copy(CopyError::Cancelled)), _) => 130,
                (Some(StepFault::Copy(CopyError::NotEqual(_))), _) => 5,
                (Some(StepFault::TimedOut), _) => 7,
                (_, Certainty::Unknown) => 9,
                (_, Certainty::NotApplied) if !changed_before => 1,
                _ => 8,
            },
        }
    }

    /// Returns what to do, where the failure itself knows it.
    pub fn fix(&self) -> Option<String> {
        match self {
            SetupError::Step { error, .. } => Some(error.fix.clone()),
            SetupError::Connect(error) | SetupError::Observe(error) => Some(connect_fix(error)),
            SetupError::Verify { fix, .. } => Some(fix.clone()),
            SetupError::Dump(error) => Some(copy_fix(error)),
            SetupError::Load(CopyError::Archive(error)) => Some(error.fix()),
            SetupError::HalfUndone(_) | SetupError::Load(_) => {
                Some("mend the cause, then run the same command again: it goes on from here".into())
            }
            SetupError::Clone(_) => {
                Some("wait until it has ended, then run the same command again: it goes on from there".into())
            }
            SetupError::Cancelled => Some("run the same command again to go on".into()),
            SetupError::Unhealthy(_) => Some("run `dbha status` for the reasons".into()),
            SetupError::Receipt(error) => Some(error.fix()),
            SetupError::Unsafe { fix, .. }
            | SetupError::RolesKept { fix, .. }
            | SetupError::RolesHalfChanged { fix, .. }
            | SetupError::RolesUnknown { fix, .. } => Some(fix.clone()),
            SetupError::Blocked(_) | SetupError::Refused(_) => None,
        }
    }
}

fn dump_exit_code(error: &CopyError) -> u8 {
    match error {
        CopyError::Sql {
            source: SqlError::Connect { .. },
            ..
        } => 4,
        CopyError::LockNotGranted { .. } => 7,
        CopyError::Sql {
            source: SqlError::TimedOut { .. },
            ..
        } => 7,
        CopyError::Archive(ArchiveError::NotEmpty { .. } | ArchiveError::Busy { .. }) => 2,
        CopyError::Uncopyable(_) => 3,
        CopyError::Cancelled => 130,
        _ => 1,
    }
}

fn copy_fix(error: &CopyError) -> String {
    match error {
        CopyError::Archive(error) => error.fix(),
        CopyError::Sql { source, .. } => connect_fix(source),
        CopyError::LockNotGranted { .. } => {
            "end that statement or wait for it, or raise --lock-wait-timeout; then run the same command again"
                .into()
        }
        CopyError::TransactionsPrepared { .. } => {
            "end them (XA RECOVER lists them; XA COMMIT or XA ROLLBACK), then run the same command again"
                .into()
        }
        CopyError::Uncopyable(_) => "change or drop these tables first".into(),
        _ => "mend the cause, then run the same command again".into(),
    }
}

fn connect_fix(error: &SqlError) -> String {
    use dbha_sql::ConnectFault;
    let SqlError::Connect { fault, .. } = error else {
        return crate::advice::for_error(error);
    };
    match fault {
        ConnectFault::Unreachable => {
            "check host and port, that the server runs, its bind-address, and the firewall"
        }
        ConnectFault::Refused => "check user, password and the host from which the account may log in",
        ConnectFault::Locked => "unlock the account there (ALTER USER … ACCOUNT UNLOCK), or log in with another one",
        ConnectFault::PasswordExpired => {
            "log in once with a client and give the account a new password (ALTER USER USER() IDENTIFIED BY …), or let an \
             administrator set PASSWORD EXPIRE NEVER"
        }
        ConnectFault::HostRefused => {
            "no account there allows the host that dbha runs on, or the server has blocked it: create one for it, or \
             FLUSH HOSTS"
        }
        ConnectFault::TooManyConnections => {
            "the server has no connection left: raise max_connections or end idle ones"
        }
        ConnectFault::Tls => "check --ssl-mode and --ssl-ca against what the server offers",
        ConnectFault::NotAServer => "something else than a MySQL or MariaDB server answers there",
        ConnectFault::Silent => {
            "the port is open and nothing answers: the server hangs, or a firewall swallows the packets"
        }
        _ => "see that the server runs and is reachable",
    }
    .to_owned()
}

/// Writes an error and its causes in one line, each once.
pub fn error_chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let words = cause.to_string();
        if !text.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        next = cause.source();
    }
    text
}
