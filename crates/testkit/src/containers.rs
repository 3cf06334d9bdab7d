//! Two servers in containers, with networks of their own between them that part for real.
//!
//! Each of the two links has a network to itself: over one the secondary reaches the primary, over the other the
//! primary reaches the secondary. To cut a link, the server that reads over it is taken off that network. A third
//! network leads to the published ports, so that a test reaches both servers whatever is cut.

mod daemon;
mod delay;
mod error;
mod image;
mod link_faults;
mod networks;
mod option_lines;
mod owner;
mod publish;
mod readiness;
mod remains;
mod server;

use std::time::Duration;

use dbha_core::{Both, Side};
use testcontainers::bollard::Docker;

pub use error::ContainerError;
use networks::Networks;
use remains::Remains;
use server::ContainerServer;

use crate::{Release, ServerOptions, TestkitError};

/// The port of every server in its container.
const SERVER_PORT: u16 = 3306;

/// Two servers of one release in containers of their own, which are gone when this is dropped.
///
/// Nothing replicates yet. A process that was killed leaves its containers behind; the next start removes them.
pub struct Containers {
    docker: Docker,
    release: Release,
    networks: Networks,
    servers: Both<ContainerServer>,
    // Behind the servers: it removes all that is left.
    _remains: Remains,
}

impl Containers {
    /// Starts two servers and waits until both answer a query; `image` takes the place of the release's own.
    ///
    /// # Errors
    /// [`ContainerError`], where no Docker daemon answers, an image cannot be had or a server does not start.
    pub async fn start(
        release: Release,
        image: Option<&str>,
        options: Both<&ServerOptions>,
    ) -> Result<Self, TestkitError> {
        let docker = daemon::connect().await?;
        Remains::remove_of_the_gone(&docker).await?;
        let image = image::choose(&docker, release, image).await?;
        // From here on everything that was made goes away again, also where this is given up half-way.
        let remains = Remains::of_new_pair(&docker)?;
        let networks = Networks::create(&docker, &remains).await?;
        let start = async |side: Side| {
            let lines = option_lines::render(release, options.of(side));
            ContainerServer::start(release, &image, side, lines, &networks, &remains).await
        };
        let (primary, secondary) = tokio::try_join!(start(Side::Primary), start(Side::Secondary))?;
        let servers = Both { primary, secondary };
        for side in Side::BOTH {
            networks
                .join_links(&docker, side, servers.of(side).name())
                .await?;
        }
        tokio::try_join!(servers.primary.ready(), servers.secondary.ready())?;
        Ok(Self {
            docker,
            release,
            networks,
            servers,
            _remains: remains,
        })
    }

    /// Removes what processes that have ended left behind, as a start does first.
    ///
    /// # Errors
    /// [`ContainerError`], where no Docker daemon answers.
    pub async fn remove_of_the_gone() -> Result<(), TestkitError> {
        Ok(Remains::remove_of_the_gone(&daemon::connect().await?).await?)
    }

    /// Returns the release of both servers.
    pub fn release(&self) -> Release {
        self.release
    }

    /// Returns the way to a server for the caller, root's password included; it stays the same.
    pub fn url(&self, side: Side) -> String {
        self.servers.of(side).url()
    }

    /// Returns host and port of a server for the caller.
    pub fn address(&self, side: Side) -> String {
        self.servers.of(side).address()
    }

    /// Returns root's password.
    pub fn root_password(&self, side: Side) -> &str {
        self.servers.of(side).password()
    }

    /// Returns how the other server reaches a server.
    pub fn link_address(&self, side: Side) -> (String, u16) {
        (self.networks.link_address(side), SERVER_PORT)
    }

    /// Returns the name of a server's container.
    pub fn container(&self, side: Side) -> &str {
        self.servers.of(side).name()
    }

    /// Ends a server at once, as a power failure would.
    pub async fn kill(&mut self, side: Side) -> Result<(), TestkitError> {
        Ok(self.servers.of(side).kill(&self.docker).await?)
    }

    /// Starts a server that was ended, and waits until it answers.
    pub async fn start_again(&mut self, side: Side) -> Result<(), TestkitError> {
        Ok(self.servers.of(side).start_again().await?)
    }

    /// Ends a server in good order, starts it again and waits until it answers.
    pub async fn restart(&mut self, side: Side) -> Result<(), TestkitError> {
        Ok(self.servers.of(side).restart().await?)
    }

    /// Stops every process of a server where it stands; connections stay, and nothing answers.
    pub async fn freeze(&self, side: Side) -> Result<(), TestkitError> {
        Ok(self.servers.of(side).freeze().await?)
    }

    /// Lets a frozen server go on.
    pub async fn thaw(&self, side: Side) -> Result<(), TestkitError> {
        Ok(self.servers.of(side).thaw().await?)
    }

    /// Makes everything on the links take longer by this time, in each direction.
    ///
    /// # Errors
    /// [`TestkitError::NotPossible`] where the image has no `tc`, or the kernel cannot delay.
    pub async fn delay(&self, time: Duration) -> Result<(), TestkitError> {
        delay::set(&self.docker, &self.networks, &self.servers, time).await
    }

    /// Says that a container has the clock of its machine.
    ///
    /// # Errors
    /// [`TestkitError::NotPossible`], always.
    pub async fn skew_clock(&mut self, _side: Side, _seconds: i64) -> Result<(), TestkitError> {
        Err(TestkitError::NotPossible {
            what: "to skew a clock",
            reason: "containers have the clock of their machine".to_owned(),
            fix: "take the back end 'processes' for this test".to_owned(),
        })
    }
}

impl std::fmt::Debug for Containers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Neither the client nor the passwords.
        f.debug_struct("Containers")
            .field("release", &self.release)
            .field("networks", &self.networks)
            .finish_non_exhaustive()
    }
}
