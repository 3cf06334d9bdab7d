//! Somebody in the middle who takes the offer of TLS out of a server's greeting.

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};

/// The lower flags' byte that holds the offer of TLS, and its bit.
const TLS_BIT: u8 = 1 << 3;

/// Opens a port that leads to the server, without its TLS; returns the port.
pub(crate) async fn without_tls(target: String) -> u16 {
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = proxy.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((client, _)) = proxy.accept().await {
            let server = TcpStream::connect(&target).await.unwrap();
            // A client that refuses to go on hangs up.
            tokio::spawn(async move { drop(carry(client, server).await) });
        }
    });
    port
}

async fn carry(mut client: TcpStream, mut server: TcpStream) -> std::io::Result<()> {
    let mut head = [0; 4];
    server.read_exact(&mut head).await?;
    let length = usize::from(head[0]) | usize::from(head[1]) << 8;
    let mut greeting = vec![0; length];
    server.read_exact(&mut greeting).await?;
    // Protocol, version and its zero, connection id, half of the scramble, a zero; then the lower flags.
    let version = greeting.iter().position(|byte| *byte == 0).unwrap();
    greeting[version + 1 + 4 + 8 + 1 + 1] &= !TLS_BIT;
    client.write_all(&head).await?;
    client.write_all(&greeting).await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
