//! The ways to the servers' machines.

use clap::Args;
use dbha_core::HostAccess;

/// The ways to the servers' machines.
#[derive(Debug, Args)]
#[command(next_help_heading = "Machines")]
pub struct HostArgs {
    /// Way to the machines of both servers, for their option files: local, ssh:USER@HOST or docker:CONTAINER.
    #[arg(long, value_name = "WAY")]
    pub host_access: Option<HostAccess>,
    /// Way to the primary's machine.
    #[arg(long, value_name = "WAY")]
    pub primary_host_access: Option<HostAccess>,
    /// Way to the secondary's machine.
    #[arg(long, value_name = "WAY")]
    pub secondary_host_access: Option<HostAccess>,
}
