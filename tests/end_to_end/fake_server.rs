//! A server that is none: it speaks just enough of the protocol to be let in, and then says what a test wants.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What a fake server says to one statement.
pub(crate) enum Answer {
    /// Done, nothing to show.
    Done,
    /// A result: names of columns, then rows; `None` is NULL.
    Rows(Vec<String>, Vec<Vec<Option<String>>>),
    /// An error with its number.
    Error(u16, String),
    /// These packets as they are.
    Packets(Vec<Vec<u8>>),
    /// The result's head, then the same row without end.
    EndlessRows(String),
    /// These bytes as they are, without any frame; then the connection is closed.
    Bytes(Vec<u8>),
    /// Frames of 16 MiB without end.
    EndlessFrames,
    /// The connection is closed.
    Hangup,
}

/// How a fake server treats those who log in.
#[derive(Clone)]
pub(crate) enum Welcome {
    /// A greeting with this version, then everybody is let in.
    Plain(String),
    /// A greeting that names this plug-in, then these packets in turn, each after a packet of the client.
    Login(&'static str, Vec<Vec<u8>>),
    /// These bytes in place of a greeting; then the connection is closed.
    Bytes(Vec<u8>),
    /// A greeting that never ends.
    Endless,
}

type Script = Arc<dyn Fn(&str) -> Answer + Send + Sync>;

/// A fake server on a loopback port, for as long as the value lives.
pub(crate) struct FakeServer {
    address: String,
    received: Arc<Mutex<Vec<u8>>>,
    serving: JoinHandle<()>,
}

impl FakeServer {
    /// Starts one.
    pub(crate) async fn start(
        welcome: Welcome,
        script: impl Fn(&str) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let received = Arc::new(Mutex::new(Vec::new()));
        let (script, log): (Script, _) = (Arc::new(script), Arc::clone(&received));
        let serving = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let client = Client {
                    stream,
                    log: Arc::clone(&log),
                };
                let (welcome, script) = (welcome.clone(), Arc::clone(&script));
                // Whatever the client does, a connection that ends is the end of the conversation.
                tokio::spawn(async move { drop(client.serve(welcome, script).await) });
            }
        });
        Self {
            address,
            received,
            serving,
        }
    }

    /// Returns `127.0.0.1:PORT`.
    pub(crate) fn address(&self) -> String {
        self.address.clone()
    }

    /// Tells whether anybody ever sent these bytes.
    pub(crate) fn received(&self, bytes: &[u8]) -> bool {
        let log = self.received.lock().unwrap();
        log.windows(bytes.len()).any(|window| window == bytes)
    }
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

struct Client {
    stream: TcpStream,
    log: Arc<Mutex<Vec<u8>>>,
}

impl Client {
    async fn serve(mut self, welcome: Welcome, script: Script) -> std::io::Result<()> {
        match welcome {
            Welcome::Plain(version) => {
                self.send(0, &greeting(&version, "mysql_native_password")).await?;
                self.read().await?;
                self.send(2, &OK).await?;
            }
            Welcome::Login(plugin, answers) => {
                self.send(0, &greeting("9.7.4", plugin)).await?;
                for (turn, answer) in answers.iter().enumerate() {
                    self.read().await?;
                    self.send(turn as u8 * 2 + 2, answer).await?;
                }
            }
            Welcome::Bytes(bytes) => return self.stream.write_all(&bytes).await,
            Welcome::Endless => loop {
                self.stream.write_all(&frame(0, &[10; 0xff_ffff])).await?;
            },
        }
        loop {
            let command = self.read().await?;
            match command.split_first() {
                // COM_QUERY
                Some((3, sql)) => {
                    let answer = script(&String::from_utf8_lossy(sql));
                    self.answer(answer).await?;
                }
                _ => return Ok(()),
            }
        }
    }

    async fn answer(&mut self, answer: Answer) -> std::io::Result<()> {
        match answer {
            Answer::Done => self.send(1, &OK).await,
            Answer::Error(code, text) => {
                let mut payload = vec![0xff];
                payload.extend(code.to_le_bytes());
                payload.extend(b"#HY000");
                payload.extend(text.as_bytes());
                self.send(1, &payload).await
            }
            Answer::Rows(names, rows) => {
                let head = self.head(&names).await?;
                let mut bytes = Vec::new();
                let mut turn = head;
                for row in &rows {
                    bytes.extend(frame(turn, &row_of(row)));
                    turn = turn.wrapping_add(1);
                }
                bytes.extend(frame(turn, &EOF));
                self.stream.write_all(&bytes).await
            }
            Answer::Packets(packets) => {
                for (turn, packet) in packets.iter().enumerate() {
                    self.send(turn as u8 + 1, packet).await?;
                }
                Ok(())
            }
            Answer::EndlessRows(text) => {
                let mut turn = self.head(&["x".to_owned()]).await?;
                let row = row_of(&[Some(text)]);
                loop {
                    self.send(turn, &row).await?;
                    turn = turn.wrapping_add(1);
                }
            }
            Answer::Bytes(bytes) => {
                self.stream.write_all(&bytes).await?;
                Err(std::io::ErrorKind::ConnectionAborted.into())
            }
            Answer::EndlessFrames => {
                let bytes = frame(1, &vec![b'x'; 0xff_ffff]);
                loop {
                    self.stream.write_all(&bytes).await?;
                }
            }
            Answer::Hangup => Err(std::io::ErrorKind::ConnectionAborted.into()),
        }
    }

    /// Sends what comes before the rows; returns the number of the next packet.
    async fn head(&mut self, names: &[String]) -> std::io::Result<u8> {
        let mut bytes = frame(1, &[names.len() as u8]);
        for (turn, name) in names.iter().enumerate() {
            let mut column = Vec::new();
            for text in ["def", "", "", "", name, name] {
                column.extend(length_and(text));
            }
            column.extend([0x0c, 45, 0, 0, 4, 0, 0, 0xfd, 0, 0, 0, 0, 0]);
            bytes.extend(frame(turn as u8 + 2, &column));
        }
        let next = names.len() as u8 + 2;
        bytes.extend(frame(next, &EOF));
        self.stream.write_all(&bytes).await?;
        Ok(next.wrapping_add(1))
    }

    async fn send(&mut self, turn: u8, payload: &[u8]) -> std::io::Result<()> {
        self.stream.write_all(&frame(turn, payload)).await
    }

    async fn read(&mut self) -> std::io::Result<Vec<u8>> {
        let mut head = [0; 4];
        self.stream.read_exact(&mut head).await?;
        let length = usize::from(head[0]) | usize::from(head[1]) << 8 | usize::from(head[2]) << 16;
        let mut payload = vec![0; length];
        self.stream.read_exact(&mut payload).await?;
        self.log.lock().unwrap().extend(&payload);
        Ok(payload)
    }
}

/// The packet that says that all went well.
pub(crate) const OK: [u8; 7] = [0, 0, 0, 2, 0, 0, 0];
const EOF: [u8; 5] = [0xfe, 0, 0, 2, 0];

/// Puts the four bytes of a frame before a payload.
pub(crate) fn frame(turn: u8, payload: &[u8]) -> Vec<u8> {
    let mut bytes = (payload.len() as u32).to_le_bytes().to_vec();
    bytes[3] = turn;
    bytes.extend(payload);
    bytes
}

/// The payload of a greeting without TLS.
pub(crate) fn greeting(version: &str, plugin: &str) -> Vec<u8> {
    // Long password, database at the login, protocol 4.1, transactions, secure connection; plug-in names.
    const FLAGS: u32 = 1 | 8 | 0x200 | 0x2000 | 0x8000 | 0x8_0000;
    let mut bytes = vec![10];
    bytes.extend(version.as_bytes());
    bytes.extend([0, 7, 0, 0, 0]);
    bytes.extend(b"12345678\0");
    bytes.extend((FLAGS as u16).to_le_bytes());
    bytes.extend([45, 2, 0]);
    bytes.extend(((FLAGS >> 16) as u16).to_le_bytes());
    bytes.push(21);
    bytes.extend([0; 10]);
    bytes.extend(b"abcdefghijkl\0");
    bytes.extend(plugin.as_bytes());
    bytes.push(0);
    bytes
}

fn length_and(text: &str) -> Vec<u8> {
    let mut bytes = match text.len() {
        short @ 0..=250 => vec![short as u8],
        long => {
            let mut bytes = vec![0xfe];
            bytes.extend((long as u64).to_le_bytes());
            bytes
        }
    };
    bytes.extend(text.as_bytes());
    bytes
}

fn row_of(row: &[Option<String>]) -> Vec<u8> {
    let value = |value: &Option<String>| value.as_deref().map_or(vec![0xfb], length_and);
    row.iter().flat_map(value).collect()
}

/// A result of one row.
pub(crate) fn one_row(cells: &[(&str, &str)]) -> Answer {
    let names = cells.iter().map(|(name, _)| (*name).to_owned()).collect();
    let row = cells.iter().map(|(_, value)| Some((*value).to_owned())).collect();
    Answer::Rows(names, vec![row])
}

/// Answers as an empty MariaDB server would; every text that has no meaning to dbha is `text`.
pub(crate) fn plausible(sql: &str, version: &str, text: &str) -> Answer {
    let begins = |word: &str| sql.starts_with(word);
    let holds = |word: &str| sql.contains(word);
    if begins("SELECT VERSION(), CONNECTION_ID()") {
        return one_row(&[("VERSION()", version), ("CONNECTION_ID()", "7")]);
    }
    if holds("@@global.server_id AS server_id") {
        return one_row(&[
            ("server_id", "1"),
            ("uuid", text),
            ("own_user", &format!("root@{text}")),
            ("now", "1700000000.0"),
            ("version_text", text),
        ]);
    }
    if holds("gtid_binlog_pos") {
        return one_row(&[("executed", ""), ("applied", ""), ("purged", "")]);
    }
    if holds("SYSTEM_VARIABLES") {
        let names = ["name", "value", "origin", "persisted", "fixed"].map(str::to_owned);
        let named = sql.split('\'').skip(1).step_by(2);
        let row = |name: &str| {
            let cells = [name, text, "CONFIG", text, "NO"];
            cells.map(|cell| Some(cell.to_owned())).to_vec()
        };
        return Answer::Rows(names.to_vec(), named.map(row).collect());
    }
    if holds("GET_LOCK") || holds("RELEASE_LOCK") {
        return one_row(&[("lock", "1")]);
    }
    if begins("SHOW GRANTS") {
        return one_row(&[(
            "Grants",
            "GRANT ALL PRIVILEGES ON *.* TO `root`@`%` WITH GRANT OPTION",
        )]);
    }
    if begins("SET") {
        return Answer::Done;
    }
    Answer::Rows(vec!["nothing".to_owned()], vec![])
}
