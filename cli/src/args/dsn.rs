//! Arguments of `dbha dsn`.

use clap::Args;

/// Options of dsn.
#[derive(Debug, Args)]
pub struct DsnArgs {
    /// The server: any of the forms that dbha reads.
    #[arg(value_name = "SERVER")]
    pub server: String,
    /// Database to put into the DSN.
    #[arg(long, default_value = "", hide_default_value = true, value_name = "NAME")]
    pub database: String,
}
