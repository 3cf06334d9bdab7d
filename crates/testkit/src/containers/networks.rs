//! The networks of a pair.

use std::collections::HashMap;
use std::net::Ipv4Addr;

use dbha_core::{Both, Side};
use testcontainers::bollard::Docker;
use testcontainers::bollard::models::{
    EndpointIpamConfig, EndpointSettings, Ipam, IpamConfig, NetworkConnectRequest, NetworkCreateRequest,
    NetworkDisconnectRequest,
};

use super::ContainerError;
use super::error::says;
use super::remains::Remains;

/// Set aside for tests of networks (RFC 2544): nobody's real network has these addresses.
const FIRST: Ipv4Addr = Ipv4Addr::new(198, 18, 0, 0);
/// The range is a /15, a pair takes a /27 of it.
const RANGES: u32 = 1 << 12;
const RANGE: u32 = 32;
/// Each network is a /29: the gateway and two servers.
const NETWORK: u32 = 8;
const TRIES: usize = 30;

/// Three networks: to the ports that are published, and one for each link, without a way out.
#[derive(Debug)]
pub(super) struct Networks {
    pair: String,
    first: u32,
}

impl Networks {
    /// Makes the networks in a range of addresses that no other network has.
    ///
    /// A server keeps its address when it is taken off a network and put back: accounts name that address.
    pub(super) async fn create(docker: &Docker, remains: &Remains) -> Result<Self, ContainerError> {
        for _ in 0..TRIES {
            let random = getrandom::u32().map_err(|error| ContainerError::Preparation(error.to_string()))?;
            let networks = Self {
                pair: remains.pair().to_owned(),
                first: u32::from(FIRST) + (random % RANGES) * RANGE,
            };
            match networks.create_all(docker, remains.labels()).await {
                Ok(()) => return Ok(networks),
                Err(error) if says(&error, &["overlaps"]) => remains.remove_networks().await?,
                Err(error) => return Err(error),
            }
        }
        Err(ContainerError::NoAddresses { tries: TRIES })
    }

    async fn create_all(
        &self,
        docker: &Docker,
        labels: &HashMap<String, String>,
    ) -> Result<(), ContainerError> {
        let names = [
            (self.published(), false),
            (self.link_from(Side::Primary), true),
            (self.link_from(Side::Secondary), true),
        ];
        for (place, (name, internal)) in (0..).zip(names) {
            let config = IpamConfig {
                subnet: Some(format!("{}/29", Ipv4Addr::from(self.first + place * NETWORK))),
                ..IpamConfig::default()
            };
            let request = NetworkCreateRequest {
                name: name.clone(),
                internal: Some(internal),
                ipam: Some(Ipam {
                    config: Some(vec![config]),
                    ..Ipam::default()
                }),
                labels: Some(labels.clone()),
                ..NetworkCreateRequest::default()
            };
            docker
                .create_network(request)
                .await
                .map_err(ContainerError::refused(format!("create the network {name}")))?;
        }
        Ok(())
    }

    /// Returns the name of the network through which callers come.
    pub(super) fn published(&self) -> String {
        format!("{}-published", self.pair)
    }

    /// Returns the name of the network over which a server is read by its peer.
    pub(super) fn link_from(&self, source: Side) -> String {
        format!("{}-from-{source}", self.pair)
    }

    /// Returns the address at which a server's peer reads it.
    pub(super) fn link_address(&self, source: Side) -> String {
        self.address(source, source).to_string()
    }

    /// Returns the addresses of a server on both links.
    pub(super) fn addresses(&self, side: Side) -> [Ipv4Addr; 2] {
        Side::BOTH.map(|source| self.address(source, side))
    }

    /// The gateway has the first address of each network.
    fn address(&self, source: Side, side: Side) -> Ipv4Addr {
        let index = |side: Side| u32::from(side == Side::Secondary);
        Ipv4Addr::from(self.first + (1 + index(source)) * NETWORK + 2 + index(side))
    }

    /// Puts a server's container on both link networks.
    pub(super) async fn join_links(
        &self,
        docker: &Docker,
        side: Side,
        container: &str,
    ) -> Result<(), ContainerError> {
        for source in Side::BOTH {
            self.join(docker, source, side, container).await?;
        }
        Ok(())
    }

    /// Puts a server's container on the network over which `source` is read, where it always has the same address.
    pub(super) async fn join(
        &self,
        docker: &Docker,
        source: Side,
        side: Side,
        container: &str,
    ) -> Result<(), ContainerError> {
        let address = EndpointIpamConfig {
            ipv4_address: Some(self.address(source, side).to_string()),
            ..EndpointIpamConfig::default()
        };
        let request = NetworkConnectRequest {
            container: container.to_owned(),
            endpoint_config: Some(EndpointSettings {
                ipam_config: Some(address),
                ..EndpointSettings::default()
            }),
        };
        let network = self.link_from(source);
        docker
            .connect_network(&network, request)
            .await
            .map_err(ContainerError::refused(format!(
                "connect {container} to {network}"
            )))
    }

    /// Takes a server's container off the network over which `source` is read.
    pub(super) async fn part(
        &self,
        docker: &Docker,
        source: Side,
        container: &str,
    ) -> Result<(), ContainerError> {
        let request = NetworkDisconnectRequest {
            container: container.to_owned(),
            force: Some(false),
        };
        let network = self.link_from(source);
        docker
            .disconnect_network(&network, request)
            .await
            .map_err(ContainerError::refused(format!(
                "disconnect {container} from {network}"
            )))
    }

    /// Tells on which links a server's container is; one that was ended stays where it was.
    pub(super) async fn joined(
        &self,
        docker: &Docker,
        container: &str,
    ) -> Result<Both<bool>, ContainerError> {
        let seen = docker
            .inspect_container(container, None)
            .await
            .map_err(ContainerError::refused(format!("look at {container}")))?;
        let networks = seen
            .network_settings
            .and_then(|settings| settings.networks)
            .unwrap_or_default();
        let on = |source| networks.contains_key(&self.link_from(source));
        Ok(Both {
            primary: on(Side::Primary),
            secondary: on(Side::Secondary),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_has_its_own_address_on_each_link() {
        let networks = Networks {
            pair: "dbha-x".to_owned(),
            first: u32::from(FIRST) + (RANGES - 1) * RANGE,
        };
        let text = |side| networks.addresses(side).map(|address| address.to_string());
        assert_eq!(text(Side::Primary), ["198.19.255.234", "198.19.255.242"]);
        assert_eq!(text(Side::Secondary), ["198.19.255.235", "198.19.255.243"]);
        assert_eq!(networks.link_address(Side::Primary), "198.19.255.234");
        assert_eq!(networks.link_address(Side::Secondary), "198.19.255.243");
        assert_eq!(networks.link_from(Side::Primary), "dbha-x-from-primary");
    }
}
