//! Arguments of `dbha man`.

use clap::Args;
use std::path::PathBuf;

/// Options of man.
#[derive(Debug, Args)]
pub struct ManArgs {
    /// Directory to write one page a command into; it is made where it is missing.
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,
}
