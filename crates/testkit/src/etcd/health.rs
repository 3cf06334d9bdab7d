//! Whether a member answers, asked in the plainest way.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// Longest wait for one answer; the member itself gives up after a second.
const LIMIT: Duration = Duration::from_secs(3);

/// Tells whether the member at this port takes part in a majority.
pub(super) async fn is_healthy(port: u16) -> bool {
    let asked = tokio::time::timeout(LIMIT, ask(port)).await;
    matches!(asked, Ok(Ok(answer)) if answer.contains("\"health\":\"true\""))
}

async fn ask(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream
        .write_all(b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .await?;
    let mut answer = Vec::new();
    stream.take(4096).read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
