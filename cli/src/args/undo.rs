//! Arguments of `dbha undo`.

use super::PairArgs;
use clap::Args;
use std::path::PathBuf;

/// Options of undo.
#[derive(Debug, Args)]
#[command(next_help_heading = "Undo")]
pub struct UndoArgs {
    /// The pair, in the order in which it was set up.
    #[command(flatten)]
    pub pair: PairArgs,
    /// Change nothing; show what would be taken back.
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask; needed where there is no terminal.
    #[arg(short = 'y', long)]
    pub yes: bool,
    /// Leave on the secondary what was copied there.
    #[arg(long)]
    pub keep_data: bool,
    /// The receipt to go by; default the newest of these two servers.
    #[arg(long, value_name = "FILE")]
    pub receipt: Option<PathBuf>,
    /// Name of the pair in events.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub name: String,
}
