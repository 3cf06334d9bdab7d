use super::{HttpError, HttpSettings, connection::converse, hosts::Hosts, router, tls, token::Token};
use crate::Board;
use axum::Router;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::TcpListener,
    sync::Semaphore,
    time::{sleep, timeout},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Connections at a time; further ones wait in the operating system's queue.
const CONNECTIONS: usize = 256;
/// Rest after a failed accept (too many open files), so that it is not tried in a circle.
const REST: Duration = Duration::from_millis(100);
/// Longest wait for open connections at the end.
const FAREWELL: Duration = Duration::from_millis(500);

/// The monitor's ear: an address that is taken, and everything that was checked before.
pub struct HttpServer {
    listener: TcpListener,
    address: SocketAddr,
    tls: Option<TlsAcceptor>,
    token: Option<Token>,
    hosts: Hosts,
    settings: HttpSettings,
}

impl HttpServer {
    /// Checks the settings and takes the address.
    pub async fn bind(settings: HttpSettings) -> Result<Self, HttpError> {
        let listen = settings.listen;
        let token = match &settings.token {
            Some(secret) => Some(Token::new(secret).ok_or(HttpError::TokenUnfit)?),
            None if listen.ip().to_canonical().is_loopback() => None,
            None => return Err(HttpError::TokenMissing(listen)),
        };
        let tls = settings.tls.as_ref().map(tls::acceptor).transpose()?;
        let taken = TcpListener::bind(listen).await;
        let listener = taken.map_err(|error| HttpError::Listen(listen, error))?;
        let address = listener
            .local_addr()
            .map_err(|error| HttpError::Listen(listen, error))?;
        Ok(Self {
            hosts: Hosts::new(&settings.allowed_hosts, listen),
            listener,
            address,
            tls,
            token,
            settings,
        })
    }

    /// Returns the address that was taken; its port is the real one where 0 was asked for.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Tells whether connections are encrypted.
    pub fn is_encrypted(&self) -> bool {
        self.tls.is_some()
    }

    /// Answers from the board until it is cancelled; then within half a second it is over.
    pub async fn serve(self, board: Board, cancellation: CancellationToken) {
        let state = router::State {
            board,
            token: self.token,
            hosts: Arc::new(self.hosts),
            settings: Arc::new(self.settings),
            streams: Arc::new(Semaphore::new(router::STREAMS)),
            end: cancellation.clone(),
        };
        let router = router::router(state);
        let talks = TaskTracker::new();
        tokio::select! {
            () = accept(&self.listener, &self.tls, &router, (&talks, &cancellation)) => {}
            () = cancellation.cancelled() => {}
        }
        drop(self.listener);
        talks.close();
        if timeout(FAREWELL, talks.wait()).await.is_err() {
            tracing::debug!("some connections were still open at the end");
        }
    }
}

async fn accept(
    listener: &TcpListener,
    tls: &Option<TlsAcceptor>,
    router: &Router,
    (talks, cancellation): (&TaskTracker, &CancellationToken),
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    // The semaphore is never closed.
    while let Ok(place) = places.clone().acquire_owned().await {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "cannot take a connection");
                sleep(REST).await;
                continue;
            }
        };
        let talk = converse(stream, tls.clone(), router.clone(), cancellation.clone());
        talks.spawn(async move {
            talk.await;
            drop(place);
        });
    }
}
