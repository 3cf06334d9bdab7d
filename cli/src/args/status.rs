//! Arguments of `dbha status`.

use super::{HostArgs, PairArgs, interval};
use clap::Args;
use std::time::Duration;

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
