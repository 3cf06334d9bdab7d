//! What can go wrong with a pair, and how it is mended.

use std::time::{Duration, Instant};

use dbha_core::Side;
use dbha_sql::{Server, SessionProfile};
use tokio::time::sleep;

use super::{Link, ReplicatedPair, statements};
use crate::TestkitError;

/// How long a replica that has gone away may keep a binary log from being thrown away.
const PURGE_LIMIT: Duration = Duration::from_secs(15);
/// Between two tries.
const PURGE_PAUSE: Duration = Duration::from_millis(50);

/// Faults. Each says [`TestkitError::NotPossible`] where the back end cannot do it, and never does nothing silently.
impl ReplicatedPair {
    /// Kills a server as a power failure would.
    ///
    /// # Errors
    /// When it cannot be killed.
    pub async fn kill(&mut self, side: Side) -> Result<(), TestkitError> {
        self.servers.kill(side).await
    }

    /// Starts a server that was killed, at its address of before; one that runs is left alone.
    ///
    /// # Errors
    /// Why it did not start, with the end of its error log.
    pub async fn start_again(&mut self, side: Side) -> Result<(), TestkitError> {
        self.servers.start_again(side).await
    }

    /// Stops a server in an orderly way and starts it again.
    ///
    /// # Errors
    /// As [`ReplicatedPair::start_again`].
    pub async fn restart(&mut self, side: Side) -> Result<(), TestkitError> {
        self.servers.restart(side).await
    }

    /// Halts a server in the midst of what it does: connections stay open and nothing answers.
    ///
    /// # Errors
    /// When it does not run.
    pub async fn freeze(&self, side: Side) -> Result<(), TestkitError> {
        self.servers.freeze(side).await
    }

    /// Lets a frozen server go on.
    ///
    /// # Errors
    /// As [`ReplicatedPair::freeze`].
    pub async fn thaw(&self, side: Side) -> Result<(), TestkitError> {
        self.servers.thaw(side).await
    }

    /// Cuts a link: its connections end at once, and new ones fail. The caller's own connections go on.
    ///
    /// # Errors
    /// When the network cannot be told so.
    pub async fn cut(&self, link: Link) -> Result<(), TestkitError> {
        self.servers.cut(link).await
    }

    /// Lets everything vanish that goes over a link, as a firewall does: connections stay open, nothing arrives.
    ///
    /// The replica notices after its `slave_net_timeout`, which dbha sets to 10 s.
    ///
    /// # Errors
    /// As [`ReplicatedPair::cut`].
    pub async fn black_hole(&self, link: Link) -> Result<(), TestkitError> {
        self.servers.black_hole(link).await
    }

    /// Lets everything between the two servers take so much longer each way.
    ///
    /// # Errors
    /// As [`ReplicatedPair::cut`].
    pub async fn delay(&self, time: Duration) -> Result<(), TestkitError> {
        self.servers.delay(time).await
    }

    /// Ends every fault of the network; the replicas connect again by themselves within two seconds.
    ///
    /// # Errors
    /// As [`ReplicatedPair::cut`].
    pub async fn heal(&self) -> Result<(), TestkitError> {
        self.servers.heal().await
    }

    /// Restarts a server with a clock that is so many seconds ahead of this machine's, or behind where negative; 0 gives
    /// the right time back.
    ///
    /// # Errors
    /// [`TestkitError::NotPossible`] also where libfaketime is missing or does not work with this server.
    pub async fn skew_clock(&mut self, side: Side, seconds: i64) -> Result<(), TestkitError> {
        self.servers.skew_clock(side, seconds).await
    }

    /// Stops the SQL thread of a server: it goes on to receive what its peer writes, and applies nothing.
    ///
    /// # Errors
    /// [`TestkitError::Sql`] when the server does not answer or refuses.
    pub async fn stop_sql_thread(&self, side: Side) -> Result<(), TestkitError> {
        self.tell(side, "stop its SQL thread", |dialect| {
            vec![dialect.stop_applier()]
        })
        .await
    }

    /// Starts both threads of a server's replication, whichever were stopped.
    ///
    /// # Errors
    /// As [`ReplicatedPair::stop_sql_thread`].
    pub async fn start_replication(&self, side: Side) -> Result<(), TestkitError> {
        self.tell(side, "start replication", |dialect| vec![dialect.start_link()])
            .await
    }

    /// Throws away every binary log of a server but a new, empty one: what its peer has not received it never will.
    ///
    /// For a peer that lacks something, [`ReplicatedPair::cut`] its link first, then write, then purge, then heal.
    ///
    /// # Errors
    /// [`TestkitError::LogsInUse`] where a replica does not come away from an old log.
    pub async fn purge_binlogs(&self, side: Side) -> Result<(), TestkitError> {
        let mut server = self.connect(side, SessionProfile::Control).await?;
        let left = purge(&mut server).await;
        server.session.close().await;
        match left.map_err(TestkitError::sql(side, "throw away its binary logs"))? {
            0 => Ok(()),
            left => Err(TestkitError::LogsInUse {
                side,
                left,
                limit: PURGE_LIMIT,
            }),
        }
    }
}

/// Purges until only the newest log is left; returns how many old ones stay after the limit.
async fn purge(server: &mut Server) -> Result<usize, dbha_core::SqlError> {
    let end = Instant::now() + PURGE_LIMIT;
    loop {
        // The new log is also news for a replica that has gone away: its thread here ends on it, and lets go of the old.
        server.execute(&statements::new_binary_log()).await?;
        let logs = server.query(&server.dialect().list_binlogs()).await?;
        let newest = logs.last().and_then(|row| row.get("Log_name"));
        if let Some(newest) = newest {
            server
                .execute(&statements::purge_binary_logs_before(newest))
                .await?;
        }
        let left = server.query(&server.dialect().list_binlogs()).await?.len();
        if left <= 1 || Instant::now() >= end {
            return Ok(left.saturating_sub(1));
        }
        sleep(PURGE_PAUSE).await;
    }
}
