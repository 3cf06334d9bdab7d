//! When a server is ready.

use std::path::Path;
use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::time::timeout;

/// For one attempt: a server that is starting accepts late, or not yet.
const ATTEMPT: Duration = Duration::from_secs(1);

/// What the greeting of every server begins with, after the four bytes of the packet's header.
const PROTOCOL_VERSION: u8 = 10;

/// Tells whether the server greets on its socket.
///
/// The socket, not the port: it is in the server's own directory, so no other server can answer there.
/// A server greets only after it has carried out its init file.
pub(crate) async fn is_ready(socket: &Path) -> bool {
    let greeting = async {
        let mut stream = UnixStream::connect(socket).await.ok()?;
        let mut start = [0_u8; 5];
        stream.read_exact(&mut start).await.ok()?;
        Some(start[4] == PROTOCOL_VERSION)
    };
    matches!(timeout(ATTEMPT, greeting).await, Ok(Some(true)))
}
