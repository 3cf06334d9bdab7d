//! Arguments of `dbha plan`.

use super::SetupArgs;
use clap::Args;
use std::path::PathBuf;

/// Options of plan.
#[derive(Debug, Args)]
pub struct PlanArgs {
    /// What is wanted.
    #[command(flatten)]
    pub wanted: SetupArgs,
    /// Save the plan in this file, to be run by `dbha setup --plan`.
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}
