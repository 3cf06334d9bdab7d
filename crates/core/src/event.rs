use crate::{
    DumpDone, FailoverDone, Finding, LoadDone, Plan, Proof, RoleStep, Side, Status, Step, SwitchoverDone,
    SwitchoverPlan, UndoStep, Verified,
};
use serde::Serialize;
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// How a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StepOutcome {
    /// Everything was as wanted already.
    Unchanged,
    /// It was made so.
    Changed,
}

/// How far a copy has come.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct CopyCounts {
    /// What is being done: `snapshot`, `schema`, `data`, `indexes`, `objects`, `accounts`, `check`;
    /// by the CLONE plug-in `clone`, `restart`, `check`; `files` while a dump is compared with its manifest.
    pub phase: String,
    /// Tables that are done.
    pub tables_done: u64,
    /// Tables in all.
    pub tables: u64,
    /// Rows copied.
    pub rows_done: u64,
    /// Rows in all, as the primary estimates them.
    pub rows: u64,
    /// Bytes copied.
    pub bytes_done: u64,
    /// Bytes in all: what the primary estimates, corrected by what its tables turned out to have.
    pub bytes: u64,
    /// Bytes a second in the last ten seconds.
    pub bytes_per_second: u64,
    /// Share of the work that is done, keys included, from 0 to 1.
    pub share_done: f64,
    /// Seconds that are left if it goes on like this; absent while nobody can know.
    pub seconds_left: Option<u64>,
    /// The table that was last begun, `schema.table`.
    pub table: Option<String>,
}

/// What happened.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventKind {
    /// Something was found before anything was changed.
    Found {
        /// The finding.
        finding: Finding,
    },
    /// The whole plan, before its first step.
    Planned {
        /// The plan.
        plan: Plan,
    },
    /// A step begins.
    StepStarted {
        /// The step.
        step: Step,
        /// What it does, in a few words.
        title: String,
    },
    /// Something worth telling happened within a step.
    Detail {
        /// The step.
        step: Step,
        /// What happened.
        text: String,
    },
    /// The copy went on; droppable.
    Copying {
        /// How far it has come.
        counts: CopyCounts,
    },
    /// A step ended well.
    StepFinished {
        /// The step.
        step: Step,
        /// What it did, in a few words.
        title: String,
        /// Whether it changed anything.
        outcome: StepOutcome,
        /// What was different before.
        details: Vec<String>,
        /// How long it took, in milliseconds.
        took_ms: u64,
    },
    /// A step failed; a terminal event follows.
    StepFailed {
        /// The step.
        step: Step,
        /// The error and its causes.
        error: String,
        /// What to do.
        fix: String,
    },
    /// A step of an undo ended well.
    TakenBack {
        /// What was taken back.
        step: UndoStep,
        /// How long it took, in milliseconds.
        took_ms: u64,
    },
    /// What a switchover will do, before its first step.
    SwitchoverPlanned {
        /// The plan.
        plan: SwitchoverPlan,
    },
    /// A step of a change of roles ended well.
    RoleStepFinished {
        /// The step.
        step: RoleStep,
        /// What it did, in a few words.
        title: &'static str,
        /// What is worth telling of it.
        details: Vec<String>,
        /// How long it took, in milliseconds.
        took_ms: u64,
    },
    /// The end of a switchover, after success.
    SwitchedOver {
        /// What was done.
        done: SwitchoverDone,
    },
    /// The end of a failover, after success.
    FailedOver {
        /// What was done.
        done: FailoverDone,
    },
    /// The end of an undo, after success.
    Undone {
        /// What stays as it is, and why.
        stays: Vec<String>,
    },
    /// The end of a dump, after success.
    Dumped {
        /// What it is.
        dump: DumpDone,
    },
    /// The end of a load, after success.
    Loaded {
        /// What it brought.
        load: LoadDone,
    },
    /// A comparison went on; droppable.
    Comparing {
        /// How far it has come; what is called copied there was compared.
        counts: CopyCounts,
    },
    /// The end of a comparison, whether the data is equal or not.
    Verified {
        /// What was found.
        result: Verified,
    },
    /// The proof of the pair.
    Proved {
        /// What was proven.
        proof: Proof,
    },
    /// The end, after success.
    Finished {
        /// Whether anything was changed.
        changed: bool,
        /// The state of the pair.
        status: Status,
    },
    /// The end, after a failure.
    Failed {
        /// The error and its causes.
        error: String,
        /// Exit code that the CLI gives for it.
        exit_code: u8,
    },
}

/// One event of a set-up.
#[derive(Debug, Clone, Serialize)]
pub struct Event {
    /// Version of this document's form.
    pub schema_version: u32,
    /// 1, 2, 3 … without gaps.
    pub seq: u64,
    /// Milliseconds since the stream began.
    pub elapsed_ms: u64,
    /// The server that it is about, where it is about one.
    pub server: Option<Side>,
    /// What happened.
    #[serde(flatten)]
    pub kind: EventKind,
}

/// Where events go; cheap to clone.
#[derive(Clone)]
pub struct EventSink {
    seq: Arc<AtomicU64>,
    began: Instant,
    consume: Arc<dyn Fn(&Event) + Send + Sync>,
}

impl EventSink {
    /// Makes a sink that hands every event to a function; the function must not block for long.
    pub fn new(consume: impl Fn(&Event) + Send + Sync + 'static) -> Self {
        Self {
            seq: Arc::default(),
            began: Instant::now(),
            consume: Arc::new(consume),
        }
    }

    /// Makes a sink that forgets everything.
    pub fn silent() -> Self {
        Self::new(|_| {})
    }

    /// Sends an event about both servers or none.
    pub fn send(&self, kind: EventKind) {
        self.send_about(None, kind);
    }

    /// Sends an event about one server.
    pub fn send_about(&self, server: Option<Side>, kind: EventKind) {
        let seq = self.seq.fetch_add(1, Ordering::Relaxed) + 1;
        let elapsed_ms = millis(self.began.elapsed());
        (self.consume)(&Event {
            schema_version: 1,
            seq,
            elapsed_ms,
            server,
            kind,
        });
    }
}

impl fmt::Debug for EventSink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EventSink")
    }
}

pub(crate) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
