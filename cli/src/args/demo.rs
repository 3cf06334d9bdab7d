//! Arguments of `dbha demo`.

use super::ReleaseArgs;
use clap::Args;

/// Options of demo.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Which servers.
    #[command(flatten)]
    pub release: ReleaseArgs,
    /// Do not pause between the acts.
    #[arg(long)]
    pub fast: bool,
}
