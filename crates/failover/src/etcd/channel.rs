//! A connection to one member.

use super::{
    EtcdError, EtcdTls,
    settings::{Endpoint, EtcdSettings},
};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject};
use std::path::{Path, PathBuf};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Identity};

/// Why there is no connection.
pub(super) enum Undialled {
    /// Nobody can be reached with this.
    Unusable(EtcdError),
    /// This member cannot be reached now.
    Unreachable(String),
}

/// Dials a member; whoever calls limits the time.
pub(super) async fn dial(settings: &EtcdSettings, endpoint: &Endpoint) -> Result<Channel, Undialled> {
    let unusable = |text: String| Undialled::Unusable(EtcdError::Settings(text));
    let mut dialled = Channel::from_shared(endpoint.url.clone())
        .map_err(|error| unusable(error.to_string()))?
        .tcp_nodelay(true);
    if endpoint.secure {
        let config = tls(&settings.tls).await.map_err(Undialled::Unusable)?;
        dialled = dialled
            .tls_config(config.domain_name(&endpoint.host))
            .map_err(|error| unusable(dbha_core::error_chain(&error)))?;
    }
    let connected = dialled.connect().await;
    connected.map_err(|error| Undialled::Unreachable(dbha_core::error_chain(&error)))
}

async fn tls(files: &EtcdTls) -> Result<ClientTlsConfig, EtcdError> {
    let mut config = match &files.ca {
        None => ClientTlsConfig::new().with_webpki_roots(),
        Some(path) => {
            let pem = certificates(path).await?;
            ClientTlsConfig::new().ca_certificate(Certificate::from_pem(pem))
        }
    };
    if let (Some(certificate), Some(key)) = (&files.certificate, &files.key) {
        let pem = certificates(certificate).await?;
        config = config.identity(Identity::from_pem(pem, private_key(key).await?));
    }
    Ok(config)
}

/// Reads a file that holds a certificate; one without any would only show as an unknown authority.
async fn certificates(path: &Path) -> Result<Vec<u8>, EtcdError> {
    let pem = read(path).await?;
    match CertificateDer::pem_slice_iter(&pem).any(|found| found.is_ok()) {
        true => Ok(pem),
        false => Err(unusable(path, "there is no certificate in it")),
    }
}

async fn private_key(path: &Path) -> Result<Vec<u8>, EtcdError> {
    let pem = read(path).await?;
    match PrivateKeyDer::from_pem_slice(&pem) {
        Ok(_) => Ok(pem),
        Err(_) => Err(unusable(path, "there is no private key in it")),
    }
}

async fn read(path: &Path) -> Result<Vec<u8>, EtcdError> {
    let read = tokio::fs::read(path).await;
    read.map_err(|source| EtcdError::Read {
        path: PathBuf::from(path),
        source,
    })
}

fn unusable(path: &Path, text: &str) -> EtcdError {
    EtcdError::File {
        path: PathBuf::from(path),
        text: text.to_owned(),
    }
}
