//! Arguments of `dbha dump`.

use super::{LoneLoginArgs, seconds};
use clap::Args;
use std::{path::PathBuf, time::Duration};

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
