//! An address that moves from one machine to the other.

use super::NotRenderable;
use std::{fmt, net::IpAddr, str::FromStr};

/// An address with the length of its network's prefix, such as `10.0.0.10/24`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VirtualAddress {
    address: IpAddr,
    prefix: u8,
}

impl VirtualAddress {
    /// Returns the address without its prefix.
    pub fn address(&self) -> IpAddr {
        self.address
    }
}

impl fmt::Display for VirtualAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl FromStr for VirtualAddress {
    type Err = NotRenderable;

    fn from_str(text: &str) -> Result<Self, NotRenderable> {
        parts(text).ok_or_else(|| NotRenderable {
            what: "the virtual address",
            value: text.to_owned(),
            file: "a configuration",
            fix: "give ADDRESS/PREFIX, with the prefix of the servers' network: 10.0.0.10/24",
        })
    }
}

fn parts(text: &str) -> Option<VirtualAddress> {
    let (address, prefix) = text.split_once('/')?;
    let address: IpAddr = address.parse().ok()?;
    // Only digits: a number may also be written with a sign.
    let prefix: u8 = prefix
        .bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| prefix.parse().ok())??;
    let longest = if address.is_ipv4() { 32 } else { 128 };
    let broadcast = matches!(address, IpAddr::V4(address) if address.is_broadcast());
    let usable = !address.is_loopback() && !address.is_unspecified() && !address.is_multicast() && !broadcast;
    (usable && (1..=longest).contains(&prefix)).then_some(VirtualAddress { address, prefix })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_its_prefix_is_read_and_written() {
        for text in ["10.0.0.10/24", "10.0.0.10/32", "fd00::10/64", "fd00::10/128"] {
            assert_eq!(text.parse::<VirtualAddress>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_no_client_can_be_given_is_refused() {
        for text in [
            "",
            "10.0.0.10",
            "10.0.0.10/",
            "10.0.0.10/0",
            "10.0.0.10/33",
            "10.0.0.10/+24",
            "10.0.0.10/24 ",
            "10.0.0.10/24\n}",
            "db1/24",
            "127.0.0.1/8",
            "0.0.0.0/1",
            "224.0.0.18/24",
            "255.255.255.255/32",
            "::1/128",
            "fd00::10/129",
            "fe80::1%eth0/64",
        ] {
            assert_eq!(text.parse::<VirtualAddress>().unwrap_err().value, text);
        }
    }
}
