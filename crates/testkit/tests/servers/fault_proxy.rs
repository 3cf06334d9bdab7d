//! The fault proxy: between an echo server and its clients, and once before a real server.

use std::time::{Duration, Instant};

use dbha_testkit::{Direction, Fault, FaultProxy, PrivateServer, Release, ServerOptions, Trigger};
use mysql_async::prelude::Queryable;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::support::{connect, on_every_release};

/// Long enough for anything on loopback, also where the machine is busy.
const SOON: Duration = Duration::from_secs(5);
/// Long enough to say that nothing comes.
const A_WHILE: Duration = Duration::from_millis(150);

/// A server that says back what it hears, and tells the test what it heard; `None` when a client left.
struct Echo {
    proxy: FaultProxy,
    heard: mpsc::UnboundedReceiver<Option<Vec<u8>>>,
}

impl Echo {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (tell, heard) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(echo(stream, tell.clone()));
            }
        });
        let proxy = FaultProxy::start(address).await.unwrap();
        Self { proxy, heard }
    }

    async fn client(&self) -> TcpStream {
        TcpStream::connect(self.proxy.address()).await.unwrap()
    }

    async fn heard(&mut self) -> Option<Vec<u8>> {
        timeout(SOON, self.heard.recv()).await.unwrap().unwrap()
    }

    async fn assert_hears_nothing(&mut self) {
        assert!(timeout(A_WHILE, self.heard.recv()).await.is_err());
    }
}

async fn echo(mut stream: TcpStream, tell: mpsc::UnboundedSender<Option<Vec<u8>>>) {
    let mut buffer = [0; 1024];
    while let Ok(length @ 1..) = stream.read(&mut buffer).await {
        let _ = tell.send(Some(buffer[..length].to_vec()));
        let _ = stream.write_all(&buffer[..length]).await;
    }
    let _ = tell.send(None);
}

async fn say(client: &mut TcpStream, text: &str) {
    client.write_all(text.as_bytes()).await.unwrap();
}

/// Reads until the end; returns what came and whether it ended in good order.
async fn rest(client: &mut TcpStream) -> (String, bool) {
    let mut bytes = Vec::new();
    let ended = timeout(SOON, client.read_to_end(&mut bytes)).await.unwrap();
    (String::from_utf8(bytes).unwrap(), ended.is_ok())
}

async fn hear(client: &mut TcpStream, length: usize) -> String {
    let mut bytes = vec![0; length];
    timeout(SOON, client.read_exact(&mut bytes))
        .await
        .unwrap()
        .unwrap();
    String::from_utf8(bytes).unwrap()
}

async fn assert_silent(client: &mut TcpStream) {
    let mut byte = [0];
    assert!(timeout(A_WHILE, client.read(&mut byte)).await.is_err());
}

#[tokio::test]
async fn without_a_fault_everything_passes_and_a_goodbye_too() {
    let mut echo = Echo::start().await;
    let mut client = echo.client().await;
    say(&mut client, "hello").await;
    assert_eq!(hear(&mut client, 5).await, "hello");
    client.shutdown().await.unwrap();
    assert_eq!(rest(&mut client).await, (String::new(), true));
    assert_eq!(echo.heard().await, Some(b"hello".to_vec()));
    assert_eq!(echo.heard().await, None);
    assert_eq!(echo.proxy.pieces(Direction::ToServer), 1);
}

#[tokio::test]
async fn a_cut_resets_open_connections_and_new_ones_until_it_is_healed() {
    let mut echo = Echo::start().await;
    let mut client = echo.client().await;
    say(&mut client, "hello").await;
    hear(&mut client, 5).await;
    echo.heard().await;
    echo.proxy.set(Fault::Cut);
    assert_eq!(rest(&mut client).await, (String::new(), false));
    assert_eq!(echo.heard().await, None);
    assert!(!rest(&mut echo.client().await).await.1);
    echo.proxy.heal();
    let mut client = echo.client().await;
    say(&mut client, "again").await;
    assert_eq!(hear(&mut client, 5).await, "again");
}

#[tokio::test]
async fn refusing_leaves_open_connections_alone() {
    let echo = Echo::start().await;
    let mut open = echo.client().await;
    say(&mut open, "one").await;
    hear(&mut open, 3).await;
    echo.proxy.set(Fault::Refuse);
    assert!(!rest(&mut echo.client().await).await.1);
    say(&mut open, "two").await;
    assert_eq!(hear(&mut open, 3).await, "two");
}

#[tokio::test]
async fn a_lost_question_never_reaches_the_server() {
    let mut echo = Echo::start().await;
    let mut client = echo.client().await;
    let lose = Fault::Lose(Direction::ToServer);
    echo.proxy.arm(Direction::ToServer, "CHANGE MASTER", lose);
    say(&mut client, "SELECT").await;
    hear(&mut client, 6).await;
    say(&mut client, "CHANGE MASTER TO").await;
    assert!(!rest(&mut client).await.1);
    assert_eq!(echo.heard().await, Some(b"SELECT".to_vec()));
    assert_eq!(echo.heard().await, None);
    assert!(echo.proxy.has_fired());
}

#[tokio::test]
async fn a_lost_answer_was_given_all_the_same_and_other_connections_are_cut_with_it() {
    let mut echo = Echo::start().await;
    let (mut client, mut other) = (echo.client().await, echo.client().await);
    say(&mut other, "here").await;
    hear(&mut other, 4).await;
    echo.heard().await;
    let lose = Fault::Lose(Direction::ToClient);
    let second = Trigger::any_of(["COMMIT", "ROLLBACK"]).nth(2);
    echo.proxy.arm(Direction::ToServer, second, lose);
    say(&mut client, "ROLLBACK").await;
    assert_eq!(hear(&mut client, 8).await, "ROLLBACK");
    echo.heard().await;
    say(&mut client, "COMMIT").await;
    assert_eq!(rest(&mut client).await, (String::new(), false));
    assert_eq!(echo.heard().await, Some(b"COMMIT".to_vec()));
    assert!(!rest(&mut other).await.1);
    timeout(SOON, echo.proxy.fired()).await.unwrap();
}

#[tokio::test]
async fn truncation_passes_exactly_so_many_bytes() {
    let echo = Echo::start().await;
    let mut client = echo.client().await;
    echo.proxy.set(Fault::Truncate(Direction::ToClient, 7));
    say(&mut client, "12345").await;
    assert_eq!(hear(&mut client, 5).await, "12345");
    say(&mut client, "67890").await;
    let mut end = [0; 2];
    client.read_exact(&mut end).await.unwrap();
    assert_eq!(&end, b"67");
    assert_eq!(rest(&mut client).await, (String::new(), false));
}

#[tokio::test]
async fn a_black_hole_keeps_connections_open_and_tells_nobody_of_their_end() {
    let mut echo = Echo::start().await;
    let mut client = echo.client().await;
    say(&mut client, "hello").await;
    hear(&mut client, 5).await;
    echo.heard().await;
    echo.proxy.set(Fault::BlackHole);
    say(&mut client, "lost").await;
    assert_silent(&mut client).await;
    let mut new = echo.client().await;
    assert_silent(&mut new).await;
    drop(client);
    echo.assert_hears_nothing().await;
    echo.proxy.heal();
    assert_eq!(echo.heard().await, None);
    assert!(!rest(&mut new).await.1);
}

#[tokio::test]
async fn a_black_hole_of_one_direction_lets_the_other_through() {
    let mut echo = Echo::start().await;
    let mut client = echo.client().await;
    echo.proxy.arm(
        Direction::ToServer,
        Trigger::any_piece(),
        Fault::BlackHoleOf(Direction::ToClient),
    );
    say(&mut client, "hello").await;
    assert_eq!(echo.heard().await, Some(b"hello".to_vec()));
    assert_silent(&mut client).await;
    say(&mut client, "still here").await;
    assert_eq!(echo.heard().await, Some(b"still here".to_vec()));
}

#[tokio::test]
async fn a_connection_that_lost_nothing_outlives_a_black_hole() {
    let echo = Echo::start().await;
    let mut client = echo.client().await;
    say(&mut client, "one").await;
    hear(&mut client, 3).await;
    echo.proxy.set(Fault::BlackHole);
    tokio::time::sleep(A_WHILE).await;
    echo.proxy.heal();
    say(&mut client, "two").await;
    assert_eq!(hear(&mut client, 3).await, "two");
}

#[tokio::test]
async fn a_delay_is_one_of_time_and_not_of_how_much_gets_through() {
    let echo = Echo::start().await;
    let mut client = echo.client().await;
    say(&mut client, "x").await;
    hear(&mut client, 1).await;
    echo.proxy.set(Fault::Delay(Duration::from_millis(100)));
    let began = Instant::now();
    for _ in 0..20 {
        say(&mut client, "x").await;
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    hear(&mut client, 20).await;
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(200), "{took:?}");
    assert!(took < Duration::from_millis(1_500), "{took:?}");
}

#[tokio::test]
async fn dropped_it_ends_every_connection_and_gives_its_port_back() {
    let echo = Echo::start().await;
    let mut client = echo.client().await;
    say(&mut client, "hello").await;
    hear(&mut client, 5).await;
    let address = echo.proxy.address();
    drop(echo.proxy);
    rest(&mut client).await;
    let end = Instant::now() + SOON;
    while TcpStream::connect(&address).await.is_ok() {
        assert!(Instant::now() < end, "somebody still listens");
        tokio::task::yield_now().await;
    }
}

on_every_release!(a_statement_whose_answer_is_lost_was_carried_out);

async fn a_statement_whose_answer_is_lost_was_carried_out(release: Release) {
    let server = PrivateServer::launch(release, &ServerOptions::new())
        .await
        .unwrap();
    let proxy = FaultProxy::start(server.address()).await.unwrap();
    let url = format!("mysql://root:{}@{}/", server.root_password(), proxy.address());
    let mut session = connect(&format!("{url}?prefer_socket=false")).await;
    let lose = Fault::Lose(Direction::ToClient);
    proxy.arm(Direction::ToServer, "CREATE DATABASE made", lose);
    session.query_drop("CREATE DATABASE made").await.unwrap_err();
    proxy.heal();
    let mut session = connect(&server.url()).await;
    let found: Option<String> = session.query_first("SHOW DATABASES LIKE 'made'").await.unwrap();
    assert_eq!(found.as_deref(), Some("made"));
}
