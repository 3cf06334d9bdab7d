//! The command line.

use crate::duration::duration;
use clap::{Args, Parser, Subcommand, ValueEnum};
use dbha_core::HostAccess;
use std::{path::PathBuf, time::Duration};

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
}

/// The two servers and how to log in to them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Servers")]
pub struct PairArgs {
    /// The server whose data counts.
    #[arg(
        long,
        value_name = "SERVER",
        env = "DBHA_PRIMARY",
        help = "The server whose data counts: NAME, host[:port], [ipv6]:port, /socket, mysql://user@host/ or \
                user@tcp(host:port)/"
    )]
    pub primary: Option<String>,
    /// The server that is filled from the primary; it must be empty.
    #[arg(long, value_name = "SERVER", env = "DBHA_SECONDARY")]
    pub secondary: Option<String>,
    /// How to log in.
    #[command(flatten)]
    pub login: LoginArgs,
}

/// Accounts, passwords and TLS.
#[derive(Debug, Args)]
#[command(next_help_heading = "Login")]
pub struct LoginArgs {
    /// Account for both servers; default from ~/.my.cnf, else root.
    #[arg(long, value_name = "USER", env = "DBHA_USER")]
    pub user: Option<String>,
    /// Account for the primary.
    #[arg(long, value_name = "USER", env = "DBHA_PRIMARY_USER")]
    pub primary_user: Option<String>,
    /// Account for the secondary.
    #[arg(long, value_name = "USER", env = "DBHA_SECONDARY_USER")]
    pub secondary_user: Option<String>,
    /// File whose first line is the password for both servers (/dev/fd/N for a descriptor).
    #[arg(long, value_name = "FILE", env = "DBHA_PASSWORD_FILE")]
    pub password_file: Option<PathBuf>,
    /// File with the password for the primary.
    #[arg(long, value_name = "FILE", env = "DBHA_PRIMARY_PASSWORD_FILE")]
    pub primary_password_file: Option<PathBuf>,
    /// File with the password for the secondary.
    #[arg(long, value_name = "FILE", env = "DBHA_SECONDARY_PASSWORD_FILE")]
    pub secondary_password_file: Option<PathBuf>,
    /// Option file with `[client]` or `[dbha]`, instead of ~/.my.cnf.
    #[arg(long, value_name = "FILE", env = "DBHA_DEFAULTS_FILE")]
    pub defaults_file: Option<PathBuf>,
    /// disabled, preferred, required, verify-ca or verify-identity; default verify-identity with --ssl-ca, else preferred.
    #[arg(long, value_name = "MODE", env = "DBHA_SSL_MODE")]
    pub ssl_mode: Option<dbha_core::SslMode>,
    /// File with the CA certificates, the only ones that are trusted.
    #[arg(long, value_name = "FILE", env = "DBHA_SSL_CA")]
    pub ssl_ca: Option<PathBuf>,
}

/// Options of a set-up, and of the looks before it.
#[derive(Debug, Args)]
#[command(next_help_heading = "Set-up")]
pub struct SetupArgs {
    /// The pair.
    #[command(flatten)]
    pub pair: PairArgs,
    /// Their machines.
    #[command(flatten)]
    pub hosts: HostArgs,
    /// Whether a server whose binary log is off is restarted, once its option file is written, and a secondary that
    /// ends to become a clone started again; needs --host-access.
    #[arg(long, value_enum, default_value_t = RestartArg::Never, value_name = "WHETHER", help_heading = "Machines")]
    pub restart: RestartArg,
    /// Who takes writes: the primary alone (the secondary ends read-only), or both.
    #[arg(long, value_enum, default_value_t = WritersArg::One, value_name = "WHO")]
    pub writers: WritersArg,
    /// Step between generated keys: 2 keeps both servers' keys apart, 1 is for software that counts on it (K3s) and
    /// demands one writer. Default 2, or 1 where a table `kine` is found.
    #[arg(long, value_parser = ["1", "2"], value_name = "STEP")]
    pub auto_increment: Option<String>,
    /// How the data is copied.
    #[arg(long, value_enum, default_value_t = CopyArg::Auto, value_name = "WAY")]
    pub copy: CopyArg,
    /// Take the data out of this directory, which `dbha dump --from PRIMARY` wrote, and not over the network.
    #[arg(long, value_name = "DIR", conflicts_with = "copy")]
    pub copy_from: Option<PathBuf>,
    /// How many tables are copied at once.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=32), value_name = "N")]
    pub copy_workers: u8,
    /// Throw away the data of the secondary of this name.
    #[arg(long, value_name = "NAME")]
    pub overwrite_secondary: Option<String>,
    /// The server that the primary was in a pair with, dead or taken away: its recorded name, HOST:PORT, or its
    /// server_id. The secondary takes its place.
    #[arg(long, value_name = "OLD")]
    pub replace: Option<String>,
    /// How the secondary reaches the primary, where it differs from how dbha does.
    #[arg(long, value_name = "HOST:PORT")]
    pub primary_address: Option<String>,
    /// How the primary reaches the secondary.
    #[arg(long, value_name = "HOST:PORT")]
    pub secondary_address: Option<String>,
    /// Host part of the replication account; default: the address that each peer really comes from.
    #[arg(long, value_name = "HOST")]
    pub replication_host: Option<String>,
    /// CA by which the two servers verify each other, as a path on their machines; '' for none. Default: each server's
    /// own ssl_ca, where --ssl-ca is given.
    #[arg(long, value_name = "PATH")]
    pub replication_ssl_ca: Option<String>,
    /// Create the account dbha_monitor, which may look and write heartbeats and nothing else; put its grants back where
    /// they drifted.
    #[arg(long, requires = "monitor_password_file", help_heading = "Monitor")]
    pub monitor_account: bool,
    /// File with its password; made, with a new password, where it is not there.
    #[arg(
        long,
        value_name = "FILE",
        requires = "monitor_account",
        help_heading = "Monitor"
    )]
    pub monitor_password_file: Option<PathBuf>,
    /// Its host part: where the monitor comes from, as the servers see it. Default: where this dbha comes from.
    #[arg(
        long,
        value_name = "HOST",
        requires = "monitor_account",
        help_heading = "Monitor"
    )]
    pub monitor_host: Option<String>,
    /// Longest wait for the snapshot's lock on the primary, in seconds.
    #[arg(long, default_value = "10", value_parser = seconds, value_name = "SECONDS")]
    pub lock_wait_timeout: Duration,
    /// Let this finding through, where it may be; can be given several times.
    #[arg(long, value_name = "CODE")]
    pub ignore: Vec<String>,
    /// Prove both links by markers even when nothing had to be changed.
    #[arg(long)]
    pub prove: bool,
    /// Name of the pair in status and events.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub name: String,
}

/// What a saved plan holds, so that it cannot be given beside it.
const FIXED_BY_A_PLAN: [&str; 22] = [
    "monitor_account",
    "monitor_password_file",
    "monitor_host",
    "host_access",
    "primary_host_access",
    "secondary_host_access",
    "restart",
    "replace",
    "replication_ssl_ca",
    "writers",
    "auto_increment",
    "copy",
    "copy_from",
    "copy_workers",
    "overwrite_secondary",
    "primary_address",
    "secondary_address",
    "replication_host",
    "lock_wait_timeout",
    "ignore",
    "prove",
    "name",
];

/// Options of setup.
#[derive(Debug, Args)]
#[command(next_help_heading = "Set-up")]
pub struct SetupRunArgs {
    /// What is wanted.
    #[command(flatten)]
    pub wanted: SetupArgs,
    /// Change nothing; show the plan.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask; needed where there is no terminal.
    #[arg(short = 'y', long)]
    pub yes: bool,
    /// Run the plan in this file, made by `dbha plan --out`, if both servers are still as they were then. Servers
    /// and options are those of the plan; only passwords are given anew.
    #[arg(long, value_name = "FILE", conflicts_with_all = FIXED_BY_A_PLAN)]
    pub plan: Option<PathBuf>,
}

/// Options of plan.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// What is wanted.
    #[command(flatten)]
    pub wanted: SetupArgs,
    /// Save the plan in this file, to be run by `dbha setup --plan`.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

/// Options of undo.
#[derive(Debug, Args)]
#[command(next_help_heading = "Undo")]
pub struct UndoArgs {
    /// The pair, in the order in which it was set up.
    #[command(flatten)]
    pub pair: PairArgs,
    /// Change nothing; show what would be taken back.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask; needed where there is no terminal.
    #[arg(short = 'y', long)]
    pub yes: bool,
    /// Leave on the secondary what was copied there.
    #[arg(long)]
    pub keep_data: bool,
    /// The receipt to go by; default the newest of these two servers.
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
    /// Name of the pair in events.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub name: String,
}

/// Options of preflight.
#[derive(Debug, Args)]
pub struct PreflightArgs {
    /// What a set-up would be told.
    #[command(flatten)]
    pub setup: SetupArgs,
    /// Let each server dial the other, with an account that does not exist: nothing stays but a refused login in the
    /// error logs. `dbha setup` always does it, before it changes anything.
    #[arg(long)]
    pub probe: bool,
}

/// The ways to the servers' machines.
#[derive(Debug, Args)]
#[command(next_help_heading = "Machines")]
pub struct HostArgs {
    /// Way to the machines of both servers, for their option files: local, ssh:USER@HOST or docker:CONTAINER.
    #[arg(long, value_name = "WAY")]
    pub host_access: Option<HostAccess>,
    /// Way to the primary's machine.
    #[arg(long, value_name = "WAY")]
    pub primary_host_access: Option<HostAccess>,
    /// Way to the secondary's machine.
    #[arg(long, value_name = "WAY")]
    pub secondary_host_access: Option<HostAccess>,
}

/// Whether servers may be restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RestartArg {
    /// Where the binary log or a clone cannot be had without.
    Allowed,
    /// Never.
    Never,
}

/// Who takes writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WritersArg {
    /// The primary alone.
    One,
    /// Both.
    Both,
}

/// How the data is copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CopyArg {
    /// The best that both servers can do; by the CLONE plug-in only where the secondary is seen to be started again.
    Auto,
    /// Row by row, from server to server.
    Stream,
    /// By MySQL's CLONE plug-in: the secondary gets the primary's files and accounts, and restarts with them.
    ClonePlugin,
}

/// Options of status.
#[derive(Debug, Args)]
pub struct StatusArgs {
    /// The pair.
    #[command(flatten)]
    pub pair: PairArgs,
    /// Go on looking, every 2 s or at the interval given, until q or Ctrl-C. Where standard output is no terminal, every
    /// change is printed; with -o ndjson every look, one JSON object a line.
    #[arg(short, long, num_args = 0..=1, default_missing_value = "2s", value_parser = interval, value_name = "TIME")]
    pub watch: Option<Duration>,
    /// Their machines.
    #[command(flatten)]
    pub hosts: HostArgs,
    /// Name of the pair in the output.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub name: String,
}

/// Examples at the end of the help of monitor.
const MONITOR_EXAMPLES: &str = "\
Without --primary and --secondary, every [pair.NAME] of the config file is watched. SIGHUP reads the config file anew,
SIGTERM ends in less than a second. While the maintenance file exists, load balancers are told 503 and alerts are held.

Examples:
  dbha monitor --primary db1 --secondary db2     dashboard at http://127.0.0.1:9104/
  dbha monitor --config /etc/dbha/dbha.toml      every pair in there, with its alerts
  dbha monitor --silence 2h                      no alerts of the running monitor for two hours; --unsilence ends it";

/// Options of monitor.
#[derive(Debug, Args)]
#[command(next_help_heading = "Monitor")]
pub struct MonitorArgs {
    /// One pair; default: the pairs of the config file.
    #[command(flatten)]
    pub pair: PairArgs,
    /// Where dashboard, metrics and probes are; beyond this machine a token is needed.
    #[arg(
        long,
        default_value = "127.0.0.1:9104",
        env = "DBHA_LISTEN",
        value_name = "ADDRESS:PORT"
    )]
    pub listen: std::net::SocketAddr,
    /// File whose first line is the token that callers have to show.
    #[arg(long, env = "DBHA_TOKEN_FILE", value_name = "FILE")]
    pub token_file: Option<PathBuf>,
    /// Certificate for https, PEM, with those that it is signed by.
    #[arg(long, requires = "tls_key", value_name = "FILE")]
    pub tls_cert: Option<PathBuf>,
    /// Its private key, PEM.
    #[arg(long, requires = "tls_cert", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// A further name by which browsers and probes call the monitor; can be given several times.
    #[arg(long, value_name = "HOST")]
    pub allow_host: Vec<String>,
    /// Write nothing to any server: lag is then the server's own figure.
    #[arg(long)]
    pub no_heartbeat: bool,
    /// Mend what is safe to mend: start a thread that a network error stopped, put a drifted setting back.
    #[arg(long)]
    pub heal: bool,
    /// Time between two looks at a server.
    #[arg(long, default_value = "1s", value_parser = interval, value_name = "TIME")]
    pub tick: Duration,
    /// From which lag on a link counts as lagging.
    #[arg(long, default_value = "10s", value_parser = duration, value_name = "TIME")]
    pub max_lag: Duration,
    /// Offer metrics under the names of mysqld_exporter too.
    #[arg(long)]
    pub legacy_metrics: bool,
    /// While this file exists, load balancers are told 503 and alerts are held; default maintenance in the state
    /// directory.
    #[arg(long, env = "DBHA_MAINTENANCE_FILE", value_name = "FILE")]
    pub maintenance_file: Option<PathBuf>,
    /// Name of the one pair.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub name: String,
    /// Let the running monitor tell no alerts for this time, and end; it needs the same --state-dir.
    #[arg(long, value_parser = duration, value_name = "TIME", conflicts_with = "unsilence")]
    pub silence: Option<Duration>,
    /// Let the running monitor tell alerts again, and end.
    #[arg(long)]
    pub unsilence: bool,
}

/// Examples at the end of the help of check.
const CHECK_EXAMPLES: &str = "\
Exit codes: 0 ok, 1 warning, 2 critical, 3 unknown. A server that does not answer is critical; a wrong command line or
configuration, and a lag that the server does not tell, are unknown.

Examples:
  dbha check --primary db1 --secondary db2 --warn-lag 5s --max-lag 30s      Nagios, Icinga
  dbha check --primary db1 --secondary db2 --require primary --server db1   Keepalived: may db1 take writes?
  dbha check --primary db1 --secondary db2 --require replica --server db2   may db2 be read from?";

/// Options of check.
#[derive(Debug, Args)]
#[command(next_help_heading = "Check")]
pub struct CheckArgs {
    /// The pair.
    #[command(flatten)]
    pub pair: PairArgs,
    /// What must be so.
    #[arg(long, value_enum, default_value_t = RequireArg::Pair, value_name = "WHAT")]
    pub require: RequireArg,
    /// Which server is asked about: its NAME, or `primary` or `secondary` for the two given. Default: the primary with
    /// `--require primary`, the secondary with `--require replica`.
    #[arg(long, value_name = "NAME")]
    pub server: Option<String>,
    /// A lag of more than this is critical.
    #[arg(long, default_value = "10s", value_parser = duration, value_name = "TIME")]
    pub max_lag: Duration,
    /// A lag of more than this is a warning.
    #[arg(long, value_parser = duration, value_name = "TIME")]
    pub warn_lag: Option<Duration>,
    /// Longest time in all; a server that has not answered by then is critical.
    #[arg(long, default_value = "3s", value_parser = duration, value_name = "TIME")]
    pub timeout: Duration,
    /// Name of the pair in the output.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub name: String,
}

/// What a check demands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RequireArg {
    /// Both servers answer, both links run within the limits, who writes is as recorded.
    Pair,
    /// One server answers, takes writes, and is the only one that does, unless both are recorded to.
    Primary,
    /// One server answers, both threads of its link run, its lag is known and within the limits.
    Replica,
}

/// Examples at the end of the help of verify.
const VERIFY_EXAMPLES: &str = "\
Examples:
  dbha verify --primary db1 --secondary db2              every night, from cron: exit code 0 is equal, 5 is not
  dbha verify --primary db1 --secondary db2 -o json      what differs, for a program
  dbha verify --primary db1 --secondary db2 --wait 1     never hold commits up for longer than a second in all";

/// Options of verify.
#[derive(Debug, Args)]
#[command(next_help_heading = "Comparison")]
pub struct VerifyArgs {
    /// The pair.
    #[command(flatten)]
    pub pair: PairArgs,
    /// How long the secondary may take to come to the primary's position, in seconds: once without any lock, then
    /// while commits on the primary wait for it.
    #[arg(long, default_value = "5", value_parser = seconds, value_name = "SECONDS")]
    pub wait: Duration,
    /// Longest wait for the lock on the primary, in seconds; commits never wait for longer at a time.
    #[arg(long, default_value = "10", value_parser = seconds, value_name = "SECONDS")]
    pub lock_wait_timeout: Duration,
    /// How many rows of each table are named; all are counted.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(0..=100_000), value_name = "N")]
    pub limit: u32,
    /// How many tables, or ranges of one, are compared at once.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=32), value_name = "N")]
    pub workers: u8,
    /// Name of the pair in the output.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub name: String,
}

/// Options of rotate-password.
#[derive(Debug, Args)]
pub struct RotatePasswordArgs {
    /// The pair.
    #[command(flatten)]
    pub pair: PairArgs,
    /// Name of the pair in the output.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub name: String,
}

/// How to log in to the one server of a dump or a load.
#[derive(Debug, Args)]
#[command(next_help_heading = "Login")]
pub struct LoneLoginArgs {
    /// Account; default from ~/.my.cnf, else root.
    #[arg(long, value_name = "USER", env = "DBHA_USER")]
    pub user: Option<String>,
    /// File whose first line is the password (/dev/fd/N for a descriptor).
    #[arg(long, value_name = "FILE", env = "DBHA_PASSWORD_FILE")]
    pub password_file: Option<PathBuf>,
    /// Option file with `[client]` or `[dbha]`, instead of ~/.my.cnf.
    #[arg(long, value_name = "FILE", env = "DBHA_DEFAULTS_FILE")]
    pub defaults_file: Option<PathBuf>,
    /// disabled, preferred, required, verify-ca or verify-identity; default verify-identity with --ssl-ca, else preferred.
    #[arg(long, value_name = "MODE", env = "DBHA_SSL_MODE")]
    pub ssl_mode: Option<dbha_core::SslMode>,
    /// File with the CA certificates, the only ones that are trusted.
    #[arg(long, value_name = "FILE", env = "DBHA_SSL_CA")]
    pub ssl_ca: Option<PathBuf>,
}

const DUMP_EXAMPLES: &str = "Examples:
  dbha dump --from db1 /backup/db1
  dbha dump --from root@db1.example.org --password-file /root/db1.password --copy-workers 4 /backup/db1

The directory holds everybody's rows and the hashes of all passwords: only its owner can read it. A dump that was cut off
is told from a finished one; the same command begins it anew.";

/// Options of dump.
#[derive(Debug, Args)]
#[command(after_help = DUMP_EXAMPLES)]
pub struct DumpArgs {
    /// The server: a NAME, HOST or HOST:PORT, the path of a socket, mysql://user@host/ or user@tcp(host:port)/.
    #[arg(long, value_name = "SERVER")]
    pub from: String,
    /// The directory; made if it is not there, else it must be empty.
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// How to log in.
    #[command(flatten)]
    pub login: LoneLoginArgs,
    /// How many ranges of tables are read at once.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=32), value_name = "N")]
    pub copy_workers: u8,
    /// Longest wait for the snapshot's lock, in seconds.
    #[arg(long, default_value = "10", value_parser = seconds, value_name = "SECONDS")]
    pub lock_wait_timeout: Duration,
}

const LOAD_EXAMPLES: &str = "Examples:
  dbha load --into db2 /backup/db1
  dbha load --into db2 --overwrite db2 /backup/db1

A dump's definitions are run on the server as they stand there: load only what you trust. For the second server of a
pair use dbha setup --copy-from DIR, which goes on with the links.";

/// Options of load.
#[derive(Debug, Args)]
#[command(after_help = LOAD_EXAMPLES)]
pub struct LoadArgs {
    /// The server: a NAME, HOST or HOST:PORT, the path of a socket, mysql://user@host/ or user@tcp(host:port)/.
    #[arg(long, value_name = "SERVER")]
    pub into: String,
    /// The directory that `dbha dump` wrote.
    #[arg(value_name = "DIR")]
    pub directory: PathBuf,
    /// How to log in.
    #[command(flatten)]
    pub login: LoneLoginArgs,
    /// How many chunks are loaded at once.
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=32), value_name = "N")]
    pub copy_workers: u8,
    /// Throw away the data of the server of this name.
    #[arg(long, value_name = "NAME")]
    pub overwrite: Option<String>,
}

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

/// MariaDB or MySQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FlavorArg {
    /// MariaDB.
    Mariadb,
    /// MySQL.
    Mysql,
}

/// Options of sandbox.
#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: SandboxAction,
}

/// What can be done with sandboxes.
#[derive(Debug, Subcommand)]
pub enum SandboxAction {
    /// Start two private servers that stay until `down`.
    Up(SandboxUpArgs),
    /// Stop a sandbox and remove everything of it.
    Down(SandboxDownArgs),
    /// List the sandboxes of this machine.
    List,
}

/// Options of sandbox up.
#[derive(Debug, Args)]
pub struct SandboxUpArgs {
    /// Its name.
    #[arg(default_value = "sandbox")]
    pub name: String,
    /// Which servers.
    #[command(flatten)]
    pub release: ReleaseArgs,
    /// Put the sample data on the primary.
    #[arg(long)]
    pub sample: bool,
    /// Leave the servers as their packages bring them: on MariaDB without any binary log.
    #[arg(long)]
    pub stock: bool,
}

/// Options of sandbox down.
#[derive(Debug, Args)]
pub struct SandboxDownArgs {
    /// Its name.
    #[arg(default_value = "sandbox")]
    pub name: String,
}

/// Which servers to start.
#[derive(Debug, Args)]
pub struct ReleaseArgs {
    /// Flavour: MariaDB 10.11 or MySQL 9.7.
    #[arg(long, value_enum, default_value_t = FlavorArg::Mariadb)]
    pub flavor: FlavorArg,
    /// Release, e.g. mariadb-11.8; overrides the flavour.
    #[arg(long, value_name = "RELEASE")]
    pub release: Option<dbha_testkit::Release>,
}

/// Options of demo.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Which servers.
    #[command(flatten)]
    pub release: ReleaseArgs,
    /// Do not pause between the acts.
    #[arg(long)]
    pub fast: bool,
}

/// Options of dsn.
#[derive(Debug, Args)]
pub struct DsnArgs {
    /// The server: any of the forms that dbha reads.
    #[arg(value_name = "SERVER")]
    pub server: String,
    /// Database to put into the DSN.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "NAME")]
    pub database: String,
}

/// Options of explain.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The code of a finding or a condition: DBHA-P07, or P07; or the number of a server's error: 1062, MY-013121. Without
    /// one, every code with its title.
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}

fn interval(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        time if time < Duration::from_millis(200) => Err("give at least 200ms".into()),
        time => Ok(time),
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u64>() {
        Ok(seconds) if (1..=3600).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => Err("give a number of seconds from 1 to 3600".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    /// An option that was added to a set-up and not to the list would be taken beside a plan, and have no effect.
    #[test]
    fn whatever_a_saved_plan_holds_is_refused_beside_it() {
        let command = Cli::command();
        let setup = command.find_subcommand("setup").unwrap();
        let plan = setup.get_arguments().find(|arg| arg.get_id() == "plan").unwrap();
        let conflicts = setup.get_arg_conflicts_with(plan);
        let ids = |command: clap::Command| -> Vec<String> {
            let ids = command.get_arguments().map(|arg| arg.get_id().to_string());
            ids.collect()
        };
        // Who is asked, how to log in and how to speak are given anew; these three are about this run.
        let mut free = ids(PairArgs::augment_args(clap::Command::new("pair")));
        free.extend(ids(OutputArgs::augment_args(clap::Command::new("output"))));
        free.extend(["dry_run", "yes", "plan", "help"].map(str::to_owned));
        let bound = setup.get_arguments().map(|arg| arg.get_id().to_string());
        let bound: Vec<String> = bound.filter(|id| !free.contains(id)).collect();
        assert!(bound.len() >= FIXED_BY_A_PLAN.len());
        for id in bound {
            assert!(
                conflicts.iter().any(|other| other.get_id() == id.as_str()),
                "{id} is missing in FIXED_BY_A_PLAN"
            );
        }
    }
}
