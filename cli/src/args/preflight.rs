//! Arguments of `dbha preflight`.

use super::SetupArgs;
use clap::Args;

/// Options of preflight.
#[derive(Debug, Args)]
pub struct PreflightArgs {
    /// What a set-up would be told.
    #[command(flatten)]
    pub setup: SetupArgs,
    /// Let each server dial the other, with an account that does not exist: nothing stays but a refused login in the
    /// error logs. `dbha setup` always does it, before it changes anything.
    #[arg(long)]
    pub probe: bool,
}
