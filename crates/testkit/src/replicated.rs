//! A replicated pair for a test: two servers that follow each other, and what can go wrong with them.

mod backend;
mod builder;
mod caught_up;
mod faults;
mod given;
mod link;
mod network;
mod option_lines;
mod processes;
mod servers;
mod statements;

use std::time::Duration;

use dbha_core::{Both, Endpoint, Pair, Side, Status, Writers};
use dbha_sql::{Server, SessionProfile};

pub use backend::Backend;
pub use builder::ReplicatedPairBuilder;
pub use link::Link;

use crate::TestkitError;
use servers::Servers;

/// How long a look at the pair may take; a server that needs more has not answered.
const LOOK_LIMIT: Duration = Duration::from_secs(5);
/// How long catching up may take where nothing else is said.
const CATCH_UP_LIMIT: Duration = Duration::from_secs(30);

/// Two servers that follow each other, made a pair by dbha's own set-up.
///
/// Dropped, also by a panic, it takes its servers and everything of theirs with it; servers that were given by their
/// URLs stay as they are. It may be shared by tests that run on different Tokio runtimes: the network between its
/// servers has threads of its own.
///
/// ```no_run
/// # async fn example() -> Result<(), dbha_testkit::TestkitError> {
/// use dbha_testkit::prelude::*;
///
/// let mut pair = ReplicatedPair::builder().flavor(MariaDb("11.8")).writers(One).start().await?;
/// println!("write to {}, read from {}", pair.primary_url(), pair.secondary_url());
/// pair.wait_caught_up().await?;
/// pair.kill(Primary).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ReplicatedPair {
    servers: Servers,
    endpoints: Both<Endpoint>,
    pair: Pair,
    writers: Writers,
    /// Numbers of the servers, which tell apart who wrote what.
    ids: Both<u32>,
}

impl ReplicatedPair {
    /// Begins to describe a pair; without another word it is MariaDB 10.11 as private processes, with one writer.
    pub fn builder() -> ReplicatedPairBuilder {
        ReplicatedPairBuilder::new()
    }

    /// Starts a pair as it is without another word.
    ///
    /// # Errors
    /// As [`ReplicatedPairBuilder::start`].
    pub async fn start_default() -> Result<Self, TestkitError> {
        Self::builder().start().await
    }

    /// Returns `mysql://root:PASSWORD@HOST:PORT/` of the primary; it stays the same over restarts.
    pub fn primary_url(&self) -> String {
        self.url(Side::Primary)
    }

    /// Returns the URL of the secondary, which takes no writes while the primary is the only writer.
    ///
    /// MariaDB lets root write there all the same, as it always does; MySQL does not.
    pub fn secondary_url(&self) -> String {
        self.url(Side::Secondary)
    }

    /// Returns the URL of one side.
    pub fn url(&self, side: Side) -> String {
        self.servers.url(side)
    }

    /// Returns how many of the servers take writes.
    pub fn writers(&self) -> Writers {
        self.writers
    }

    /// Returns what the servers run on.
    pub fn backend(&self) -> Backend {
        self.servers.backend()
    }

    /// Returns the release of both servers; `None` for servers that were given.
    pub fn release(&self) -> Option<crate::Release> {
        self.servers.release()
    }

    /// Looks at the pair as `dbha status` does; a server that does not answer is part of the answer.
    pub async fn status(&self) -> Status {
        let mut looking = self.pair.looking().within(LOOK_LIMIT);
        let status = looking.look().await;
        looking.close().await;
        status
    }

    /// Waits until each replica has applied what its source has at this moment; half a minute at most.
    ///
    /// With one writer that is the secondary alone, with two it is both.
    ///
    /// # Errors
    /// [`TestkitError::NotCaughtUp`] says what is missing and how the link stands; a replica that has stopped with an
    /// error is not waited for. [`TestkitError::Sql`] when a server does not answer.
    pub async fn wait_caught_up(&self) -> Result<(), TestkitError> {
        self.wait_caught_up_within(CATCH_UP_LIMIT).await
    }

    /// As [`ReplicatedPair::wait_caught_up`], for as long as the caller says.
    ///
    /// # Errors
    /// As [`ReplicatedPair::wait_caught_up`].
    pub async fn wait_caught_up_within(&self, limit: Duration) -> Result<(), TestkitError> {
        caught_up::wait(self, Side::Secondary, limit).await?;
        match self.writers {
            Writers::One => Ok(()),
            Writers::Both => caught_up::wait(self, Side::Primary, limit).await,
        }
    }

    /// Returns the pair as dbha's library knows it, for whatever else it can do: plan, set-up, verify.
    pub fn as_pair(&self) -> &Pair {
        &self.pair
    }

    /// Lets every account write on a server: what a failover does to a secondary once its primary is gone.
    ///
    /// Nothing else is changed; the server goes on to follow its peer.
    ///
    /// # Errors
    /// [`TestkitError::Sql`] when the server does not answer or refuses.
    pub async fn open_for_writes(&self, side: Side) -> Result<(), TestkitError> {
        self.tell(side, "open for writes", |dialect| dialect.set_read_only(false))
            .await
    }

    /// Connects to one server for a few statements.
    async fn connect(&self, side: Side, profile: SessionProfile) -> Result<Server, TestkitError> {
        let endpoint = self.endpoints.of(side);
        let connected = match profile {
            SessionProfile::Monitor => Server::connect_for_watching(endpoint).await,
            _ => Server::connect(endpoint).await,
        };
        connected.map_err(TestkitError::sql(side, "let dbha log in"))
    }

    /// Runs statements on one server and says goodbye.
    async fn tell(
        &self,
        side: Side,
        action: &'static str,
        statements: impl FnOnce(dbha_sql::Dialect) -> Vec<dbha_sql::Statement>,
    ) -> Result<(), TestkitError> {
        let mut server = self.connect(side, SessionProfile::Control).await?;
        let statements = statements(server.dialect());
        let done = server.execute_all(&statements).await;
        server.session.close().await;
        done.map_err(TestkitError::sql(side, action))
    }
}
