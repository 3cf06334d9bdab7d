//! Arguments of `dbha rotate-password`.

use super::PairArgs;
use clap::Args;

/// Options of rotate-password.
#[derive(Debug, Args)]
pub struct RotatePasswordArgs {
    /// The pair.
    #[command(flatten)]
    pub pair: PairArgs,
    /// Name of the pair in the output.
    #[arg(long, value_name = "NAME", default_value = "", hide_default_value = true)]
    pub name: String,
}
