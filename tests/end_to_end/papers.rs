//! Authorities and certificates in files, for servers whose TLS a test wants to be good or bad in a certain way.

use std::fs;
use std::path::PathBuf;

use dbha_testkit::{Authority, ServerCertificate, ServerOptions, Validity};
use tempfile::TempDir;

/// The addresses under which tests reach servers.
pub(crate) const ADDRESSES: [&str; 2] = ["127.0.0.1", "127.0.0.2"];

/// A directory with two authorities, of which servers and operators trust the first.
pub(crate) struct Papers {
    directory: TempDir,
    authority: Authority,
    other: Authority,
}

impl Papers {
    /// Makes both authorities.
    pub(crate) fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("dbha-papers-").tempdir().unwrap();
        let papers = Self {
            directory,
            authority: Authority::new("the right authority").unwrap(),
            other: Authority::new("another authority").unwrap(),
        };
        papers.write("ca.pem", papers.authority.certificate());
        papers.write("other-ca.pem", papers.other.certificate());
        papers
    }

    /// Returns the file with the right authority's certificate.
    pub(crate) fn ca(&self) -> String {
        self.path("ca.pem")
    }

    /// Returns the file with the other authority's certificate.
    pub(crate) fn other_ca(&self) -> String {
        self.path("other-ca.pem")
    }

    /// Options of a server whose certificate is good; its own `ssl_ca` is left open.
    pub(crate) fn good(&self) -> ServerOptions {
        let certificate = self.authority.sign(&ADDRESSES, Validity::Long).unwrap();
        self.options("good", &certificate)
    }

    /// Options of servers whose certificates are bad, and what a client that verifies says of each.
    pub(crate) fn bad(&self) -> Vec<(&'static str, ServerOptions)> {
        let made = [
            (
                "not signed by the given CA",
                self.other.sign(&ADDRESSES, Validity::Long).unwrap(),
            ),
            (
                "not signed by the given CA",
                ServerCertificate::self_signed(&ADDRESSES).unwrap(),
            ),
            (
                "for another name",
                self.authority.sign(&["db.example.org"], Validity::Long).unwrap(),
            ),
            (
                "has expired",
                self.authority.sign(&ADDRESSES, Validity::Over).unwrap(),
            ),
        ];
        let named = |(number, (words, certificate)): (usize, (&'static str, _))| {
            (words, self.options(&format!("bad-{number}"), &certificate))
        };
        made.into_iter().enumerate().map(named).collect()
    }

    fn options(&self, name: &str, certificate: &ServerCertificate) -> ServerOptions {
        let (cert, key) = (format!("{name}-cert.pem"), format!("{name}-key.pem"));
        self.write(&cert, &certificate.certificate);
        self.write(&key, &certificate.key);
        ServerOptions::new()
            .set("ssl_cert", self.path(&cert))
            .set("ssl_key", self.path(&key))
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.directory.path().join(name), text).unwrap();
    }

    fn path(&self, name: &str) -> String {
        let path: PathBuf = self.directory.path().join(name);
        path.display().to_string()
    }
}
