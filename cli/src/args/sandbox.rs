//! Arguments of `dbha sandbox`, and which servers a sandbox has.

use super::FlavorArg;
use clap::{Args, Subcommand};

/// Options of sandbox.
#[derive(Debug, Args)]
pub struct SandboxArgs {
    /// What to do.
    #[command(subcommand)]
    pub action: SandboxAction,
}

/// What can be done with sandboxes.
#[derive(Debug, Subcommand)]
pub enum SandboxAction {
    /// Start two private servers that stay until `down`.
    Up(SandboxUpArgs),
    /// Stop a sandbox and remove everything of it.
    Down(SandboxDownArgs),
    /// List the sandboxes of this machine.
    List,
}

/// Options of sandbox up.
#[derive(Debug, Args)]
pub struct SandboxUpArgs {
    /// Its name.
    #[arg(default_value = "sandbox")]
    pub name: String,
    /// Which servers.
    #[command(flatten)]
    pub release: ReleaseArgs,
    /// Put the sample data on the primary.
    #[arg(long)]
    pub sample: bool,
    /// Leave the servers as their packages bring them: on MariaDB without any binary log.
    #[arg(long)]
    pub stock: bool,
}

/// Options of sandbox down.
#[derive(Debug, Args)]
pub struct SandboxDownArgs {
    /// Its name.
    #[arg(default_value = "sandbox")]
    pub name: String,
}

/// Which servers to start.
#[derive(Debug, Args)]
pub struct ReleaseArgs {
    /// Flavour: MariaDB 10.11 or MySQL 9.7.
    #[arg(long, value_enum, default_value_t = FlavorArg::Mariadb)]
    pub flavor: FlavorArg,
    /// Release, e.g. mariadb-11.8; overrides the flavour.
    #[arg(long, value_name = "RELEASE")]
    pub release: Option<dbha_testkit::Release>,
}
