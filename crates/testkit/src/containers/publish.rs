//! Where the port of a container is published.

use std::collections::HashMap;
use std::path::Path;

use testcontainers::bollard::models::{HostConfig, PortBinding};

use super::SERVER_PORT;

/// Returns the address on the daemon's machine: loopback where that is reached from here, else all of them.
pub(super) fn address() -> &'static str {
    let host = std::env::var("DOCKER_HOST").unwrap_or_default();
    address_for(&host, Path::new("/.dockerenv").exists())
}

fn address_for(docker_host: &str, in_a_container: bool) -> &'static str {
    let local = docker_host.is_empty() || docker_host.starts_with("unix:");
    if local && !in_a_container { "127.0.0.1" } else { "" }
}

/// Publishes the server's port, and no other.
pub(super) fn publish(config: &mut HostConfig, port: u16) {
    let binding = PortBinding {
        host_ip: Some(address().to_owned()),
        host_port: Some(port.to_string()),
    };
    let bindings = HashMap::from([(format!("{SERVER_PORT}/tcp"), Some(vec![binding]))]);
    config.port_bindings = Some(bindings);
    config.publish_all_ports = Some(false);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_not_shown_to_the_world_where_loopback_does() {
        assert_eq!(address_for("", false), "127.0.0.1");
        assert_eq!(address_for("unix:///run/docker.sock", false), "127.0.0.1");
        assert_eq!(address_for("unix:///run/docker.sock", true), "");
        assert_eq!(address_for("tcp://10.0.0.9:2376", false), "");
    }
}
