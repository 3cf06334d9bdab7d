//! One connection through the proxy.

use std::collections::VecDeque;
use std::future::pending;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::time::{Instant, sleep, sleep_until};

use super::switchboard::{Switchboard, Verdict};
use super::{Direction, Fault};

/// The largest piece.
const PIECE: usize = 64 * 1024;
/// How many pieces may be on their way through a delay, in one direction of one connection.
const ON_THE_WAY: usize = 256;

/// The connection ends without a goodbye, at both ends.
struct Reset;

/// Passes on what two ends say to each other, until both have said goodbye or a fault ends it.
pub(super) async fn relay(mut client: TcpStream, upstream: &str, switchboard: &Switchboard) {
    let fault = switchboard.fault();
    if fault.is_some_and(Fault::turns_away) {
        return reset(client);
    }
    if fault.is_some_and(|fault| fault.swallows(Direction::ToServer)) {
        // The greeting of the connection itself would not have got through.
        until_no_use(switchboard, &AtomicBool::new(true)).await;
        return reset(client);
    }
    sleep(fault.map(Fault::delay).unwrap_or_default()).await;
    let Ok(mut server) = TcpStream::connect(upstream).await else {
        return reset(client);
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let lost = AtomicBool::new(false);
    let ended = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let line = |direction, reader, writer| Line {
            direction,
            reader,
            writer,
            switchboard,
            lost: &lost,
        };
        let both = async {
            tokio::try_join!(
                line(Direction::ToServer, from_client, to_server).carry(),
                line(Direction::ToClient, from_server, to_client).carry(),
            )
        };
        tokio::select! {
            biased;
            ended = both => ended.map(drop),
            () = until_no_use(switchboard, &lost) => Err(Reset),
        }
    };
    if ended.is_err() {
        reset(client);
        reset(server);
    }
}

/// Waits until everything is cut, or until the network is whole again and this connection has lost bytes in it.
async fn until_no_use(switchboard: &Switchboard, lost: &AtomicBool) {
    let mut changes = switchboard.changes();
    loop {
        let fault = changes.borrow_and_update().fault;
        let swallowing = matches!(fault, Some(Fault::BlackHole | Fault::BlackHoleOf(_)));
        if fault == Some(Fault::Cut) || (lost.load(Ordering::Relaxed) && !swallowing) {
            return;
        }
        if changes.changed().await.is_err() {
            pending::<()>().await;
        }
    }
}

/// Closes without the orderly goodbye: the other end gets an RST.
fn reset(stream: TcpStream) {
    let _ = stream.set_zero_linger();
}

/// One direction of a connection.
struct Line<'a> {
    direction: Direction,
    reader: ReadHalf<'a>,
    writer: WriteHalf<'a>,
    switchboard: &'a Switchboard,
    /// Whether bytes of either direction were swallowed.
    lost: &'a AtomicBool,
}

impl Line<'_> {
    async fn carry(mut self) -> Result<(), Reset> {
        let mut buffer = vec![0; PIECE];
        let mut before = Vec::new();
        let mut waiting: VecDeque<(Instant, Vec<u8>)> = VecDeque::new();
        let (mut over, mut deaf) = (false, false);
        while !over || !waiting.is_empty() {
            let next = waiting.front().map(|(due, _)| *due);
            tokio::select! {
                biased;
                () = async { sleep_until(next.unwrap_or_else(Instant::now)).await }, if next.is_some() => {
                    if let Some((_, piece)) = waiting.pop_front() {
                        self.write(&piece).await?;
                    }
                }
                read = self.reader.read(&mut buffer), if !over && waiting.len() < ON_THE_WAY => {
                    let piece = match read {
                        Ok(0) | Err(_) if deaf || self.swallows() => self.never_told().await,
                        Err(_) => return Err(Reset),
                        Ok(0) => { over = true; continue }
                        Ok(length) => &buffer[..length],
                    };
                    match self.switchboard.judge(self.direction, &before, piece) {
                        // A stream with a gap carries nothing any more: no TCP delivers what comes after it.
                        Verdict::Pass(_) if deaf => {}
                        Verdict::Pass(delay) => waiting.push_back((Instant::now() + delay, piece.to_vec())),
                        Verdict::Swallow => {
                            deaf = true;
                            self.lost.store(true, Ordering::Relaxed);
                        }
                        Verdict::Cut(length) => {
                            self.write(&piece[..length]).await?;
                            self.switchboard.set(Some(Fault::Cut));
                            return Err(Reset);
                        }
                    }
                    before.extend_from_slice(piece);
                    let kept = self.switchboard.longest_pattern().min(before.len());
                    before.drain(..before.len() - kept);
                }
            }
        }
        self.writer.shutdown().await.map_err(|_| Reset)
    }

    fn swallows(&self) -> bool {
        self.switchboard
            .fault()
            .is_some_and(|fault| fault.swallows(self.direction))
    }

    /// The end of the other side vanishes like its bytes, until the network is whole again.
    async fn never_told(&self) -> ! {
        self.lost.store(true, Ordering::Relaxed);
        pending().await
    }

    async fn write(&mut self, piece: &[u8]) -> Result<(), Reset> {
        self.writer.write_all(piece).await.map_err(|_| Reset)
    }
}
