//! Arguments of `dbha rejoin`.

use super::{HostArgs, PairArgs};
use clap::Args;
use std::path::PathBuf;

/// Examples at the end of the help of rejoin.
pub(super) const REJOIN_EXAMPLES: &str = "\
After a failover, once the old writer answers again. It is made read-only and compared with the writer. Where it has nothing
of its own it follows. Else its own transactions are saved as statements, and it stays out until you have looked.

Examples:
  dbha rejoin --primary db1 --secondary db2 --server db1                    db1 comes back as the standby
  dbha rejoin --primary db1 --secondary db2 --server db1 --discard-extra    what only it has is saved, then thrown away";

/// Options of rejoin.
#[derive(Debug, Args)]
#[command(next_help_heading = "Rejoin")]
pub struct RejoinArgs {
    /// The pair, in whichever order.
    #[command(flatten)]
    pub pair: PairArgs,
    /// Their machines.
    #[command(flatten)]
    pub hosts: HostArgs,
    /// The server that comes back: its NAME, or `primary` or `secondary` for the two given.
    #[arg(long, value_name = "NAME")]
    pub server: String,
    /// Once they are saved, throw away the transactions that only this server has: its data is copied anew.
    #[arg(long)]
    pub discard_extra: bool,
    /// Directory in which they are saved.
    #[arg(long, value_name = "DIR", default_value = ".")]
    pub save_to: PathBuf,
    /// How the secondary reaches the primary, where it differs from how dbha does.
    #[arg(long, value_name = "HOST:PORT")]
    pub primary_address: Option<String>,
    /// How the primary reaches the secondary.
    #[arg(long, value_name = "HOST:PORT")]
    pub secondary_address: Option<String>,
    /// Name of the pair in the output.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub name: String,
}
