//! The one thread that starts processes.

use std::io;
use std::process::{Child, Command};
use std::sync::OnceLock;
use std::sync::mpsc::{Sender, SyncSender, channel, sync_channel};
use std::thread;

struct Order {
    command: Command,
    reply: SyncSender<io::Result<Child>>,
}

/// Starts a process from a thread that lives as long as this process.
///
/// The kernel kills a child tied to its parent when the *thread* that forked it ends. A worker of a
/// runtime may end long before the test does, and would take running servers with it.
pub(crate) fn spawn(command: Command) -> io::Result<Child> {
    let (reply, answer) = sync_channel(1);
    let gone = || io::Error::other("the thread that starts processes is gone");
    orders()?.send(Order { command, reply }).map_err(|_| gone())?;
    answer.recv().map_err(|_| gone())?
}

fn orders() -> io::Result<&'static Sender<Order>> {
    static ORDERS: OnceLock<Option<Sender<Order>>> = OnceLock::new();
    let started = ORDERS.get_or_init(|| {
        let (orders, incoming) = channel::<Order>();
        let work = move || {
            for Order { mut command, reply } in incoming {
                // Nobody waits any more: the child must not stay behind unseen.
                if let Err(unwanted) = reply.send(command.spawn())
                    && let Ok(mut child) = unwanted.0
                {
                    let _ = child.kill();
                    let _ = child.wait();
                }
            }
        };
        thread::Builder::new()
            .name("dbha-spawner".to_owned())
            .spawn(work)
            .ok()
            .map(|_| orders)
    });
    started
        .as_ref()
        .ok_or_else(|| io::Error::other("no thread could be started"))
}
