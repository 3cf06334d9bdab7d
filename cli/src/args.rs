//! The command line: one file a command.

mod check;
mod choices;
mod completions;
mod demo;
mod dsn;
mod dump;
mod duration_limits;
mod etcd;
mod explain;
mod failover;
mod fence;
mod flavor;
mod guard;
mod hosts;
mod load;
mod login;
mod man;
mod monitor;
mod pair;
mod plan;
mod platform;
mod preflight;
mod rejoin;
mod render;
mod rotate_password;
mod sandbox;
mod setup;
mod status;
mod switchover;
mod undo;
mod verify;
mod writers;

pub use check::{CheckArgs, RequireArg};
pub use choices::ChoicesArgs;
pub use completions::{CompletionsArgs, ShellArg};
pub use demo::DemoArgs;
pub use dsn::DsnArgs;
pub use dump::DumpArgs;
pub use etcd::EtcdArgs;
pub use explain::ExplainArgs;
pub use failover::FailoverArgs;
pub use fence::FenceArgs;
pub use flavor::FlavorArg;
pub use guard::GuardArgs;
pub use hosts::HostArgs;
pub use load::LoadArgs;
pub use login::{LoginArgs, LoneLoginArgs};
pub use man::ManArgs;
pub use monitor::MonitorArgs;
pub use pair::PairArgs;
pub use plan::PlanArgs;
pub use platform::{PlatformArg, PlatformArgs};
pub use preflight::PreflightArgs;
pub use rejoin::RejoinArgs;
pub use render::{
    HaproxyArgs, HealthCheckArgs, HealthFormArg, KeepalivedArgs, MyCnfArgs, PlatformInstallArgs,
    PlatformSecretArgs, PlatformSqlArgs, PrometheusRulesArgs, RenderArgs, RenderKind, SideArg, SystemdArgs,
};
pub use rotate_password::RotatePasswordArgs;
pub use sandbox::{ReleaseArgs, SandboxAction, SandboxArgs, SandboxUpArgs};
pub use setup::{CopyArg, RestartArg, SetupArgs, SetupRunArgs};
pub use status::StatusArgs;
pub use switchover::SwitchoverArgs;
pub use undo::UndoArgs;
pub use verify::VerifyArgs;
pub use writers::WritersArg;

use check::CHECK_EXAMPLES;
use clap::{Args, Parser, Subcommand, ValueEnum};
use completions::COMPLETIONS_EXAMPLES;
use duration_limits::{interval, seconds};
use failover::FAILOVER_EXAMPLES;
use fence::FENCE_EXAMPLES;
use monitor::MONITOR_EXAMPLES;
use rejoin::REJOIN_EXAMPLES;
use std::path::PathBuf;
use switchover::SWITCHOVER_EXAMPLES;
use verify::VERIFY_EXAMPLES;

/// Makes two MySQL or MariaDB servers a proven replicated pair, with one command.
#[derive(Debug, Parser)]
#[command(name = "dbha", version, max_term_width = 100)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How to say it.
    #[command(flatten)]
    pub output: OutputArgs,
}

/// How results are printed.
#[derive(Debug, Args)]
#[command(next_help_heading = "Output")]
pub struct OutputArgs {
    /// Form of the result on standard output; everything said to a person goes to standard error.
    #[arg(short = 'o', long = "output", global = true, value_enum, default_value_t = Output::Human, value_name = "FORM")]
    pub format: Output,
    /// Say less: only errors and the result.
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Log what is being done; twice for more.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// Config file with `[server.NAME]` sections; default ./dbha.toml, else ~/.config/dbha/config.toml.
    #[arg(long, global = true, env = "DBHA_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Directory for what dbha keeps: receipts, sandboxes; default /var/lib/dbha for root, else $XDG_STATE_HOME/dbha.
    #[arg(long, global = true, env = "DBHA_STATE_DIR", value_name = "DIR")]
    pub state_dir: Option<PathBuf>,
}

/// Form of the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Human,
    /// One JSON document at the end.
    Json,
    /// One JSON object a line, as things happen.
    Ndjson,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make the two servers a proven pair: first run, continuation, repair, or nothing to do.
    Setup(SetupRunArgs),
    /// Find everything that speaks against a set-up; changes nothing.
    Preflight(PreflightArgs),
    /// Show what a set-up would do, statement by statement; changes nothing.
    Plan(PlanArgs),
    /// Take back what the last set-up changed, as far as that is possible.
    Undo(UndoArgs),
    /// Say in one sentence how a pair is, then show servers and links; works on any pair; -w goes on looking.
    Status(StatusArgs),
    /// Watch pairs day and night: dashboard, metrics, answers to load balancers, alerts.
    #[command(after_help = MONITOR_EXAMPLES)]
    Monitor(Box<MonitorArgs>),
    /// Look once and answer in one line with the exit codes of Nagios; for Icinga, Keepalived and container probes too.
    #[command(after_help = CHECK_EXAMPLES)]
    Check(CheckArgs),
    /// Compare the data of a running pair at one position, and name what differs by table and key; writes nothing.
    #[command(after_help = VERIFY_EXAMPLES)]
    Verify(VerifyArgs),
    /// Give the writes to the other server: nothing is lost, and never do both take writes.
    #[command(after_help = SWITCHOVER_EXAMPLES)]
    Switchover(SwitchoverArgs),
    /// Take the writes from a server that is gone: what was received is applied, then the other one is opened.
    #[command(after_help = FAILOVER_EXAMPLES)]
    Failover(FailoverArgs),
    /// Let a server that had the writes come back as the standby; what only it has is saved first.
    #[command(after_help = REJOIN_EXAMPLES)]
    Rejoin(RejoinArgs),
    /// Make sure that a server of this machine takes no writes: read-only, else killed; for units of systemd.
    #[command(after_help = FENCE_EXAMPLES)]
    Fence(FenceArgs),
    /// Give both replication accounts and both links a new password; nothing else is changed.
    RotatePassword(RotatePasswordArgs),
    /// Write everything that one server holds into a directory of files; changes nothing on it.
    Dump(DumpArgs),
    /// Bring a dump to an empty server and prove it there; goes on where an earlier run was cut off.
    Load(LoadArgs),
    /// Print a configuration file.
    Render(RenderArgs),
    /// Start, list or remove two private servers on this machine.
    Sandbox(SandboxArgs),
    /// Show the whole story on two private servers, in less than a minute.
    Demo(DemoArgs),
    /// Print a server's address in the forms that other software wants.
    Dsn(DsnArgs),
    /// Say what a code means and what to do about it.
    Explain(ExplainArgs),
    /// Print what a shell needs to complete this command line.
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(CompletionsArgs),
    /// Write the manual pages, one a command.
    #[command(hide = true)]
    Man(ManArgs),
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }
}
