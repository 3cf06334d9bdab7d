//! Applications that go on writing while something is done to their server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dbha_testkit::{PrivateServer, sample};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::session::Session;

const TABLES: [&str; 2] = [
    "CREATE TABLE rental_shop.ledger (id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, \
     writer INT NOT NULL, entry INT NOT NULL, text VARCHAR(60) NOT NULL, UNIQUE KEY one (writer, entry))",
    "CREATE TABLE rental_shop.stand (writer INT NOT NULL, slot INT NOT NULL, entries INT NOT NULL, \
     PRIMARY KEY (writer, slot))",
];

/// Between two entries of a writer: a secondary on a loaded machine must be able to keep up.
const PAUSE: Duration = Duration::from_millis(25);

/// Writers on one server; dropped, they end with the test.
pub(crate) struct Writers {
    go_on: Arc<AtomicBool>,
    tasks: Vec<JoinHandle<Written>>,
}

/// What one writer was told is kept.
#[derive(Debug, Default)]
pub(crate) struct Written {
    /// The writer.
    pub(crate) writer: u32,
    /// How many of its entries were acknowledged: 1 up to this.
    pub(crate) entries: u32,
    /// Which error ended it early, if one did.
    pub(crate) error: Option<String>,
}

impl Writers {
    /// Makes the tables and starts the writers, each with a session of the sample's application account.
    ///
    /// Each inserts an entry, then updates, inserts or deletes a row of another table, over and over.
    pub(crate) async fn start(server: &PrivateServer, count: u32) -> Self {
        let mut root = Session::open(server).await;
        for table in TABLES {
            root.run(table).await;
        }
        let go_on = Arc::new(AtomicBool::new(true));
        let mut tasks = Vec::new();
        for writer in 1..=count {
            let session = Session::open_as(server, "app", sample::APP_PASSWORD)
                .await
                .unwrap();
            tasks.push(tokio::spawn(write(session, writer, Arc::clone(&go_on))));
        }
        Self { go_on, tasks }
    }

    /// Lets every writer finish its statement and end.
    pub(crate) async fn stop(self) -> Vec<Written> {
        self.go_on.store(false, Ordering::Relaxed);
        let mut all = Vec::new();
        for task in self.tasks {
            all.push(task.await.unwrap());
        }
        all
    }
}

async fn write(mut session: Session, writer: u32, go_on: Arc<AtomicBool>) -> Written {
    let mut written = Written {
        writer,
        ..Written::default()
    };
    while go_on.load(Ordering::Relaxed) {
        let entry = written.entries + 1;
        let insert = format!(
            "INSERT INTO rental_shop.ledger (writer, entry, text) VALUES ({writer}, {entry}, 'entry {entry} of {writer}')"
        );
        if let Err(error) = session.try_run(&insert).await {
            written.error = Some(error.to_string());
            break;
        }
        written.entries = entry;
        if let Err(error) = session.try_run(&stand(writer, entry)).await {
            written.error = Some(error.to_string());
            break;
        }
        sleep(PAUSE).await;
    }
    written
}

fn stand(writer: u32, entry: u32) -> String {
    let slot = entry % 7;
    if entry % 5 == 4 {
        format!("DELETE FROM rental_shop.stand WHERE writer={writer} AND slot={slot}")
    } else {
        format!(
            "INSERT INTO rental_shop.stand VALUES ({writer}, {slot}, {entry}) \
             ON DUPLICATE KEY UPDATE entries = entries + {entry}"
        )
    }
}
