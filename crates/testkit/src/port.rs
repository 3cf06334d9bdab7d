//! Free ports of the loopback address.

use std::net::{Ipv4Addr, TcpListener};

use crate::TestkitError;

/// Below the range from which the kernel takes the local ports of outgoing connections: a server that is
/// stopped for a moment must find its port free again.
const FIRST: u16 = 21_000;
const COUNT: u16 = 11_000;
const TRIES: usize = 100;

/// Chooses a port that nobody listens on now; another process may still take it first.
pub(crate) fn free_port() -> Result<u16, TestkitError> {
    let mut port = FIRST;
    for _ in 0..TRIES {
        let random = getrandom::u32().map_err(|error| TestkitError::Random(error.to_string()))?;
        port = FIRST + u16::try_from(random % u32::from(COUNT)).unwrap_or(0);
        if is_free(port) {
            return Ok(port);
        }
    }
    Err(TestkitError::PortTaken { port })
}

/// Tells whether a server could listen on the port now.
pub(crate) fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}
