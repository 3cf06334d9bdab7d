//! How the monitor is reached over HTTP, from the command line.

use crate::{args::MonitorArgs, exit::Failure, servers};
use dbha_core::error_chain;
use dbha_monitor::http::{HttpError, HttpServer, HttpSettings, TlsFiles};
use std::path::{Path, PathBuf};

/// Reads token and certificate and takes the address.
pub async fn bind(args: &MonitorArgs, maintenance: PathBuf) -> Result<HttpServer, Failure> {
    let token = args
        .token_file
        .as_deref()
        .map(servers::secret_of_file)
        .transpose()?;
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(certificates), Some(key)) => Some(TlsFiles {
            certificates: read(certificates, "--tls-cert")?,
            key: servers::text_of_secret_file(key)?,
        }),
        _ => None,
    };
    let settings = HttpSettings {
        listen: args.listen,
        token,
        tls,
        allowed_hosts: args.allow_host.clone(),
        maintenance_file: Some(maintenance),
        legacy_metrics: args.legacy_metrics,
        tick: args.tick,
    };
    HttpServer::bind(settings).await.map_err(|error| {
        let fix = match &error {
            HttpError::Listen(..) => "choose another --listen ADDRESS:PORT",
            HttpError::TokenMissing(_) | HttpError::TokenUnfit => "give --token-file FILE",
            _ => "check --tls-cert and --tls-key",
        };
        Failure::usage(error_chain(&error), fix)
    })
}

fn read(path: &Path, flag: &str) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| {
        Failure::usage(
            format!("cannot read {}: {error}", path.display()),
            format!("check {flag}"),
        )
    })
}
