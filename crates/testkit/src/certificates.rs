//! The certificates of private servers.

use std::path::Path;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};

use crate::TestkitError;
use crate::home::write_private;

/// What the certificates are called in a data directory; MySQL finds them there by these names.
pub(crate) const AUTHORITY: &str = "ca.pem";
pub(crate) const CERTIFICATE: &str = "server-cert.pem";
pub(crate) const KEY: &str = "server-key.pem";

/// The names under which a private server is reached.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Puts an authority's certificate, a server's certificate and its key into a data directory.
///
/// Newer servers make their own at each start otherwise, with keys that take up to a second; and those
/// name no address, so that nobody could test with them that a peer's name is verified.
pub(crate) fn write_certificates(datadir: &Path) -> Result<(), TestkitError> {
    let made = make().map_err(TestkitError::Certificate)?;
    for (name, text) in [AUTHORITY, CERTIFICATE, KEY].into_iter().zip(made) {
        write_private(&datadir.join(name), &text)?;
    }
    Ok(())
}

fn make() -> Result<[String; 3], rcgen::Error> {
    let authority_key = KeyPair::generate()?;
    let mut authority = CertificateParams::new(Vec::<String>::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority
        .distinguished_name
        .push(DnType::CommonName, "dbha private servers");
    let authority_text = authority.self_signed(&authority_key)?.pem();
    // The authority's key is dropped here: nothing else is ever signed with it.
    let issuer = Issuer::new(authority, authority_key);

    let key = KeyPair::generate()?;
    let mut server = CertificateParams::new(NAMES.map(str::to_owned))?;
    server
        .distinguished_name
        .push(DnType::CommonName, "dbha private server");
    let certificate = server.signed_by(&key, &issuer)?;
    Ok([authority_text, certificate.pem(), key.serialize_pem()])
}
