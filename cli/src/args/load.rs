//! Arguments of `dbha load`.

use super::LoneLoginArgs;
use clap::Args;
use std::path::PathBuf;

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
