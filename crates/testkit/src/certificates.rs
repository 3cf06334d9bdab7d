//! Certificates for private servers, and for tests of what a client makes of them.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};

use crate::TestkitError;
use crate::home::write_private;

/// What the certificates are called in a data directory; MySQL finds them there by these names.
pub(crate) const AUTHORITY: &str = "ca.pem";
pub(crate) const CERTIFICATE: &str = "server-cert.pem";
pub(crate) const KEY: &str = "server-key.pem";

/// The names under which a private server is reached.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// An authority that signs servers' certificates.
#[derive(Debug)]
pub struct Authority {
    text: String,
    issuer: Issuer<'static, KeyPair>,
}

/// When a certificate is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Validity {
    /// For decades from long ago.
    Long,
    /// It ended years ago.
    Over,
}

/// A server's certificate and its key, both in PEM.
#[derive(Debug, Clone)]
pub struct ServerCertificate {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}

impl Authority {
    /// Makes an authority of this name.
    ///
    /// # Errors
    /// [`TestkitError::Certificate`] when no key can be made.
    pub fn new(name: &str) -> Result<Self, TestkitError> {
        let make = || {
            let key = KeyPair::generate()?;
            let mut authority = CertificateParams::new(Vec::<String>::new())?;
            authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
            authority.distinguished_name.push(DnType::CommonName, name);
            let text = authority.self_signed(&key)?.pem();
            Ok(Self {
                text,
                issuer: Issuer::new(authority, key),
            })
        };
        make().map_err(TestkitError::Certificate)
    }

    /// Returns the authority's own certificate, in PEM.
    pub fn certificate(&self) -> &str {
        &self.text
    }

    /// Signs a certificate for a server that is reached under these names and addresses.
    ///
    /// # Errors
    /// [`TestkitError::Certificate`] when a name can stand in no certificate.
    pub fn sign(&self, names: &[&str], validity: Validity) -> Result<ServerCertificate, TestkitError> {
        let make = || {
            let key = KeyPair::generate()?;
            let certificate = of_server(names, validity)?.signed_by(&key, &self.issuer)?.pem();
            Ok(ServerCertificate {
                certificate,
                key: key.serialize_pem(),
            })
        };
        make().map_err(TestkitError::Certificate)
    }
}

impl ServerCertificate {
    /// Makes a certificate that nobody but itself has signed.
    ///
    /// # Errors
    /// As [`Authority::sign`].
    pub fn self_signed(names: &[&str]) -> Result<Self, TestkitError> {
        let make = || {
            let key = KeyPair::generate()?;
            let certificate = of_server(names, Validity::Long)?.self_signed(&key)?.pem();
            Ok(Self {
                certificate,
                key: key.serialize_pem(),
            })
        };
        make().map_err(TestkitError::Certificate)
    }
}

fn of_server(names: &[&str], validity: Validity) -> Result<CertificateParams, rcgen::Error> {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut server = CertificateParams::new(names)?;
    server
        .distinguished_name
        .push(DnType::CommonName, "dbha private server");
    if validity == Validity::Over {
        server.not_before = date_time_ymd(2001, 1, 1);
        server.not_after = date_time_ymd(2002, 1, 1);
    }
    Ok(server)
}

/// Puts an authority's certificate, a server's certificate and its key into a data directory.
///
/// Newer servers make their own at each start otherwise, with keys that take up to a second; and those
/// name no address, so that nobody could test with them that a peer's name is verified.
pub(crate) fn write_certificates(datadir: &Path) -> Result<(), TestkitError> {
    // The authority's key is dropped here: nothing else is ever signed with it.
    let authority = Authority::new("dbha private servers")?;
    let server = authority.sign(&NAMES, Validity::Long)?;
    let made = [authority.certificate(), &server.certificate, &server.key];
    for (name, text) in [AUTHORITY, CERTIFICATE, KEY].into_iter().zip(made) {
        write_private(&datadir.join(name), text)?;
    }
    Ok(())
}
