//! The steps of a set-up: one file each, with `check` (pure, the only judge), `statements` (what a plan shows) and `apply`.

mod adopt_secondary;
mod catch_up;
mod check_reach;
mod claim_secondary;
mod clone_data;
mod clone_proof;
mod clone_restart;
mod configure_server;
mod copy_data;
pub(crate) mod copy_tally;
mod detach_replaced;
mod ensure_accounts;
mod ensure_monitor_account;
mod ensure_registry;
mod ensure_semi_sync;
mod follow;
mod new_password;
mod own_domain;
mod password_file;
mod prepare_platform;
mod prove_links;
mod set_writers;
mod write_option_file;

pub(crate) use copy_tally::CopyTally;
pub(crate) use ensure_semi_sync::{opened_for, wait_on};
pub(crate) use set_writers::open_managed;

use crate::{
    Both, Certainty, CopyCounts, EventKind, EventSink, SetupOptions, Side, StepError, Topology, cloned,
    error::StepFault, journal::Journal, on_heap::on_heap,
};
use dbha_copy::{Archive, Compared, CopyError, CopyReport};
use dbha_sql::{
    Depth, Endpoint, Facts, Secret, Server, Session, SessionProfile, Setting, SqlError, Statement,
};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

/// One step of a set-up, in the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Step {
    /// The proof that a secondary that follows already holds what the primary holds; its old link is given up.
    ///
    /// Before anything else: where the proof fails nothing has been changed.
    AdoptSecondary,
    /// The row on the secondary that says it is to be filled.
    ///
    /// First of all (safety rule 8): what makes a copy necessary may be gone after the next step, and a run that is
    /// killed there must leave that knowledge behind.
    ClaimSecondary,
    /// The end of a partnership: what ties the primary to the server that the secondary takes the place of.
    ///
    /// Before anything that stops a thread of the primary: what it has received from the old one is applied first.
    DetachReplaced,
    /// dbha's option file on the primary's machine, and a restart where nothing else brings what is in it.
    WriteOptionFilePrimary,
    /// dbha's option file on the secondary's machine, and a restart where nothing else brings what is in it.
    WriteOptionFileSecondary,
    /// Identity and settings of the primary.
    ConfigurePrimary,
    /// Identity and settings of the secondary.
    ConfigureSecondary,
    /// dbha's schema, with a row for each server.
    EnsureRegistry,
    /// The replication accounts.
    EnsureAccounts,
    /// Each server really reaches the other and logs in there.
    CheckReach,
    /// The copy of the data, compared.
    CopyData,
    /// The secondary reads from the primary.
    FollowPrimary,
    /// The secondary has everything that the primary has.
    CatchUp,
    /// The primary reads from the secondary.
    FollowSecondary,
    /// A marker crosses each link.
    ProveLinks,
    /// Commits of the writer wait for the other server's acknowledgement, where that is wanted.
    EnsureSemiSync,
    /// Who takes writes.
    SetWriters,
    /// The monitor's own account and the table of its heartbeats, where they are wanted.
    EnsureMonitorAccount,
    /// The databases and the account of the platform that the pair is for, where they are wanted.
    PreparePlatform,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Step; 19] = [
        Step::AdoptSecondary,
        Step::ClaimSecondary,
        Step::DetachReplaced,
        Step::WriteOptionFilePrimary,
        Step::WriteOptionFileSecondary,
        Step::ConfigurePrimary,
        Step::ConfigureSecondary,
        Step::EnsureRegistry,
        Step::EnsureAccounts,
        Step::CheckReach,
        Step::CopyData,
        Step::FollowPrimary,
        Step::CatchUp,
        Step::FollowSecondary,
        Step::ProveLinks,
        Step::EnsureSemiSync,
        Step::SetWriters,
        Step::EnsureMonitorAccount,
        Step::PreparePlatform,
    ];

    /// The steps of a change of the replication password, in order.
    pub const NEW_PASSWORD: [Step; 4] = [
        Step::EnsureAccounts,
        Step::FollowPrimary,
        Step::FollowSecondary,
        Step::ProveLinks,
    ];

    /// Returns the stable id, the same in plans, events and tests.
    pub fn id(self) -> &'static str {
        match self {
            Step::WriteOptionFilePrimary => "write_option_file_primary",
            Step::WriteOptionFileSecondary => "write_option_file_secondary",
            Step::AdoptSecondary => "adopt_secondary",
            Step::ConfigurePrimary => "configure_primary",
            Step::ConfigureSecondary => "configure_secondary",
            Step::EnsureRegistry => "ensure_registry",
            Step::EnsureAccounts => "ensure_accounts",
            Step::CheckReach => "check_reach",
            Step::ClaimSecondary => "claim_secondary",
            Step::DetachReplaced => "detach_replaced",
            Step::CopyData => "copy_data",
            Step::FollowPrimary => "follow_primary",
            Step::CatchUp => "catch_up",
            Step::FollowSecondary => "follow_secondary",
            Step::ProveLinks => "prove_links",
            Step::EnsureSemiSync => "ensure_semi_sync",
            Step::SetWriters => "set_writers",
            Step::EnsureMonitorAccount => "ensure_monitor_account",
            Step::PreparePlatform => "prepare_platform",
        }
    }

    /// Says what the step does, in a few words.
    pub fn title(self) -> &'static str {
        match self {
            Step::WriteOptionFilePrimary => "write the primary's option file",
            Step::WriteOptionFileSecondary => "write the secondary's option file",
            Step::AdoptSecondary => "adopt the secondary: compare its data, end its old link",
            Step::ConfigurePrimary => "set identity and settings of the primary",
            Step::ConfigureSecondary => "set identity and settings of the secondary",
            Step::EnsureRegistry => "record the pair in dbha's schema",
            Step::EnsureAccounts => "create the replication accounts",
            Step::CheckReach => "check that each server reaches the other",
            Step::ClaimSecondary => "claim the secondary",
            Step::DetachReplaced => "let go of the server that is replaced",
            Step::CopyData => "copy the primary's data and compare it",
            Step::FollowPrimary => "let the secondary follow the primary",
            Step::CatchUp => "wait until the secondary has caught up",
            Step::FollowSecondary => "let the primary follow the secondary",
            Step::ProveLinks => "prove both links with a marker",
            Step::EnsureSemiSync => "let commits wait for the other server's acknowledgement",
            Step::SetWriters => "decide who takes writes",
            Step::EnsureMonitorAccount => "create the monitor's account",
            Step::PreparePlatform => "create the platform's databases and account",
        }
    }

    /// Returns the server that the step changes; `None` where it is about both.
    pub fn side(self) -> Option<Side> {
        match self {
            Step::DetachReplaced
            | Step::WriteOptionFilePrimary
            | Step::ConfigurePrimary
            | Step::FollowSecondary => Some(Side::Primary),
            Step::WriteOptionFileSecondary
            | Step::ConfigureSecondary
            | Step::AdoptSecondary
            | Step::ClaimSecondary
            | Step::CopyData
            | Step::FollowPrimary
            | Step::CatchUp => Some(Side::Secondary),
            _ => None,
        }
    }

    /// Judges whether there is anything to do; pure.
    pub fn check(self, view: &View<'_>) -> Check {
        match self {
            Step::WriteOptionFilePrimary => write_option_file::check(view, Side::Primary),
            Step::WriteOptionFileSecondary => write_option_file::check(view, Side::Secondary),
            Step::AdoptSecondary => adopt_secondary::check(view),
            Step::ConfigurePrimary => configure_server::check(view, Side::Primary),
            Step::ConfigureSecondary => configure_server::check(view, Side::Secondary),
            Step::EnsureRegistry => ensure_registry::check(view),
            Step::EnsureAccounts => ensure_accounts::check(view),
            Step::CheckReach => check_reach::check(view),
            Step::ClaimSecondary => claim_secondary::check(view),
            Step::DetachReplaced => detach_replaced::check(view),
            Step::CopyData => copy_data::check(view),
            Step::FollowPrimary => follow::check(view, Side::Primary),
            Step::CatchUp => catch_up::check(view),
            Step::FollowSecondary => follow::check(view, Side::Secondary),
            Step::ProveLinks => prove_links::check(view),
            Step::EnsureSemiSync => ensure_semi_sync::check(view),
            Step::SetWriters => set_writers::check(view),
            Step::EnsureMonitorAccount => ensure_monitor_account::check(view),
            Step::PreparePlatform => prepare_platform::check(view),
        }
    }

    /// Lists the statements that the step will send, as far as they are known beforehand; secrets are masked.
    pub(crate) fn statements(self, view: &View<'_>) -> Vec<(Side, Statement)> {
        match self {
            Step::WriteOptionFilePrimary => write_option_file::statements(view, Side::Primary),
            Step::WriteOptionFileSecondary => write_option_file::statements(view, Side::Secondary),
            Step::ConfigurePrimary => configure_server::statements(view, Side::Primary),
            Step::ConfigureSecondary => configure_server::statements(view, Side::Secondary),
            Step::EnsureRegistry => ensure_registry::statements(view),
            Step::EnsureAccounts => ensure_accounts::statements(view),
            Step::ClaimSecondary => claim_secondary::statements(view),
            Step::DetachReplaced => detach_replaced::statements(view),
            Step::FollowPrimary => follow::statements(view, Side::Primary),
            Step::FollowSecondary => follow::statements(view, Side::Secondary),
            Step::EnsureSemiSync => ensure_semi_sync::statements(view),
            Step::SetWriters => set_writers::statements(view),
            Step::EnsureMonitorAccount => ensure_monitor_account::statements(view),
            Step::PreparePlatform => prepare_platform::statements(view),
            Step::AdoptSecondary | Step::CheckReach | Step::CopyData | Step::CatchUp | Step::ProveLinks => {
                vec![]
            }
        }
    }

    /// Does it.
    ///
    /// The large ones on the heap: whoever embeds this may call it on a thread with a stack of 2 MiB.
    pub(crate) async fn apply(self, run: &mut Run<'_>) -> Result<(), StepTrouble> {
        match self {
            Step::WriteOptionFilePrimary => on_heap(write_option_file::apply(run, Side::Primary)).await,
            Step::WriteOptionFileSecondary => on_heap(write_option_file::apply(run, Side::Secondary)).await,
            Step::AdoptSecondary => on_heap(adopt_secondary::apply(run)).await,
            Step::ConfigurePrimary => configure_server::apply(run, Side::Primary).await,
            Step::ConfigureSecondary => configure_server::apply(run, Side::Secondary).await,
            Step::EnsureRegistry => ensure_registry::apply(run).await,
            Step::EnsureAccounts => on_heap(ensure_accounts::apply(run)).await,
            Step::CheckReach => on_heap(check_reach::apply(run)).await,
            Step::ClaimSecondary => on_heap(claim_secondary::apply(run)).await,
            Step::DetachReplaced => on_heap(detach_replaced::apply(run)).await,
            Step::CopyData => on_heap(copy_data::apply(run)).await,
            Step::FollowPrimary => on_heap(follow::apply(run, Side::Primary)).await,
            Step::CatchUp => on_heap(catch_up::apply(run)).await,
            Step::FollowSecondary => on_heap(follow::apply(run, Side::Secondary)).await,
            Step::ProveLinks => on_heap(prove_links::apply(run)).await,
            Step::EnsureSemiSync => on_heap(ensure_semi_sync::apply(run)).await,
            Step::SetWriters => set_writers::apply(run).await,
            Step::EnsureMonitorAccount => ensure_monitor_account::apply(run).await,
            Step::PreparePlatform => on_heap(prepare_platform::apply(run)).await,
        }
    }

    /// Says why a step that was done did not hold, where the servers tell.
    pub(crate) fn failure(self, view: &View<'_>) -> Option<StepTrouble> {
        match self {
            Step::FollowPrimary => follow::stopped(view, Side::Primary),
            Step::FollowSecondary => follow::stopped(view, Side::Secondary),
            _ => None,
        }
    }

    /// Tells whether the step, where there is something to do, gives the replication accounts a new password.
    pub(crate) fn renews_passwords(self, view: &View<'_>) -> bool {
        self == Step::EnsureAccounts && !ensure_accounts::keeps_passwords(view)
    }

    /// Tells whether the same judgement after the step must say that nothing is left to do.
    pub(crate) fn can_be_checked_afterwards(self) -> bool {
        // These leave nothing that facts could show, or look themselves.
        !matches!(
            self,
            Step::CheckReach
                | Step::ProveLinks
                | Step::EnsureAccounts
                | Step::EnsureMonitorAccount
                | Step::PreparePlatform
        )
    }
}

/// What a step judges by.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// What was seen of both servers.
    pub facts: &'a Both<Facts>,
    /// What is wanted.
    pub topology: &'a Topology,
    /// What the caller wants.
    pub options: &'a SetupOptions,
    /// Whether an earlier step of this run has something to do, or did it.
    pub changed: bool,
    /// Whether the replication accounts get a new password in this run, so that links must be given it.
    pub new_password: bool,
}

impl View<'_> {
    /// Tells whether the secondary's data has to be brought over.
    pub(crate) fn needs_copy(&self) -> bool {
        copy_data::is_needed(self)
    }
}

/// The judgement of a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Check {
    /// Everything is as wanted.
    Satisfied,
    /// Something is to be done; what differs, one entry each.
    Needed(Vec<String>),
}

/// Everything that a step works with.
pub(crate) struct Run<'a> {
    pub(crate) servers: Both<Server>,
    pub(crate) facts: Both<Facts>,
    pub(crate) topology: &'a Topology,
    pub(crate) options: &'a SetupOptions,
    pub(crate) id: String,
    pub(crate) archive: Option<Archive>,
    pub(crate) journal: Option<Journal>,
    pub(crate) changed: bool,
    pub(crate) password: Option<Secret>,
    /// How the caller logs in to the secondary; a clone may know that login no more.
    pub(crate) given: Endpoint,
    pub(crate) copied: Option<CopyReport>,
    pub(crate) compared: Option<Compared>,
    pub(crate) trips: Vec<crate::MarkerTrip>,
    pub(crate) sink: &'a EventSink,
    pub(crate) cancel: &'a CancellationToken,
}

impl Run<'_> {
    pub(crate) fn view(&self) -> View<'_> {
        View {
            facts: &self.facts,
            topology: self.topology,
            options: self.options,
            changed: self.changed,
            new_password: self.password.is_some(),
        }
    }

    /// Looks at both servers at once; the data dictionary, which no step but the copy changes, and what was seen on
    /// their machines, which the steps about option files look at anew by themselves, are kept as they were.
    pub(crate) async fn observe(&mut self) -> Result<(), SqlError> {
        let (primary, secondary) = tokio::join!(
            self.servers.primary.observe(Depth::Running),
            self.servers.secondary.observe(Depth::Running)
        );
        for (side, seen) in [(Side::Primary, primary?), (Side::Secondary, secondary?)] {
            let before = self.facts.of_mut(side);
            let (schemas, engines) = (before.schemas.clone(), before.engines.clone());
            let clone = before.clone.clone();
            let host = std::mem::take(&mut before.host);
            *before = Facts {
                schemas,
                engines,
                clone,
                ..seen
            };
            before.set_host(host);
        }
        cloned::give_claim_back(&mut self.facts);
        Ok(())
    }

    /// Sends the statements of a step to their servers, in order.
    async fn send(&mut self, statements: Vec<(Side, Statement)>) -> Result<(), SqlError> {
        for (side, statement) in statements {
            self.servers.of_mut(side).execute(&statement).await?;
        }
        Ok(())
    }

    /// Opens a connection whose statements do not enter the server's binary log.
    async fn unlogged(&self, side: Side) -> Result<Session, SqlError> {
        Session::connect(self.servers.of(side).endpoint(), SessionProfile::Loader).await
    }

    fn detail(&self, step: Step, text: impl Into<String>) {
        self.sink.send_about(
            step.side(),
            EventKind::Detail {
                step,
                text: text.into(),
            },
        );
    }

    fn copying(&self, counts: CopyCounts) {
        self.sink
            .send_about(Some(Side::Secondary), EventKind::Copying { counts });
    }
}

/// Opens a server for dbha's own statements where not even administrators may write; everybody else stays out.
pub(crate) fn open_for_dbha(facts: &Facts) -> Vec<Statement> {
    match facts.has(Setting::SuperReadOnly, "ON") {
        true => facts
            .dialect
            .change_setting_until_restart(Setting::SuperReadOnly, "OFF"),
        false => vec![],
    }
}

/// Why a step did not end well, before the engine knows which step it was.
pub(crate) struct StepTrouble {
    text: String,
    fix: String,
    source: Option<Box<StepFault>>,
}

impl StepTrouble {
    /// Trouble in dbha's own judgement.
    pub(crate) fn new(text: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            fix: fix.into(),
            source: None,
        }
    }

    /// Replaces what is to be done about it.
    pub(crate) fn with_fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = fix.into();
        self
    }

    pub(crate) fn because(mut self, source: impl Into<StepFault>) -> Self {
        self.source = Some(Box::new(source.into()));
        self
    }

    /// Names the step, and judges what is left of it on the servers.
    pub(crate) fn of_step(self, step: Step) -> StepError {
        let certainty = match self.source.as_deref() {
            Some(StepFault::Sql(error)) if error.outcome_unknown() => Certainty::Unknown,
            Some(StepFault::Copy(CopyError::NotEqual(_) | CopyError::NoSnapshotOf(_))) => {
                Certainty::NotApplied
            }
            _ if step == Step::CheckReach => Certainty::NotApplied,
            _ => Certainty::Applied,
        };
        StepError {
            step,
            text: self.text,
            fix: self.fix,
            certainty,
            source: self.source,
        }
    }
}

impl<E: Into<StepFault>> From<E> for StepTrouble {
    fn from(source: E) -> Self {
        let source = source.into();
        let fix = match &source {
            StepFault::Sql(error) => crate::advice::for_error(error),
            StepFault::Cancelled | StepFault::Copy(CopyError::Cancelled) => "run the same command again to go on".to_owned(),
            StepFault::Receipt(error) => error.fix(),
            StepFault::Copy(CopyError::Archive(error)) => error.fix(),
            StepFault::Copy(CopyError::TransactionsPrepared { .. }) => {
                "end them (XA RECOVER lists them; XA COMMIT or XA ROLLBACK), then run the same command again".to_owned()
            }
            StepFault::Copy(CopyError::LockNotGranted { .. } | CopyError::TableLocked { .. }) => {
                "end that statement or connection or wait for it, or raise --lock-wait-timeout; then run the same command again".to_owned()
            }
            StepFault::Copy(CopyError::NeverStill { .. }) => {
                "grant RELOAD to dbha's account on the primary, so that a short lock can hold it still; or run the same \
                 command at a quieter moment"
                    .to_owned()
            }
            StepFault::Copy(CopyError::LogsPurged { .. }) => {
                "keep binary logs for longer than a copy takes (binlog_expire_logs_seconds, expire_logs_days, \
                 max_binlog_total_size; see what runs PURGE BINARY LOGS), then run the same command again: it copies anew"
                    .to_owned()
            }
            StepFault::Host(_) => {
                "see that --host-access leads to the server's machine and its account may write there, then run the \
                 same command again; or leave it away"
                    .to_owned()
            }
            _ => "mend the cause, then run the same command again: it goes on from here".to_owned(),
        };
        Self {
            text: String::new(),
            fix,
            source: Some(Box::new(source)),
        }
    }
}
