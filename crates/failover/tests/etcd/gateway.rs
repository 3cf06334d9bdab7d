//! What a person does to etcd by hand; through its JSON gateway, so that nothing of the client under test is used.

use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Posts a document to an etcd at `HOST:PORT` and returns the body of the answer.
pub(crate) async fn post(address: &str, path: &str, body: &str) -> String {
    let asked = tokio::time::timeout(Duration::from_secs(30), ask(address, path, body)).await;
    let answer = asked.expect("no answer within 30 s").unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.starts_with("HTTP/1.1 200"), "{path}: {answer}");
    body.to_owned()
}

async fn ask(address: &str, path: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    let length = body.len();
    let request = format!(
        "POST /v3/{path} HTTP/1.1\r\nHost: etcd\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
