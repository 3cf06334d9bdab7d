//! Applications that go on writing while something is done to their server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use dbha_testkit::{PrivateServer, sample};
use mysql_async::Error;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::eventually::LIMIT;
use crate::session::{Door, Session};

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
    /// Which error ended it early, if one did; a lost connection does not, it is made anew.
    pub(crate) error: Option<String>,
    /// The longest that a connection took to come back, or a statement to be answered.
    pub(crate) longest_wait: Duration,
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
            let door = Session::door(server, "app", sample::APP_PASSWORD);
            let session = door.enter().await.unwrap();
            tasks.push(tokio::spawn(write(door, session, writer, Arc::clone(&go_on))));
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

/// Fails the test unless no writer was refused, and a server has every row that one was told is kept.
pub(crate) async fn assert_kept(server: &PrivateServer, written: &[Written]) {
    let mut session = Session::open(server).await;
    for one in written {
        assert_eq!(one.error, None, "no writer is refused");
        let kept = format!(
            "SELECT COUNT(*) FROM rental_shop.ledger WHERE writer={} AND entry BETWEEN 1 AND {}",
            one.writer, one.entries
        );
        assert_eq!(session.number(&kept).await, u64::from(one.entries), "{one:?}");
    }
}

async fn write(door: Door, mut session: Session, writer: u32, go_on: Arc<AtomicBool>) -> Written {
    let mut written = Written {
        writer,
        ..Written::default()
    };
    while go_on.load(Ordering::Relaxed) {
        let (entry, began) = (written.entries + 1, Instant::now());
        if let Err(error) = write_entry(&mut session, writer, entry).await {
            if !is_lost_connection(&error) {
                written.error = Some(error.to_string());
                break;
            }
            while let Err(error) = door.enter().await.map(|back| session = back) {
                if !go_on.load(Ordering::Relaxed) || began.elapsed() > LIMIT {
                    written.error = Some(error.to_string());
                    return written;
                }
                sleep(PAUSE).await;
            }
        } else {
            written.entries = entry;
            sleep(PAUSE).await;
        }
        written.longest_wait = written.longest_wait.max(began.elapsed());
    }
    written
}

/// Writes one entry and what belongs to it. An entry that is there already was written before an answer was lost.
async fn write_entry(session: &mut Session, writer: u32, entry: u32) -> Result<(), Error> {
    const DUPLICATE: u16 = 1062;
    let insert = format!(
        "INSERT INTO rental_shop.ledger (writer, entry, text) VALUES ({writer}, {entry}, 'entry {entry} of {writer}')"
    );
    match session.try_run(&insert).await {
        Err(Error::Server(error)) if error.code == DUPLICATE => {}
        written => written?,
    }
    session.try_run(&stand(writer, entry)).await
}

/// Tells whether a server went away, or is just about to.
pub(crate) fn is_lost_connection(error: &Error) -> bool {
    const GOING_AWAY: [u16; 4] = [1053, 1152, 1158, 1927];
    match error {
        Error::Server(error) => GOING_AWAY.contains(&error.code),
        _ => true,
    }
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
