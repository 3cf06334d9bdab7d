//! The network between the two servers of a pair: a proxy in front of each, dialled by its peer alone.

use std::time::Duration;

use dbha_core::{Both, Side};
use tokio::runtime::{Builder, Runtime};

use super::Link;
use crate::{Fault, FaultProxy, TestkitError};

/// Carries both links; the connections of the caller do not come by here.
#[derive(Debug)]
pub(super) struct Network {
    /// The proxy in front of each server.
    before: Both<FaultProxy>,
    _threads: Threads,
}

impl Network {
    /// Begins to carry connections to two addresses.
    pub(super) async fn before(upstreams: Both<String>) -> Result<Self, TestkitError> {
        let threads = Threads::start()?;
        Ok(Self {
            before: Both {
                primary: threads.proxy(upstreams.primary).await?,
                secondary: threads.proxy(upstreams.secondary).await?,
            },
            _threads: threads,
        })
    }

    /// Returns the port by which the peer of a server reaches it.
    pub(super) fn port(&self, side: Side) -> u16 {
        self.before.of(side).port()
    }

    pub(super) fn set(&self, link: Link, fault: Fault) {
        for source in link.sources() {
            self.before.of(*source).set(fault);
        }
    }

    pub(super) fn delay(&self, time: Duration) {
        self.set(Link::Both, Fault::Delay(time));
    }

    pub(super) fn heal(&self) {
        for side in Side::BOTH {
            self.before.of(side).heal();
        }
    }
}

/// A thread of its own for the proxies: a test that blocks its runtime, or ends it, must not stop replication.
#[derive(Debug)]
struct Threads(Option<Runtime>);

impl Threads {
    fn start() -> Result<Self, TestkitError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("dbha-network")
            .enable_all()
            .build();
        Ok(Self(Some(runtime.map_err(TestkitError::Listen)?)))
    }

    async fn proxy(&self, upstream: String) -> Result<FaultProxy, TestkitError> {
        let runtime = self.0.as_ref().ok_or(TestkitError::GivenUp)?;
        let started = runtime.spawn(FaultProxy::start(upstream)).await;
        started.map_err(|_| TestkitError::GivenUp)?
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        // Within another runtime its own way of ending would panic.
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
