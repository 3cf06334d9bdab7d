//! Arguments of `dbha failover`.

use super::{EtcdArgs, PairArgs};
use crate::duration::duration;
use clap::Args;
use std::time::Duration;

/// Examples at the end of the help of failover.
pub(super) const FAILOVER_EXAMPLES: &str = "\
For a server that is gone. Where the old writer works, use dbha switchover, which loses nothing. What the old writer
acknowledged and the other one never received is missing afterwards; it is found again when it comes back: dbha rejoin.

Example:
  dbha failover --primary db1 --secondary db2 --to db2 --confirm db1     db1 is gone; db2 takes the writes";

/// Options of failover.
#[derive(Debug, Args)]
#[command(next_help_heading = "Failover")]
pub struct FailoverArgs {
    /// The pair, in whichever order.
    #[command(flatten)]
    pub pair: PairArgs,
    /// The server that is to take the writes: its NAME, or `primary` or `secondary` for the two given.
    #[arg(long, value_name = "NAME")]
    pub to: String,
    /// The server that is gone, by its NAME: what only it has is given up.
    #[arg(long, value_name = "NAME")]
    pub confirm: String,
    /// Close the old writer first, if it answers and does not work.
    #[arg(long)]
    pub stop_old: bool,
    /// How long the link from the old writer may take to notice that it is gone.
    #[arg(long, default_value = "15s", value_parser = duration, value_name = "TIME")]
    pub notice: Duration,
    /// How long applying what was received may go on without coming closer.
    #[arg(long, default_value = "60s", value_parser = duration, value_name = "TIME")]
    pub catch_up: Duration,
    /// Change nothing; say whether it would be refused.
    #[arg(long)]
    pub dry_run: bool,
    /// Where the vote of a guarded pair is.
    #[command(flatten)]
    pub etcd: EtcdArgs,
    /// Name of the pair in the output.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub name: String,
}
