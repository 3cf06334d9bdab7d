//! Read-only by SQL, confirmed, over a connection that leads to the process that listens here.

use super::{ServerProcess, listeners::open_sockets};
use crate::{error_chain, roles::close_to_clients};
use dbha_sql::{Endpoint, Place, Server};
use std::fs;
use tokio_util::sync::CancellationToken;

/// Why the server is not known to be read-only.
pub(super) enum Unclosed {
    /// The connection leads to another process.
    Elsewhere,
    /// What happened.
    Why(String),
}

/// Makes the server read-only and ends its clients; returns how many those were.
pub(super) async fn by_read_only(endpoint: &Endpoint, process: &ServerProcess) -> Result<usize, Unclosed> {
    let failed = |error: &dyn std::error::Error| Unclosed::Why(error_chain(error));
    let mut server = Server::connect(endpoint).await.map_err(|error| failed(&error))?;
    let place = server.place().await.map_err(|error| failed(&error))?;
    if !leads_to(&place, process) {
        return Err(Unclosed::Elsewhere);
    }
    let never = CancellationToken::new();
    let closed = close_to_clients(&mut server, &never).await;
    let ended = closed.map_err(|error| failed(&error))?;
    let refused = server.dialect().read_writes_refused();
    let refused = server.session.query_value(&refused).await;
    match refused.map_err(|error| failed(&error))?.as_deref() {
        Some("1") => Ok(ended),
        _ => Err(Unclosed::Why("it says that it is not read-only".into())),
    }
}

/// Over a socket nothing comes between; a port may be forwarded by rules of the network that nobody sees.
fn leads_to(place: &Place, process: &ServerProcess) -> bool {
    let Some(peer_port) = place.peer_port else {
        return place.socket.is_some();
    };
    let table = |name: &str| fs::read_to_string(format!("/proc/self/net/{name}")).unwrap_or_default();
    let tables = table("tcp") + &table("tcp6");
    let ends = connections(&tables, place.port, peer_port);
    open_sockets(process.pid).is_some_and(|open| ends.iter().any(|end| open.contains(end)))
}

/// Finds the established connections between two ports in `/proc/net/tcp`, by the numbers of their sockets.
fn connections(table: &str, port: u16, peer_port: u16) -> Vec<u64> {
    let port_of = |address: &str| u16::from_str_radix(address.rsplit(':').next()?, 16).ok();
    let read = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (local, remote, state) = (fields.get(1)?, fields.get(2)?, *fields.get(3)?);
        let matches = state == "01" && port_of(local) == Some(port) && port_of(remote) == Some(peer_port);
        matches.then(|| fields.get(9)?.parse().ok()).flatten()
    };
    table.lines().filter_map(read).collect()
}
