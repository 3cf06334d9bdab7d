//! How a private etcd is started.

use std::path::Path;

use crate::home::write_private;
use crate::{Authority, TestkitError, Validity};

const AUTHORITY: &str = "etcd-ca.pem";
const CERTIFICATE: &str = "etcd-cert.pem";
const KEY: &str = "etcd-key.pem";

/// Options of a private etcd; the default is one without TLS.
#[derive(Debug, Clone, Default)]
pub struct EtcdOptions {
    /// Certificates, where clients are to come over TLS with one of their own.
    pub(super) tls: Option<EtcdTls>,
    /// Whether there are other members that a busy machine must not take for gone.
    pub(super) patient: bool,
}

/// Certificates of a private etcd that demands one of its clients.
#[derive(Debug, Clone)]
pub struct EtcdTls {
    authority: String,
    certificate: String,
    key: String,
}

impl EtcdTls {
    /// Makes the server's certificate; clients need one of the same authority.
    ///
    /// # Errors
    /// [`TestkitError::Certificate`] when none can be made.
    pub fn signed_by(authority: &Authority) -> Result<Self, TestkitError> {
        let signed = authority.sign(&["localhost", "127.0.0.1", "::1"], Validity::Long)?;
        Ok(Self {
            authority: authority.certificate().to_owned(),
            certificate: signed.certificate,
            key: signed.key,
        })
    }

    pub(super) fn write(&self, directory: &Path) -> Result<(), TestkitError> {
        let files = [
            (AUTHORITY, &self.authority),
            (CERTIFICATE, &self.certificate),
            (KEY, &self.key),
        ];
        files
            .into_iter()
            .try_for_each(|(name, text)| write_private(&directory.join(name), text))
    }

    pub(super) fn words(directory: &Path) -> Vec<String> {
        let path = |name: &str| directory.join(name).display().to_string();
        vec![
            "--client-cert-auth".into(),
            "--trusted-ca-file".into(),
            path(AUTHORITY),
            "--cert-file".into(),
            path(CERTIFICATE),
            "--key-file".into(),
            path(KEY),
        ]
    }
}

impl EtcdOptions {
    /// Lets in only clients that come over TLS with a certificate of the same authority.
    #[must_use]
    pub fn with_tls(mut self, tls: EtcdTls) -> Self {
        self.tls = Some(tls);
        self
    }

    pub(super) fn timing_words(&self) -> &'static [&'static str] {
        match self.patient {
            // With the defaults a busy machine sees elections that nobody wants; leases are then of 3 s at least.
            true => &["--heartbeat-interval", "200", "--election-timeout", "2000"],
            false => &[],
        }
    }
}
