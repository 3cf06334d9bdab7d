//! The servers of a pair, whatever they run on.

use std::time::Duration;

use dbha_core::Side;

use super::given::Given;
use super::processes::Processes;
use super::{Backend, Link};
use crate::{Release, TestkitError};

/// The servers of a pair.
#[derive(Debug)]
pub(super) enum Servers {
    /// Private processes.
    Processes(Box<Processes>),
    /// Servers in containers.
    #[cfg(feature = "docker")]
    Containers(Box<crate::Containers>),
    /// Servers of somebody else.
    Given(Given),
}

impl Servers {
    pub(super) fn backend(&self) -> Backend {
        match self {
            Self::Processes(_) => Backend::Processes,
            #[cfg(feature = "docker")]
            Self::Containers(_) => Backend::Containers,
            Self::Given(_) => Backend::Urls,
        }
    }

    pub(super) fn release(&self) -> Option<Release> {
        match self {
            Self::Processes(servers) => Some(servers.release()),
            #[cfg(feature = "docker")]
            Self::Containers(servers) => Some(servers.release()),
            Self::Given(_) => None,
        }
    }

    pub(super) fn url(&self, side: Side) -> String {
        match self {
            Self::Processes(servers) => servers.url(side),
            #[cfg(feature = "docker")]
            Self::Containers(servers) => servers.url(side),
            Self::Given(servers) => servers.url(side),
        }
    }

    /// Returns the address by which its peer reaches a server, where it is not the one in its URL.
    pub(super) fn link_address(&self, side: Side) -> Option<(String, u16)> {
        match self {
            Self::Processes(servers) => Some(servers.link_address(side)),
            #[cfg(feature = "docker")]
            Self::Containers(servers) => Some(servers.link_address(side)),
            Self::Given(_) => None,
        }
    }

    /// Lets both start read-only from now on, where this kit keeps their option files.
    pub(super) fn start_read_only(&self) -> Result<(), TestkitError> {
        match self {
            Self::Processes(servers) => servers.start_read_only(),
            #[cfg(feature = "docker")]
            Self::Containers(_) => Ok(()),
            Self::Given(_) => Ok(()),
        }
    }

    pub(super) async fn kill(&mut self, side: Side) -> Result<(), TestkitError> {
        match self {
            Self::Processes(servers) => servers.kill(side).await,
            #[cfg(feature = "docker")]
            Self::Containers(servers) => servers.kill(side).await,
            Self::Given(_) => Given::cannot("to kill a server"),
        }
    }

    pub(super) async fn start_again(&mut self, side: Side) -> Result<(), TestkitError> {
        match self {
            Self::Processes(servers) => servers.start_again(side).await,
            #[cfg(feature = "docker")]
            Self::Containers(servers) => servers.start_again(side).await,
            Self::Given(_) => Given::cannot("to start a server"),
        }
    }

    pub(super) async fn restart(&mut self, side: Side) -> Result<(), TestkitError> {
        match self {
            Self::Processes(servers) => servers.restart(side).await,
            #[cfg(feature = "docker")]
            Self::Containers(servers) => servers.restart(side).await,
            Self::Given(_) => Given::cannot("to restart a server"),
        }
    }

    pub(super) async fn freeze(&self, side: Side) -> Result<(), TestkitError> {
        match self {
            Self::Processes(servers) => servers.freeze(side).await,
            #[cfg(feature = "docker")]
            Self::Containers(servers) => servers.freeze(side).await,
            Self::Given(_) => Given::cannot("to freeze a server"),
        }
    }

    pub(super) async fn thaw(&self, side: Side) -> Result<(), TestkitError> {
        match self {
            Self::Processes(servers) => servers.thaw(side).await,
            #[cfg(feature = "docker")]
            Self::Containers(servers) => servers.thaw(side).await,
            Self::Given(_) => Given::cannot("to thaw a server"),
        }
    }

    pub(super) async fn cut(&self, link: Link) -> Result<(), TestkitError> {
        match self {
            Self::Processes(servers) => servers.cut(link).await,
            #[cfg(feature = "docker")]
            Self::Containers(servers) => servers.cut(link).await,
            Self::Given(_) => Given::cannot("to cut the network"),
        }
    }

    pub(super) async fn black_hole(&self, link: Link) -> Result<(), TestkitError> {
        match self {
            Self::Processes(servers) => servers.black_hole(link).await,
            #[cfg(feature = "docker")]
            Self::Containers(servers) => servers.black_hole(link).await,
            Self::Given(_) => Given::cannot("to lose what goes over the network"),
        }
    }

    pub(super) async fn heal(&self) -> Result<(), TestkitError> {
        match self {
            Self::Processes(servers) => servers.heal().await,
            #[cfg(feature = "docker")]
            Self::Containers(servers) => servers.heal().await,
            Self::Given(_) => Given::cannot("to heal the network"),
        }
    }

    pub(super) async fn delay(&self, time: Duration) -> Result<(), TestkitError> {
        match self {
            Self::Processes(servers) => servers.delay(time).await,
            #[cfg(feature = "docker")]
            Self::Containers(servers) => servers.delay(time).await,
            Self::Given(_) => Given::cannot("to delay the network"),
        }
    }

    pub(super) async fn skew_clock(&mut self, side: Side, seconds: i64) -> Result<(), TestkitError> {
        match self {
            Self::Processes(servers) => servers.skew_clock(side, seconds).await,
            #[cfg(feature = "docker")]
            Self::Containers(servers) => servers.skew_clock(side, seconds).await,
            Self::Given(_) => Given::cannot("to skew a clock"),
        }
    }
}
