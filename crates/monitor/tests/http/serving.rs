//! A monitor's ear on a free port, over a board that the test holds.

use dbha_monitor::{
    Board,
    http::{HttpServer, HttpSettings},
};
use std::{net::SocketAddr, time::Duration};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub(crate) struct Serving {
    pub(crate) board: Board,
    pub(crate) address: SocketAddr,
    end: CancellationToken,
    task: JoinHandle<()>,
}

impl Serving {
    pub(crate) async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut HttpSettings)) -> Self {
        let mut settings = HttpSettings {
            listen: "127.0.0.1:0".parse().unwrap(),
            // What a test has built stays fresh for as long as the test runs.
            tick: Duration::from_secs(60),
            ..HttpSettings::default()
        };
        change(&mut settings);
        let server = HttpServer::bind(settings).await.unwrap();
        let (board, end, address) = (Board::new(), CancellationToken::new(), server.address());
        let task = tokio::spawn(server.serve(board.clone(), end.clone()));
        Self {
            board,
            address,
            end,
            task,
        }
    }

    /// Ends it and says how long that took.
    pub(crate) async fn stop(self) -> Duration {
        let began = std::time::Instant::now();
        self.end.cancel();
        self.task.await.unwrap();
        began.elapsed()
    }
}
