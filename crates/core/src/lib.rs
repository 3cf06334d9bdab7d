//! A replicated pair of MySQL or MariaDB servers: what is wanted, what is there, and the way from one to the other.
//!
//! ```no_run
//! # async fn f() -> Result<(), Box<dyn std::error::Error>> {
//! use dbha_core::{EventSink, Pair, SetupOptions};
//!
//! let pair = Pair::builder()
//!     .primary("mysql://root:secret@10.0.0.1:3306/".parse()?)
//!     .secondary("mysql://root:secret@10.0.0.2:3306/".parse()?)
//!     .options(SetupOptions::default())
//!     .build()?;
//! let done = pair.setup(EventSink::new(|event| println!("{event:?}"))).await?;
//! assert!(done.status.is_healthy());
//! # Ok(()) }
//! ```
//!
//! The way of the data: arguments → [`Topology`] → two [`Facts`] → [`preflight()`] and [`plan()`] (pure) → the engine,
//! which observes again around every step → [`Event`]s, which every renderer consumes.

mod adoption;
mod advice;
mod archive;
mod assess;
#[cfg(test)]
mod built_facts;
mod catalogue;
mod choices;
mod clone_choice;
mod cloned;
mod condition;
mod durability;
mod engine;
mod error;
mod event;
#[cfg(debug_assertions)]
mod failpoint;
mod fence;
mod finding;
mod host;
mod journal;
mod old_peer;
mod on_heap;
mod option_file;
mod options;
mod pair;
mod partner;
mod plan;
mod platform;
mod preflight;
mod probe;
mod proof;
mod reach;
mod receipt;
mod reference_page;
mod rendered;
mod roles;
mod run_lock;
mod same_server;
mod saved_plan;
mod server_error;
mod side;
#[cfg(test)]
mod spawnable;
mod status;
mod steps;
mod topology;
mod undo;
mod verified;
mod wait;
mod writer_vote;

pub use archive::{DumpDone, DumpOptions, LoadDone, LoadWanted, dump, load};
pub use assess::{Seen, Unseen, Watched, assess, assess_watched, drifted_settings};
pub use condition::Condition;
pub use durability::{Durability, DurabilityStatus, durability};
pub use error::{Certainty, SetupError, StepError, StepFault, error_chain};
pub use event::{CopyCounts, Event, EventKind, EventSink, StepOutcome};
pub use fence::{Fence, FenceError, FencePlan, Fenced, ServerProcess};
pub use finding::{Finding, FindingCode, Severity};
pub use host::{HostAccess, HostError, Restart};
pub use option_file::{OptionLine, option_file, option_lines};
pub use options::{
    AutoIncrement, CopyMethod, MonitorAccountWanted, NO_LIMIT_MS, PlatformAccountWanted, SetupOptions,
    Writers,
};
pub use pair::{BuildError, Looking, Pair, PairBuilder, SetupDone};
pub use plan::{Plan, PlannedStatement, PlannedStep, plan};
pub use platform::{
    HealthCheckForm, HealthCheckWanted, Platform, PlatformInstallWanted, PlatformSqlWanted, health_check,
    platform_install, platform_options, platform_sql,
};
pub use preflight::preflight;
pub use probe::{LagLimits, ProbeLevel, Probed, Required, probe, probe_with_findings};
pub use proof::{MarkerTrip, Proof};
pub use receipt::{
    DropInBefore, LinkBefore, Receipt, ReceiptError, ReceiptState, ReceiptStore, ServerBefore, StepRecord,
    StoredReceipt,
};
pub use reference_page::{Explanation, explain, explanations};
pub use rendered::{
    GuardUnit, HaproxyServer, HaproxyWanted, KeepalivedServer, KeepalivedWanted, NotRenderable,
    PrometheusRulesWanted, SystemdUnitWanted, VirtualAddress, haproxy, keepalived, monitor_account,
    prometheus_rules, systemd_unit,
};
pub use roles::{
    ExtraError, ExtraTransactions, FailoverDone, FailoverOptions, NotToOpen, PlannedRoleStep, RejoinDone,
    RejoinOptions, RoleStep, SwitchoverDone, SwitchoverOptions, SwitchoverPlan, writer_to_open,
};
pub use saved_plan::{SavedPlan, SavedPlanError};
pub use server_error::{ErrorCase, ErrorNumber, NextStep, ServerError};
pub use side::{Both, Side};
pub use status::{
    KeyStep, LastError, LinkDetail, LinkStatus, Problem, ServerStatus, Status, Verdict, WritableServers,
};
pub use steps::{Check, Step, View};
pub use topology::{Link, ServerPlan, Topology, WantedSetting, plan_for_new_server};
pub use undo::{UndoKind, UndoOptions, UndoPlan, UndoStep};

pub use verified::{Verified, VerifyOptions};
pub use writer_vote::{VoteChange, VoteError, WriterVote};

pub use dbha_copy::{
    DefinitionDifference, Difference, DifferenceKind, KeyValue, NotCompared, TableDifference,
};
pub use dbha_sql::{
    Address, ClientOptions, Dialect, Endpoint, Facts, Flavor, GtidSet, IoState, Secret, SqlError, SqlState,
    SslMode, TlsOptions, Version, Wire, harmless,
};
pub use tokio_util::sync::CancellationToken;

// Of use to dbha's own program and pages alone; no part of what is promised to others.
#[doc(hidden)]
pub use dbha_sql::{
    generate_password, is_unprintable, panic_is_caught, quote_account, quote_identifier, quote_literal,
};
#[doc(hidden)]
pub use reference_page::{reference_page, server_errors_page};

/// The examples of the page about embedding compile.
#[cfg(doctest)]
#[doc = include_str!("../../../docs/embedding.md")]
struct EmbeddingPage;
