//! Somebody who asks the primary all the time whether it still takes writes.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dbha_testkit::PrivateServer;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::session::Session;
use crate::writers::is_lost_connection;

/// Between two questions.
const PAUSE: Duration = Duration::from_millis(10);

/// A watch on one server; dropped, it ends with the test.
pub(crate) struct Watcher {
    go_on: Arc<AtomicBool>,
    task: JoinHandle<Watched>,
}

/// What was seen.
#[derive(Debug, Default)]
pub(crate) struct Watched {
    /// How often the server answered.
    pub(crate) looks: u32,
    /// What it was when it was not as it must be.
    pub(crate) wrong: Vec<String>,
}

impl Watcher {
    /// Begins to watch; while the server restarts there is nothing to see.
    pub(crate) fn start(server: &PrivateServer) -> Self {
        let go_on = Arc::new(AtomicBool::new(true));
        let door = Session::door(server, "root", server.root_password());
        let going = Arc::clone(&go_on);
        let task = tokio::spawn(async move {
            let mut watched = Watched::default();
            let mut session: Option<Session> = None;
            while going.load(Ordering::Relaxed) {
                sleep(PAUSE).await;
                match &mut session {
                    None => session = door.enter().await.ok(),
                    Some(open) => match open.try_rows("SELECT @@GLOBAL.read_only AS held").await {
                        Ok(rows) if rows[0]["held"] == "0" => watched.looks += 1,
                        Ok(rows) => watched.wrong.push(format!("read_only = {}", rows[0]["held"])),
                        Err(error) if is_lost_connection(&error) => session = None,
                        Err(error) => watched.wrong.push(error.to_string()),
                    },
                }
            }
            watched
        });
        Self { go_on, task }
    }

    /// Ends the watch.
    pub(crate) async fn stop(self) -> Watched {
        self.go_on.store(false, Ordering::Relaxed);
        self.task.await.unwrap()
    }
}
