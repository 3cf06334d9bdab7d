//! Reach to a server's machine: what its server reads at a start, a file of dbha's own there, and a restart.
//!
//! Everything is done by short shell scripts that go to `sh` over standard input, on this machine, through `ssh` or
//! through `docker exec`; so there is one way to quote, nothing secret on a command line, and nothing to install there.

mod access;
mod drop_in;
mod error;
mod find_server;
mod look;
mod machine;
mod option_files;
mod restart;
mod restart_script;
mod script;
mod shell;

pub use access::{HostAccess, Restart};
pub(crate) use drop_in::{DROP_IN_NAME, is_own};
pub use error::HostError;
pub(crate) use look::{look, look_at_both, look_closely};
pub(crate) use machine::{Machine, is_server, stat_field};
pub(crate) use restart::{Restarting, restart, start_once_cloned};

use script::Script;
use std::time::Duration;

/// How long any look at a machine or a file there may take.
const LIMIT: Duration = Duration::from_secs(30);

/// A machine that can be reached; nothing is known of it yet.
#[derive(Debug, Clone)]
pub(crate) struct Host {
    access: HostAccess,
}

impl Host {
    pub(crate) fn new(access: HostAccess) -> Self {
        Self { access }
    }

    pub(crate) fn access(&self) -> &HostAccess {
        &self.access
    }

    /// Runs a script there and returns what its sections printed; fails unless the script ends with 0.
    pub(crate) async fn run(&self, doing: &str, script: &Script) -> Result<script::Sections, HostError> {
        let output = shell::run(&self.access, doing, &script.text(), LIMIT).await?;
        Ok(script.read(&output))
    }
}
