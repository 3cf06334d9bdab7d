//! Which addresses are this machine's own.

use super::FenceError;
use nix::ifaddrs::getifaddrs;
use std::{io, net::IpAddr, time::Duration};

/// How long a name server may take.
const LIMIT: Duration = Duration::from_secs(3);

/// Returns the addresses that a host's name stands for; all of them have to be this machine's own.
pub(super) async fn own_addresses(host: &str, port: u16) -> Result<Vec<IpAddr>, FenceError> {
    let not_here = || FenceError::NotHere {
        name: host.to_owned(),
        address: format!("{host}:{port}"),
    };
    let found = tokio::time::timeout(LIMIT, tokio::net::lookup_host((host, port))).await;
    let found: Vec<IpAddr> = match found {
        Ok(Ok(found)) => found.map(|address| address.ip()).collect(),
        Ok(Err(source)) => {
            return Err(FenceError::Machine {
                what: "names",
                source,
            });
        }
        Err(_) => {
            let source = io::Error::from(io::ErrorKind::TimedOut);
            return Err(FenceError::Machine {
                what: "names",
                source,
            });
        }
    };
    let own = of_interfaces()?;
    match !found.is_empty() && found.iter().all(|ip| is_own(*ip, &own)) {
        true => Ok(found),
        false => Err(not_here()),
    }
}

fn of_interfaces() -> Result<Vec<IpAddr>, FenceError> {
    let interfaces = getifaddrs().map_err(|errno| FenceError::Machine {
        what: "addresses",
        source: io::Error::from(errno),
    })?;
    let address = |storage: nix::sys::socket::SockaddrStorage| {
        let v4 = storage.as_sockaddr_in().map(|v4| IpAddr::V4(v4.ip()));
        v4.or_else(|| storage.as_sockaddr_in6().map(|v6| IpAddr::V6(v6.ip())))
    };
    Ok(interfaces.filter_map(|one| address(one.address?)).collect())
}

/// All of 127.0.0.0/8 leads here, whatever the interface shows.
fn is_own(ip: IpAddr, own: &[IpAddr]) -> bool {
    ip.is_loopback() || own.contains(&ip)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_this_machines_addresses_are_its_own() {
        assert!(own_addresses("127.0.0.1", 1).await.is_ok());
        assert!(own_addresses("localhost", 1).await.is_ok());
        // Of the range for documents: nobody has it.
        let other = own_addresses("192.0.2.7", 3306).await.unwrap_err();
        assert!(matches!(other, FenceError::NotHere { .. }), "{other:?}");
        let seven: IpAddr = "10.0.0.7".parse().unwrap();
        assert!(is_own(seven, &[seven]));
        assert!(!is_own(seven, &["10.0.0.8".parse().unwrap()]));
        // Everybody's address is nobody's.
        assert!(!is_own("0.0.0.0".parse().unwrap(), &[seven]));
    }
}
