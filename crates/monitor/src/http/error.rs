use std::{io, net::SocketAddr};

/// Why the monitor cannot be reached over HTTP.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpError {
    /// Everybody on the network could read it.
    #[error(
        "{0} can be reached from other machines, and no token is set: give --token-file FILE, and put TLS in front or \
         give --tls-cert and --tls-key; or listen on 127.0.0.1"
    )]
    TokenMissing(SocketAddr),
    /// The token could be guessed, or cannot be sent in a header.
    #[error("the token must have 16 to 512 printable ASCII characters without blanks")]
    TokenUnfit,
    /// The address cannot be taken.
    #[error("cannot listen on {0}; another --listen ADDRESS:PORT may be free")]
    Listen(SocketAddr, #[source] io::Error),
    /// The certificate or its key is of no use.
    #[error("the certificate or its key cannot be used: {0}; both must be PEM and belong together")]
    Tls(String),
}
