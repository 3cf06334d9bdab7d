//! Arguments of `dbha explain`.

use clap::Args;

/// Options of explain.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The code of a finding or a condition: DBHA-P07, or P07; or the number of a server's error: 1062, MY-013121. Without
    /// one, every code with its title.
    #[arg(value_name = "CODE")]
    pub code: Option<String>,
}
