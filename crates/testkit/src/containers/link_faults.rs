//! Networks that part, and come together again.

use dbha_core::Side;

use super::{ContainerError, Containers, delay};
use crate::{Link, TestkitError};

impl Containers {
    /// Cuts a link: the server that reads over it is taken off its network.
    pub async fn cut(&self, link: Link) -> Result<(), TestkitError> {
        for source in link.sources() {
            self.take_off(*source, source.peer()).await?;
        }
        Ok(())
    }

    /// Loses what goes over a link: the server that is read over it is taken off its network, and its peer hears nothing.
    pub async fn black_hole(&self, link: Link) -> Result<(), TestkitError> {
        for source in link.sources() {
            self.take_off(*source, *source).await?;
        }
        Ok(())
    }

    /// Puts both servers back on every network, under the addresses that they had, and ends a delay.
    pub async fn heal(&self) -> Result<(), TestkitError> {
        for side in Side::BOTH {
            let container = self.container(side);
            let joined = self.networks.joined(&self.docker, container).await?;
            for source in Side::BOTH.into_iter().filter(|source| !joined.of(*source)) {
                self.networks.join(&self.docker, source, side, container).await?;
            }
        }
        delay::end(&self.docker, &self.networks, &self.servers).await
    }

    /// What is off the network already is left so.
    async fn take_off(&self, source: Side, side: Side) -> Result<(), ContainerError> {
        let container = self.container(side);
        if *self.networks.joined(&self.docker, container).await?.of(source) {
            self.networks.part(&self.docker, source, container).await?;
        }
        Ok(())
    }
}
