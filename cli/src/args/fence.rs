//! Arguments of `dbha fence`.

use super::LoneLoginArgs;
use crate::duration::duration;
use clap::Args;
use std::time::Duration;

/// Examples at the end of the help of fence.
pub(super) const FENCE_EXAMPLES: &str = "\
Ends with 0 only when it is certain that the server takes no writes: it is read-only and no client is connected, or its
process was killed and is gone, or it does not run. A server that dbha cannot log in to is killed, too. It asks nothing,
and takes root or the server's own user. What starts a killed server again starts it as its option file says: set the
pair up with --managed, so that this is read-only.

Examples:
  dbha fence --local db1 --dry-run                                    which process is it?
  ExecStopPost=/usr/bin/dbha fence --local db1                        in a unit of systemd: dbha render systemd --local db1";

/// Options of fence.
#[derive(Debug, Args)]
#[command(next_help_heading = "Fence")]
pub struct FenceArgs {
    /// The server, which must run on this machine: a NAME, HOST:PORT with an address of this machine, or the path of its socket.
    #[arg(long, value_name = "SERVER")]
    pub local: String,
    /// How to log in.
    #[command(flatten)]
    pub login: LoneLoginArgs,
    /// How long making it read-only may take; then it is killed, as it is at once by SIGTERM to this command.
    #[arg(long, default_value = "3s", value_parser = duration, value_name = "TIME")]
    pub limit: Duration,
    /// Change nothing; say which process it is.
    #[arg(long)]
    pub dry_run: bool,
}
