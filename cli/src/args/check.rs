//! Arguments of `dbha check`.

use super::{PairArgs, PlatformArgs};
use crate::duration::duration;
use clap::{Args, ValueEnum};
use std::time::Duration;

/// Examples at the end of the help of check.
pub(super) const CHECK_EXAMPLES: &str = "\
Exit codes: 0 ok, 1 warning, 2 critical, 3 unknown. A server that does not answer is critical; a wrong command line or
configuration, and a lag that the server does not tell, are unknown.

Examples:
  dbha check --primary db1 --secondary db2 --warn-lag 5s --max-lag 30s      Nagios, Icinga
  dbha check --primary db1 --secondary db2 --require primary --server db1   Keepalived: may db1 take writes?
  dbha check --primary db1 --secondary db2 --require replica --server db2   may db2 be read from?
  dbha check --for k3s --primary db1 --secondary db2                        … and is the pair what K3s needs?";

/// Options of check.
#[derive(Debug, Args)]
#[command(next_help_heading = "Check")]
pub struct CheckArgs {
    /// The pair.
    #[command(flatten)]
    pub pair: PairArgs,
    /// The platform that the pair is for: what it needs of both servers is looked for, too.
    #[command(flatten)]
    pub platform: PlatformArgs,
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
