use super::{AlertError, alert::Alert};
use dbha_core::Secret;
use http_body_util::Full;
use hyper::{
    Request, Uri,
    body::Bytes,
    client::conn::http1,
    header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderValue, USER_AGENT},
};
use hyper_util::rt::TokioIo;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{path::Path, sync::Arc, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::TlsConnector;

/// Longest time for one alert, from dialling to the answer.
const LIMIT: Duration = Duration::from_secs(10);

/// An HTTP server that takes alerts.
#[derive(Clone)]
pub struct WebhookTarget {
    uri: Uri,
    host: String,
    token: Option<HeaderValue>,
    tls: Option<Arc<ClientConfig>>,
}

impl std::fmt::Debug for WebhookTarget {
    /// The path of such an address is often the secret itself.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("WebhookTarget").field(&self.name()).finish()
    }
}

impl WebhookTarget {
    /// Checks an address, the bearer token that goes with it, and the CA certificates that alone are to be trusted; without
    /// them the well-known ones are.
    pub fn new(address: &Secret, token: Option<&Secret>, ca: Option<&Path>) -> Result<Self, AlertError> {
        let uri: Option<Uri> = address.expose().parse().ok();
        let known = |uri: &Uri| matches!(uri.scheme_str(), Some("http" | "https"));
        let parts = uri.filter(known).and_then(|uri| {
            let host = uri.host()?.to_owned();
            Some((uri, host))
        });
        let (uri, host) = parts.ok_or_else(|| AlertError::Address("what is given".into()))?;
        let header = |secret: &Secret| {
            let value = HeaderValue::try_from(format!("Bearer {}", secret.expose()));
            value.map(|mut value| {
                value.set_sensitive(true);
                value
            })
        };
        let token = token.map(header).transpose();
        let token = token.map_err(|_| AlertError::Token(host.clone()))?;
        let tls = match uri.scheme_str() {
            Some("https") => Some(Arc::new(trust(ca)?)),
            _ => None,
        };
        Ok(Self {
            uri,
            host,
            token,
            tls,
        })
    }

    pub(super) fn name(&self) -> String {
        let scheme = self.uri.scheme_str().unwrap_or("http");
        format!(
            "{scheme}://{}",
            self.uri.authority().map_or(self.host.as_str(), |of| of.host())
        )
    }

    /// Posts an alert; only an answer of 2xx counts, and no redirection is followed.
    pub(super) async fn deliver(&self, alert: &Alert) -> Result<(), AlertError> {
        let late = |_| Err(AlertError::TooLong(LIMIT));
        tokio::time::timeout(LIMIT, self.post(alert))
            .await
            .unwrap_or_else(late)
    }

    async fn post(&self, alert: &Alert) -> Result<(), AlertError> {
        let bare = self.host.trim_start_matches('[').trim_end_matches(']');
        let port = self
            .uri
            .port_u16()
            .unwrap_or(if self.tls.is_some() { 443 } else { 80 });
        let stream = TcpStream::connect((bare, port))
            .await
            .map_err(AlertError::Connect)?;
        match &self.tls {
            None => self.send(stream, alert).await,
            Some(config) => {
                let name =
                    ServerName::try_from(bare.to_owned()).map_err(|_| AlertError::Address(self.name()))?;
                let connector = TlsConnector::from(config.clone());
                let stream = connector
                    .connect(name, stream)
                    .await
                    .map_err(AlertError::Connect)?;
                self.send(stream, alert).await
            }
        }
    }

    async fn send(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        alert: &Alert,
    ) -> Result<(), AlertError> {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream))
            .await
            .map_err(AlertError::Answer)?;
        let request = self.request(alert)?;
        // Driven beside the answer: whatever becomes of the connection afterwards, the answer came.
        let driver = Driver(tokio::spawn(async move {
            let _ = connection.await;
        }));
        let answer = sender.send_request(request).await.map_err(AlertError::Answer)?;
        drop(driver);
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => Err(AlertError::Refused(status.as_u16())),
        }
    }

    fn request(&self, alert: &Alert) -> Result<Request<Full<Bytes>>, AlertError> {
        let wrong = || AlertError::Address(self.name());
        let body = serde_json::to_vec(alert).map_err(|_| wrong())?;
        let path = self.uri.path_and_query().map_or("/", |path| path.as_str());
        let host = self.uri.authority().map_or(self.host.as_str(), |authority| {
            authority.as_str().rsplit('@').next().unwrap_or_default()
        });
        let mut request = Request::post(path)
            .header(HOST, host)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("dbha/", env!("CARGO_PKG_VERSION")));
        if let Some(token) = &self.token {
            request = request.header(AUTHORIZATION, token.clone());
        }
        request.body(Full::new(Bytes::from(body))).map_err(|_| wrong())
    }
}

/// The task of a connection, which ends with whoever waits for the answer.
struct Driver(tokio::task::JoinHandle<()>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

fn trust(ca: Option<&Path>) -> Result<ClientConfig, AlertError> {
    let mut roots = RootCertStore::empty();
    match ca {
        None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
        Some(path) => {
            let useless = || AlertError::Certificates(path.display().to_string());
            let certificates = CertificateDer::pem_file_iter(path).map_err(|_| useless())?;
            let read: Vec<_> = certificates.filter_map(Result::ok).collect();
            if roots.add_parsable_certificates(read).0 == 0 {
                return Err(useless());
            }
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| AlertError::Certificates("this program".into()))?;
    Ok(builder.with_root_certificates(roots).with_no_client_auth())
}
