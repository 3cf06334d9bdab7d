//! A network that goes wrong on demand: a proxy on loopback in front of a server.

mod fault;
mod relay;
mod switchboard;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

pub use fault::{Direction, Fault, Trigger};

use crate::TestkitError;
use relay::relay;
use switchboard::Switchboard;

/// A TCP proxy whose faults are switched on, armed and healed while connections run through it.
///
/// It passes bytes on as they are until told otherwise. Dropped, it ends with every connection through it and leaves
/// nothing. It needs a Tokio runtime.
///
/// ```no_run
/// # async fn example() -> Result<(), dbha_testkit::TestkitError> {
/// use dbha_testkit::{Direction, Fault, FaultProxy};
///
/// let proxy = FaultProxy::start("127.0.0.1:3306").await?;
/// println!("connect to {}", proxy.address());
/// // The server carries out the next CHANGE MASTER; its answer is lost and everything is cut.
/// proxy.arm(Direction::ToServer, "CHANGE MASTER", Fault::Lose(Direction::ToClient));
/// proxy.fired().await;
/// proxy.heal();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct FaultProxy {
    address: SocketAddr,
    switchboard: Arc<Switchboard>,
    accepting: JoinHandle<()>,
}

impl FaultProxy {
    /// Listens on a free port of 127.0.0.1 for connections to `upstream` (`HOST:PORT`), which is dialled anew for each.
    ///
    /// # Errors
    /// [`TestkitError::Listen`] when no port can be had.
    pub async fn start(upstream: impl Into<String>) -> Result<Self, TestkitError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.map_err(TestkitError::Listen)?;
        let address = listener.local_addr().map_err(TestkitError::Listen)?;
        let switchboard = Arc::new(Switchboard::new());
        let accepting = tokio::spawn(accept(listener, upstream.into(), Arc::clone(&switchboard)));
        Ok(Self {
            address,
            switchboard,
            accepting,
        })
    }

    /// Returns `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// Switches a fault on in place of the one before, for open connections and new ones.
    pub fn set(&self, fault: Fault) {
        self.switchboard.set(Some(fault));
    }

    /// Switches a fault on when a trigger comes by in a direction; once, then the trigger is gone.
    ///
    /// The fault meets the very bytes that trigger it: [`Fault::Lose`] of the same direction keeps them from arriving,
    /// of the other direction it lets them arrive and takes the answer. [`FaultProxy::heal`] disarms.
    pub fn arm(&self, direction: Direction, trigger: impl Into<Trigger>, fault: Fault) {
        self.switchboard.arm(direction, trigger.into(), fault);
    }

    /// Ends the fault and disarms every trigger.
    ///
    /// Connections of which bytes were swallowed cannot be mended: they end now.
    pub fn heal(&self) {
        self.switchboard.set(None);
    }

    /// Tells whether any armed trigger came by since the start.
    pub fn has_fired(&self) -> bool {
        self.switchboard.has_fired()
    }

    /// Waits until an armed trigger has come by.
    pub async fn fired(&self) {
        self.switchboard.fired().await;
    }

    /// Counts the pieces that came by in a direction, as a [`Trigger`] does: about one a statement
    /// where every question waits for its answer.
    pub fn pieces(&self, direction: Direction) -> u64 {
        self.switchboard.pieces(direction)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        // The connections are owned by this task and end with it.
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, upstream: String, switchboard: Arc<Switchboard>) {
    let mut relays = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                // A connection that ended before it was accepted is none.
                let Ok((client, _)) = accepted else { continue };
                let (upstream, switchboard) = (upstream.clone(), Arc::clone(&switchboard));
                relays.spawn(async move { relay(client, &upstream, &switchboard).await });
            }
            Some(_) = relays.join_next() => {}
        }
    }
}
