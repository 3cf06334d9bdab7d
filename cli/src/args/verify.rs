//! Arguments of `dbha verify`.

use super::{PairArgs, seconds};
use clap::Args;
use std::time::Duration;

/// Examples at the end of the help of verify.
pub(super) const VERIFY_EXAMPLES: &str = "\
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
