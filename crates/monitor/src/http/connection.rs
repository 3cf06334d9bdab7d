//! One connection, from the handshake to its end.

use super::patient_stream::PatientStream;
use axum::{Extension, Router};
use hyper::server::conn::http1;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    service::TowerToHyperService,
};
use std::{net::IpAddr, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

/// Longest wait for a handshake, for the head of a request, and for the next request on a kept connection.
pub(super) const HEAD_LIMIT: Duration = Duration::from_secs(10);
/// Longest head of a request.
pub(super) const HEAD_BYTES: usize = 16 * 1024;
/// How long the other end may take nothing of what is sent.
const SEND_LIMIT: Duration = Duration::from_secs(20);
/// Time that answers get to end when the monitor ends.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// The address of this machine that the other end has dialled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dialled(pub(super) IpAddr);

/// Answers what comes over one connection until its end.
pub(super) async fn converse(
    stream: TcpStream,
    tls: Option<TlsAcceptor>,
    router: Router,
    cancellation: CancellationToken,
) {
    let Ok(local) = stream.local_addr() else { return };
    // Small answers should leave at once; without it they still arrive.
    let _ = stream.set_nodelay(true);
    let router = router.layer(Extension(Dialled(local.ip())));
    let stream = PatientStream::new(stream, SEND_LIMIT);
    let Some(acceptor) = tls else {
        return answer(stream, router, cancellation).await;
    };
    match timeout(HEAD_LIMIT, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => answer(stream, router, cancellation).await,
        Ok(Err(error)) => tracing::debug!(%error, "no TLS with a caller"),
        Err(_) => tracing::debug!("a caller did not end its TLS handshake"),
    }
}

async fn answer<S>(stream: S, router: Router, cancellation: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_LIMIT)
        .max_header_size(HEAD_BYTES)
        .max_buf_size(4 * HEAD_BYTES)
        .max_headers(64)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    tokio::pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return note(ended),
        () = cancellation.cancelled() => connection.as_mut().graceful_shutdown(),
    }
    if let Ok(ended) = timeout(LAST_WORDS, connection).await {
        note(ended);
    }
}

fn note(ended: hyper::Result<()>) {
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended early");
    }
}
