use crate::{Board, MonitorSettings, WatchedPair, pair_watch::PairWatch};
use std::{collections::BTreeMap, time::Duration};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longest wait for everything to end.
const STOP_LIMIT: Duration = Duration::from_millis(700);

/// Watches any number of pairs and puts what it sees on a board.
pub struct Monitor {
    board: Board,
    pairs: BTreeMap<String, Watch>,
}

struct Watch {
    cancel: CancellationToken,
    tasks: Vec<JoinHandle<()>>,
}

impl Monitor {
    /// Begins to watch pairs; must be called within a tokio runtime.
    pub fn start(pairs: Vec<WatchedPair>, settings: &MonitorSettings, board: Board) -> Self {
        let mut monitor = Self {
            board,
            pairs: BTreeMap::new(),
        };
        for pair in pairs {
            monitor.watch(&pair, settings.clone());
        }
        monitor.board.set_watched(monitor.pairs());
        monitor
    }

    /// Begins to watch one more pair; one of the same name is watched no longer.
    pub fn watch(&mut self, pair: &WatchedPair, settings: MonitorSettings) {
        let cancel = CancellationToken::new();
        let (watch, mut tasks) = PairWatch::start(pair, settings, self.board.clone(), &cancel);
        tasks.push(tokio::spawn(watch.run(cancel.clone())));
        let before = self.pairs.insert(pair.name.clone(), Watch { cancel, tasks });
        if let Some(before) = before {
            before.cancel.cancel();
        }
        self.board.set_watched(self.pairs());
    }

    /// Watches a pair no longer and takes it off the board.
    pub async fn forget(&mut self, pair: &str) {
        if let Some(watch) = self.pairs.remove(pair) {
            watch.end().await;
            self.board.remove(pair);
            self.board.set_watched(self.pairs());
        }
    }

    /// Names the pairs that are watched.
    pub fn pairs(&self) -> Vec<String> {
        self.pairs.keys().cloned().collect()
    }

    /// Returns the board.
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// Ends all watching, in less than a second.
    pub async fn stop(self) {
        for watch in self.pairs.values() {
            watch.cancel.cancel();
        }
        let ends = async {
            for watch in self.pairs.into_values() {
                watch.end().await;
            }
        };
        // Whoever does not end in time ends with the process.
        let _ = tokio::time::timeout(STOP_LIMIT, ends).await;
    }
}

impl Watch {
    async fn end(self) {
        self.cancel.cancel();
        for task in self.tasks {
            // Only a panic inside ends a task otherwise.
            let _ = task.await;
        }
    }
}
