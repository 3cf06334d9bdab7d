use dbha_core::Secret;
use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

/// How the monitor is reached over HTTP.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// Where to listen; beyond loopback a token is demanded.
    pub listen: SocketAddr,
    /// What callers have to show, as bearer token or as the password of a browser.
    pub token: Option<Secret>,
    /// Certificate and key; without them the connection is in clear.
    pub tls: Option<TlsFiles>,
    /// Further names by which the monitor is called.
    pub allowed_hosts: Vec<String>,
    /// While this file exists, load balancers are told to send nobody anywhere.
    pub maintenance_file: Option<PathBuf>,
    /// Whether metrics come under the names of mysqld_exporter, too.
    pub legacy_metrics: bool,
    /// Time between two looks at a server; what is older than five of them is not believed.
    pub tick: Duration,
}

/// A certificate with its key, both as PEM.
#[derive(Debug, Clone)]
pub struct TlsFiles {
    /// The certificate and those that it is signed by.
    pub certificates: Vec<u8>,
    /// Its private key.
    pub key: Secret,
}

impl Default for HttpSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9104)),
            token: None,
            tls: None,
            allowed_hosts: vec![],
            maintenance_file: None,
            legacy_metrics: false,
            tick: Duration::from_secs(1),
        }
    }
}

impl HttpSettings {
    /// Returns the age from which on a report is not believed any more.
    pub fn stale_after(&self) -> Duration {
        self.tick * 5
    }
}
