//! Arguments of `dbha render`.

mod keepalived;

use super::{FlavorArg, LoginArgs, WritersArg, seconds};
use clap::{Args, Subcommand, ValueEnum};
use keepalived::KEEPALIVED_EXAMPLES;
use std::time::Duration;

pub use keepalived::KeepalivedArgs;

/// Options of render.
#[derive(Debug, Args)]
pub struct RenderArgs {
    /// What to print.
    #[command(subcommand)]
    pub kind: RenderKind,
}

/// What can be printed.
#[derive(Debug, Subcommand)]
pub enum RenderKind {
    /// The option file of one server.
    #[command(name = "my.cnf")]
    MyCnf(MyCnfArgs),
    /// A section of HAProxy's configuration: clients that write and clients that read, led by the monitor.
    Haproxy(HaproxyArgs),
    /// The whole configuration of Keepalived on one server's machine: an address that follows the writes.
    #[command(after_help = KEEPALIVED_EXAMPLES)]
    Keepalived(KeepalivedArgs),
    /// A unit of systemd for the monitor, with as few rights as it needs.
    Systemd(SystemdArgs),
    /// Alert rules of Prometheus over the monitor's metrics.
    PrometheusRules(PrometheusRulesArgs),
    /// The statements that make the monitor's account by hand.
    MonitorAccount(MonitorAccountArgs),
}

/// Options of render monitor-account.
#[derive(Debug, Args)]
pub struct MonitorAccountArgs {
    /// Host part of the account: where the monitor comes from, as the servers see it; can be given several times.
    #[arg(long, required = true, value_name = "HOST")]
    pub monitor_host: Vec<String>,
    /// Flavour of the servers.
    #[arg(long, value_enum, default_value_t = FlavorArg::Mariadb)]
    pub flavor: FlavorArg,
}

/// Options of render haproxy.
#[derive(Debug, Args)]
pub struct HaproxyArgs {
    /// The primary: a NAME of the config file, or HOST:PORT, by the name that the monitor has for it.
    #[arg(long, value_name = "SERVER", env = "DBHA_PRIMARY")]
    pub primary: String,
    /// The secondary.
    #[arg(long, value_name = "SERVER", env = "DBHA_SECONDARY")]
    pub secondary: String,
    /// Where the monitor answers.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9104")]
    pub monitor: String,
    /// Where clients that write connect to HAProxy; `*` for every address of its machine.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:3307")]
    pub writes: String,
    /// Where clients that only read connect to HAProxy.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:3308")]
    pub reads: String,
    /// How many seconds behind a server may be and still get readers.
    #[arg(long, value_name = "SECONDS", default_value = "10", value_parser = seconds)]
    pub max_lag: Duration,
    /// Who takes writes.
    #[arg(long, value_enum, default_value_t = WritersArg::One, value_name = "WHO")]
    pub writers: WritersArg,
}

/// Options of render systemd.
#[derive(Debug, Args)]
pub struct SystemdArgs {
    /// Path of the program on the machine where it shall run.
    #[arg(long, value_name = "PATH", default_value = "/usr/local/bin/dbha")]
    pub program: String,
    /// File with the password of the monitor's account, for root alone.
    #[arg(long, value_name = "FILE", default_value = "/etc/dbha/monitor.password")]
    pub password_file: String,
    /// File with the token that clients on other machines have to show, for root alone.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<String>,
}

/// Options of render prometheus-rules.
#[derive(Debug, Args)]
pub struct PrometheusRulesArgs {
    /// A pair whose servers both take writes, by its name in the metrics; can be given several times.
    #[arg(long, value_name = "PAIR")]
    pub two_writers: Vec<String>,
    /// How many seconds behind a server may be before somebody is told.
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub max_lag: Duration,
}

/// Options of render my.cnf.
#[derive(Debug, Args)]
pub struct MyCnfArgs {
    /// Which server's.
    #[arg(long, value_enum, value_name = "SIDE")]
    pub server: SideArg,
    /// The primary; with both servers given, their real identities and versions are used.
    #[arg(long, value_name = "SERVER", env = "DBHA_PRIMARY", requires = "secondary")]
    pub primary: Option<String>,
    /// The secondary.
    #[arg(long, value_name = "SERVER", env = "DBHA_SECONDARY", requires = "primary")]
    pub secondary: Option<String>,
    /// How to log in.
    #[command(flatten)]
    pub login: LoginArgs,
    /// Flavour, when no server is given.
    #[arg(long, value_enum, default_value_t = FlavorArg::Mariadb)]
    pub flavor: FlavorArg,
    /// Who takes writes.
    #[arg(long, value_enum, default_value_t = WritersArg::One, value_name = "WHO")]
    pub writers: WritersArg,
    /// Step between generated keys.
    #[arg(long, value_parser = ["1", "2"], value_name = "STEP")]
    pub auto_increment: Option<String>,
}

/// A side of the pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SideArg {
    /// The primary.
    Primary,
    /// The secondary.
    Secondary,
}
