//! The two servers of a pair.

use super::LoginArgs;
use clap::Args;

/// The two servers and how to log in to them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Servers")]
pub struct PairArgs {
    /// The server whose data counts.
    #[arg(
        long,
        value_name = "SERVER",
        env = "DBHA_PRIMARY",
        help = "The server whose data counts: NAME, host[:port], [ipv6]:port, /socket, mysql://user@host/ or \
                user@tcp(host:port)/"
    )]
    pub primary: Option<String>,
    /// The server that is filled from the primary; it must be empty.
    #[arg(long, value_name = "SERVER", env = "DBHA_SECONDARY")]
    pub secondary: Option<String>,
    /// How to log in.
    #[command(flatten)]
    pub login: LoginArgs,
}
