//! The same pair for tests that are not asynchronous.

use std::time::Duration;

use dbha_core::{Side, Status};
use tokio::runtime::{Builder, Runtime};

use crate::{Link, ReplicatedPairBuilder, TestkitError};

/// A [`ReplicatedPair`](crate::ReplicatedPair) for a plain `#[test]`; every method waits until it is done.
///
/// It has a runtime of its own, and panics where it is used within another one: there, take the other type.
///
/// ```no_run
/// use dbha_testkit::prelude::*;
///
/// # fn example() -> Result<(), TestkitError> {
/// let mut pair = ReplicatedPair::builder().flavor(MySql("9.7")).start_blocking()?;
/// pair.cut(PrimaryToSecondary)?;
/// pair.heal()?;
/// pair.wait_caught_up()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ReplicatedPair {
    pair: crate::ReplicatedPair,
    runtime: Runtime,
}

impl ReplicatedPair {
    /// Begins to describe a pair, which [`ReplicatedPairBuilder::start_blocking`] starts.
    pub fn builder() -> ReplicatedPairBuilder {
        crate::ReplicatedPair::builder()
    }

    /// Starts a pair that was described.
    pub(crate) fn start(described: ReplicatedPairBuilder) -> Result<Self, TestkitError> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(TestkitError::Listen)?;
        let pair = runtime.block_on(described.start())?;
        Ok(Self { pair, runtime })
    }

    /// Returns `mysql://root:PASSWORD@HOST:PORT/` of the primary.
    pub fn primary_url(&self) -> String {
        self.pair.primary_url()
    }

    /// Returns the URL of the secondary.
    pub fn secondary_url(&self) -> String {
        self.pair.secondary_url()
    }

    /// Returns the URL of one side.
    pub fn url(&self, side: Side) -> String {
        self.pair.url(side)
    }

    /// Looks at the pair as `dbha status` does.
    pub fn status(&self) -> Status {
        self.runtime.block_on(self.pair.status())
    }

    /// Returns the pair underneath, for what needs no waiting.
    pub fn as_async(&self) -> &crate::ReplicatedPair {
        &self.pair
    }
}

/// Makes a method that waits for the one of the same name.
macro_rules! waits_for {
    ($($(#[$text:meta])* $name:ident($($argument:ident: $kind:ty),*);)+) => {
        /// What waits; errors are as with [`crate::ReplicatedPair`].
        #[allow(clippy::missing_errors_doc)] // said above for all of them
        impl ReplicatedPair {
            $(
                $(#[$text])*
                pub fn $name(&mut self, $($argument: $kind),*) -> Result<(), TestkitError> {
                    self.runtime.block_on(self.pair.$name($($argument),*))
                }
            )+
        }
    };
}

waits_for! {
    /// Waits until each replica has applied what its source has at this moment.
    wait_caught_up();
    /// As [`ReplicatedPair::wait_caught_up`], for as long as the caller says.
    wait_caught_up_within(limit: Duration);
    /// Lets every account write on a server.
    open_for_writes(side: Side);
    /// Kills a server as a power failure would.
    kill(side: Side);
    /// Starts a server that was killed.
    start_again(side: Side);
    /// Stops a server in an orderly way and starts it again.
    restart(side: Side);
    /// Halts a server in the midst of what it does.
    freeze(side: Side);
    /// Lets a frozen server go on.
    thaw(side: Side);
    /// Cuts a link: its connections end at once, and new ones fail.
    cut(link: Link);
    /// Lets everything vanish that goes over a link.
    black_hole(link: Link);
    /// Lets everything between the two servers take so much longer each way.
    delay(time: Duration);
    /// Ends every fault of the network.
    heal();
    /// Restarts a server with a clock that is so many seconds ahead.
    skew_clock(side: Side, seconds: i64);
    /// Stops the SQL thread of a server.
    stop_sql_thread(side: Side);
    /// Starts both threads of a server's replication.
    start_replication(side: Side);
    /// Throws away every binary log of a server but a new one.
    purge_binlogs(side: Side);
}
