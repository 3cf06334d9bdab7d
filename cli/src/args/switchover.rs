//! Arguments of `dbha switchover`.

use super::{EtcdArgs, HostArgs, PairArgs};
use crate::duration::duration;
use clap::Args;
use std::time::Duration;

/// Examples at the end of the help of switchover.
pub(super) const SWITCHOVER_EXAMPLES: &str = "\
Writers are without service for well under a second: the one server is closed, the other one gets the last of it and is
opened. Until then every failure, and Ctrl-C, opens the first one again. Nothing that was acknowledged is lost. Connections
to the server that is closed are ended, so that applications come back and find the other one.

Examples:
  dbha switchover --primary db1 --secondary db2 --dry-run   what it would do, and whether it would be refused
  dbha switchover --primary db1 --secondary db2             to the one that does not have the writes now
  dbha switchover --primary db1 --secondary db2 --to db1    back again";

/// Options of switchover.
#[derive(Debug, Args)]
#[command(next_help_heading = "Switchover")]
pub struct SwitchoverArgs {
    /// The pair, in whichever order.
    #[command(flatten)]
    pub pair: PairArgs,
    /// Their machines.
    #[command(flatten)]
    pub hosts: HostArgs,
    /// The server that is to take the writes: its NAME, or `primary` or `secondary` for the two given. Default: the one
    /// that does not take them now.
    #[arg(long, value_name = "NAME")]
    pub to: Option<String>,
    /// How long open transactions that have changed rows may take to end before they are rolled back; writes go on
    /// meanwhile.
    #[arg(long, default_value = "10s", value_parser = duration, value_name = "TIME")]
    pub grace: Duration,
    /// A lag of more than this refuses the switchover.
    #[arg(long, default_value = "10s", value_parser = duration, value_name = "TIME")]
    pub max_lag: Duration,
    /// How long the other server may take to apply the last writes, while nobody can write; then the first one is opened
    /// again.
    #[arg(long, default_value = "10s", value_parser = duration, value_name = "TIME")]
    pub catch_up: Duration,
    /// Change nothing; show what would be done.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask; needed where there is no terminal.
    #[arg(short = 'y', long)]
    pub yes: bool,
    /// Where the vote of a guarded pair is.
    #[command(flatten)]
    pub etcd: EtcdArgs,
    /// Name of the pair in the output.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub name: String,
}
