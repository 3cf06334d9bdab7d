//! Arguments of `dbha monitor`.

use super::{GuardArgs, PairArgs, interval};
use crate::duration::duration;
use clap::Args;
use std::{path::PathBuf, time::Duration};

/// Examples at the end of the help of monitor.
pub(super) const MONITOR_EXAMPLES: &str = "\
Without --primary and --secondary, every [pair.NAME] of the config file is watched. SIGHUP reads the config file anew,
SIGTERM ends in less than a second. While the maintenance file exists, load balancers are told 503 and alerts are held.

Examples:
  dbha monitor --primary db1 --secondary db2     dashboard at http://127.0.0.1:9104/
  dbha monitor --config /etc/dbha/dbha.toml      every pair in there, with its alerts
  dbha monitor --primary a --secondary b --auto-failover --local a --etcd https://etcd1:2379 --max-loss none
                                                 beside a; with --local b beside b: failover by itself
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
    /// Automatic failover.
    #[command(flatten)]
    pub guard: GuardArgs,
    /// Let the running monitor tell no alerts for this time, and end; it needs the same --state-dir.
    #[arg(long, value_parser = duration, value_name = "TIME", conflicts_with = "unsilence")]
    pub silence: Option<Duration>,
    /// Let the running monitor tell alerts again, and end.
    #[arg(long)]
    pub unsilence: bool,
}
