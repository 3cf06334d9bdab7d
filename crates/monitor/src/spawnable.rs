//! A service that watches runs on a runtime of many threads: what takes long must be `Send`.

use crate::{
    Alerts, Board, History, Monitor, MonitorSettings, Quiet, WatchedPair,
    http::{HttpServer, HttpSettings},
    keep,
};
use tokio_util::sync::CancellationToken;

fn can_be_spawned(_: impl Future + Send + 'static) {}

#[test]
fn watching_can_be_spawned() {
    let _ = |pairs: Vec<WatchedPair>, settings: MonitorSettings, board: Board| {
        can_be_spawned(async move {
            let mut monitor = Monitor::start(pairs, &settings, board);
            monitor.forget("shop").await;
            monitor.stop().await;
        });
    };
}

#[test]
fn what_reads_the_board_can_be_spawned() {
    let _ = |settings: HttpSettings, board: Board, stop: CancellationToken| {
        can_be_spawned(async move {
            if let Ok(server) = HttpServer::bind(settings).await {
                server.serve(board, stop).await;
            }
        });
    };
    let _ = |history: History, board: Board, stop: CancellationToken| {
        can_be_spawned(async move { keep(history, board.subscribe(), drop, stop).await });
    };
    let _ = |alerts: Alerts, quiet: Quiet| {
        can_be_spawned(async move {
            quiet.holds().await;
            alerts.stop().await;
        });
    };
}
