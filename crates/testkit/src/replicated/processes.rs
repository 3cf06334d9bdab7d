//! The servers of a pair as private processes.

use std::time::Duration;

use dbha_core::{Both, Side};

use super::Link;
use super::network::Network;
use crate::{Fault, PrivateServer, Release, ServerOptions, ServerPair, TestkitError};

/// Two private servers, with a network between them.
#[derive(Debug)]
pub(super) struct Processes {
    // Before the servers: their last connections end with it.
    network: Network,
    servers: ServerPair,
}

impl Processes {
    /// Starts both servers and the network between them.
    pub(super) async fn start(release: Release, options: Both<&ServerOptions>) -> Result<Self, TestkitError> {
        let servers =
            ServerPair::start_each((release, options.primary), (release, options.secondary)).await?;
        let network = Network::before(Both {
            primary: servers.primary.address(),
            secondary: servers.secondary.address(),
        });
        Ok(Self {
            network: network.await?,
            servers,
        })
    }

    fn server(&self, side: Side) -> &PrivateServer {
        match side {
            Side::Primary => &self.servers.primary,
            Side::Secondary => &self.servers.secondary,
        }
    }

    fn server_mut(&mut self, side: Side) -> &mut PrivateServer {
        match side {
            Side::Primary => &mut self.servers.primary,
            Side::Secondary => &mut self.servers.secondary,
        }
    }

    pub(super) fn release(&self) -> Release {
        self.servers.primary.release()
    }

    pub(super) fn url(&self, side: Side) -> String {
        self.server(side).url()
    }

    pub(super) fn link_address(&self, side: Side) -> (String, u16) {
        ("127.0.0.1".to_owned(), self.network.port(side))
    }

    /// The primary's file could not say so before the set-up, which wants a primary that can be written to.
    pub(super) fn start_read_only(&self) -> Result<(), TestkitError> {
        self.server(Side::Primary).append_options("read_only=ON")
    }

    pub(super) async fn kill(&mut self, side: Side) -> Result<(), TestkitError> {
        self.server_mut(side).kill().await
    }

    pub(super) async fn start_again(&mut self, side: Side) -> Result<(), TestkitError> {
        self.server_mut(side).start().await
    }

    pub(super) async fn restart(&mut self, side: Side) -> Result<(), TestkitError> {
        self.server_mut(side).restart().await
    }

    pub(super) async fn freeze(&self, side: Side) -> Result<(), TestkitError> {
        self.server(side).freeze()
    }

    pub(super) async fn thaw(&self, side: Side) -> Result<(), TestkitError> {
        self.server(side).thaw()
    }

    pub(super) async fn cut(&self, link: Link) -> Result<(), TestkitError> {
        self.network.set(link, Fault::Cut);
        Ok(())
    }

    pub(super) async fn black_hole(&self, link: Link) -> Result<(), TestkitError> {
        self.network.set(link, Fault::BlackHole);
        Ok(())
    }

    pub(super) async fn heal(&self) -> Result<(), TestkitError> {
        self.network.heal();
        Ok(())
    }

    pub(super) async fn delay(&self, time: Duration) -> Result<(), TestkitError> {
        self.network.delay(time);
        Ok(())
    }

    pub(super) async fn skew_clock(&mut self, side: Side, seconds: i64) -> Result<(), TestkitError> {
        self.server_mut(side).skew_clock(seconds).await
    }
}
