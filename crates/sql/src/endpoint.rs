mod parse;

use crate::{Secret, TlsOptions};
use serde::Serialize;
use std::{fmt, path::PathBuf};

pub use parse::ParseEndpointError;

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Address {
    /// A host name or address and a port.
    Tcp {
        /// Name or address, IPv6 without brackets.
        host: String,
        /// 1 to 65535.
        port: u16,
    },
    /// A socket on this machine.
    Socket {
        /// Path of the socket.
        path: PathBuf,
    },
}

impl Address {
    /// Tells whether the way to the server never leaves this machine.
    pub fn is_local(&self) -> bool {
        match self {
            Address::Socket { .. } => true,
            Address::Tcp { host, .. } => {
                host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
            }
        }
    }

    /// Returns host and port, or `None` for a socket.
    pub fn tcp(&self) -> Option<(&str, u16)> {
        match self {
            Address::Tcp { host, port } => Some((host, *port)),
            Address::Socket { .. } => None,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Address::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Address::Tcp { host, port } => write!(f, "{host}:{port}"),
            Address::Socket { path } => write!(f, "{}", path.display()),
        }
    }
}

/// How to reach one server: its name, address, account and TLS wishes.
///
/// Read from a command line with [`str::parse`]; user and password may come from elsewhere later.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The name by which people know the server: from a config file, else its address.
    pub name: String,
    /// Where it listens.
    pub address: Address,
    /// The account to log in with; `None` until it is known.
    pub user: Option<String>,
    /// Its password; `None` logs in without one.
    pub password: Option<Secret>,
    /// TLS mode and CA.
    pub tls: TlsOptions,
}

impl Endpoint {
    /// Makes an endpoint at an address, named after it, without an account.
    pub fn new(address: Address) -> Self {
        Self {
            name: address.to_string(),
            address,
            user: None,
            password: None,
            tls: TlsOptions::default(),
        }
    }

    /// Gives the endpoint an account.
    #[must_use]
    pub fn with_account(mut self, user: impl Into<String>, password: Option<Secret>) -> Self {
        self.user = Some(user.into());
        self.password = password;
        self
    }

    /// Gives the endpoint another name.
    #[must_use]
    pub fn with_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }
}
