//! A client that sends exactly what it is told to.

use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// What came back.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Asks for a path with nothing special about it.
pub(crate) async fn get(address: SocketAddr, path: &str) -> Heard {
    ask(address, "GET", path, "").await
}

/// Asks with further header lines, each with its end of line.
pub(crate) async fn ask(address: SocketAddr, method: &str, path: &str, headers: &str) -> Heard {
    let request =
        format!("{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n");
    raw(address, request.as_bytes()).await
}

/// Sends bytes and reads until the other end closes.
pub(crate) async fn raw(address: SocketAddr, request: &[u8]) -> Heard {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The other end may refuse before it has read everything.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let read = timeout(Duration::from_secs(15), stream.read_to_end(&mut answer)).await;
    read.expect("the connection was not closed").ok();
    parsed(&answer)
}

fn parsed(answer: &[u8]) -> Heard {
    let text = String::from_utf8_lossy(answer).into_owned();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
    Heard {
        status: status.unwrap_or(0),
        head: head.to_ascii_lowercase(),
        body: body.to_owned(),
    }
}
