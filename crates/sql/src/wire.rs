use crate::{Address, SslMode, TlsOptions};
use serde::{Deserialize, Serialize};

/// How well a connection of dbha's own is protected on its way to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Wire {
    /// It never leaves this machine.
    Local,
    /// In clear over a network.
    Clear,
    /// Encrypted; who answers was not checked.
    Encrypted,
    /// Encrypted, and the certificate was checked.
    Verified,
}

impl Wire {
    /// Judges a connection by the server's address, what was asked for, and whether TLS came about.
    pub(crate) fn of(address: &Address, tls: &TlsOptions, encrypted: bool) -> Self {
        match (encrypted, tls.effective()) {
            (true, SslMode::VerifyCa | SslMode::VerifyIdentity) => Wire::Verified,
            _ if address.is_local() => Wire::Local,
            (true, _) => Wire::Encrypted,
            (false, _) => Wire::Clear,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_checked_certificate_counts_as_verified() {
        let remote = Address::Tcp {
            host: "db1".into(),
            port: 3306,
        };
        let plain = TlsOptions::default();
        let with_ca = TlsOptions {
            mode: None,
            ca: Some("ca.pem".into()),
        };
        assert_eq!(Wire::of(&remote, &plain, false), Wire::Clear);
        assert_eq!(Wire::of(&remote, &plain, true), Wire::Encrypted);
        assert_eq!(Wire::of(&remote, &with_ca, true), Wire::Verified);
        let local = Address::Socket { path: "/s".into() };
        assert_eq!(Wire::of(&local, &with_ca, false), Wire::Local);
    }
}
