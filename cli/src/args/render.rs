//! Arguments of `dbha render`.

mod keepalived;

use super::{ChoicesArgs, FlavorArg, GuardArgs, LoginArgs, PlatformArg, PlatformArgs, WritersArg, seconds};
use clap::{Args, Subcommand, ValueEnum};
use keepalived::KEEPALIVED_EXAMPLES;
use std::{path::PathBuf, time::Duration};

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
    /// What the installer of a platform takes to find the database.
    Platform(PlatformInstallArgs),
    /// The statements that make a platform's databases and account.
    PlatformSql(PlatformSqlArgs),
    /// A health check in the form of Rainbond's node supervisor.
    HealthCheck(HealthCheckArgs),
}

/// Options of render platform.
#[derive(Debug, Args)]
pub struct PlatformInstallArgs {
    /// Whose installer: ocboot's lines, a RainbondCluster, K3s's environment file, KubeSphere's HAProxy.
    #[arg(long = "for", id = "platform", value_enum, value_name = "PLATFORM")]
    pub platform: PlatformArg,
    /// The primary: a NAME of the config file, or HOST:PORT.
    #[arg(long, value_name = "SERVER", env = "DBHA_PRIMARY")]
    pub primary: String,
    /// The secondary.
    #[arg(long, value_name = "SERVER", env = "DBHA_SECONDARY")]
    pub secondary: String,
    /// Where clients that write connect, wherever the writer is: a virtual address, or HAProxy. Default: the primary,
    /// which does not move; for KubeSphere port 3306 of every address of HAProxy's machine.
    #[arg(long, visible_alias = "vip", value_name = "HOST[:PORT]")]
    pub address: Option<String>,
    /// Where the monitor answers.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9104")]
    pub monitor: String,
    /// Where its password comes from and goes to.
    #[command(flatten)]
    pub secret: PlatformSecretArgs,
}

/// The password of a platform's account; it never goes to standard output.
#[derive(Debug, Args)]
pub struct PlatformSecretArgs {
    /// File with the password of the platform's account, for its owner alone; made, with a new password, where it is not
    /// there. Without it the word PASSWORD stands in its place.
    #[arg(long, value_name = "FILE", requires = "out")]
    pub password_file: Option<PathBuf>,
    /// Write to this file, which only its owner can read, and not to standard output.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Options of render platform-sql.
#[derive(Debug, Args)]
pub struct PlatformSqlArgs {
    /// Whose databases and account.
    #[arg(long = "for", id = "platform", value_enum, value_name = "PLATFORM")]
    pub platform: PlatformArg,
    /// Host part of the account: where the platform's servers come from, as the database servers see them; can be given
    /// several times.
    #[arg(long, required = true, value_name = "HOST")]
    pub client_host: Vec<String>,
    /// Flavour of the servers.
    #[arg(long, value_enum, default_value_t = FlavorArg::Mariadb)]
    pub flavor: FlavorArg,
    /// Where its password comes from and goes to.
    #[command(flatten)]
    pub secret: PlatformSecretArgs,
}

/// Options of render health-check.
#[derive(Debug, Args)]
pub struct HealthCheckArgs {
    /// How it asks.
    #[arg(long, value_enum, default_value_t = HealthFormArg::Cmd, value_name = "FORM")]
    pub form: HealthFormArg,
    /// The primary: a NAME of the config file, or HOST:PORT.
    #[arg(long, value_name = "SERVER", env = "DBHA_PRIMARY")]
    pub primary: String,
    /// The secondary.
    #[arg(long, value_name = "SERVER", env = "DBHA_SECONDARY")]
    pub secondary: String,
    /// Path of the program on the machine where the check runs.
    #[arg(long, value_name = "PATH", default_value = "/usr/local/bin/dbha")]
    pub program: String,
    /// Path of its config file there.
    #[arg(long, value_name = "PATH", default_value = "/etc/dbha/dbha.toml")]
    pub config_there: String,
    /// Where the monitor answers.
    #[arg(long, value_name = "HOST:PORT", default_value = "127.0.0.1:9104")]
    pub monitor: String,
}

/// How a health check asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HealthFormArg {
    /// By dbha check: the whole pair, with the reason in words.
    Cmd,
    /// By a request to the monitor: each server by itself.
    Http,
}

/// Options of render monitor-account.
#[derive(Debug, Args)]
pub struct MonitorAccountArgs {
    /// Host part of the account: where the monitor comes from, as the servers see it; can be given several times.
    #[arg(long, required = true, value_name = "HOST")]
    pub monitor_host: Vec<String>,
    /// For a managed pair: the monitor opens its writer after a start.
    #[arg(long)]
    pub managed: bool,
    /// Flavour of the servers.
    #[arg(long, value_enum, default_value_t = FlavorArg::Mariadb)]
    pub flavor: FlavorArg,
}

/// Options of render haproxy.
#[derive(Debug, Args)]
pub struct HaproxyArgs {
    /// The platform that the pair is for: connections are let in as it needs them, and K3s and Rancher get one writer.
    #[command(flatten)]
    pub platform: PlatformArgs,
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
    /// File with the password of the account that the config file names, for root alone.
    #[arg(long, value_name = "FILE", default_value = "/etc/dbha/monitor.password")]
    pub password_file: String,
    /// File with the token that clients on other machines have to show, for root alone.
    #[arg(long, value_name = "FILE")]
    pub token_file: Option<String>,
    /// For the machine of a server that the monitor guards.
    #[command(flatten)]
    pub guard: GuardArgs,
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
    /// What is chosen for the pair.
    #[command(flatten)]
    pub choices: ChoicesArgs,
    /// What they are for.
    #[command(flatten)]
    pub platform: PlatformArgs,
}

/// A side of the pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SideArg {
    /// The primary.
    Primary,
    /// The secondary.
    Secondary,
}
