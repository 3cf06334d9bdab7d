//! When a machine had a virtual address: it is looked at all the time.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant};

use nix::ifaddrs::getifaddrs;

use crate::machines::Machine;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(3);

/// From when until when the machine had the address, as it was seen.
pub(crate) type Stay = (Instant, Instant);

/// Watches one machine until it is ended.
pub(crate) struct AddressWatch {
    go_on: Arc<AtomicBool>,
    here: Arc<AtomicBool>,
    watcher: JoinHandle<Vec<Stay>>,
}

impl AddressWatch {
    /// Begins.
    pub(crate) fn begin(machine: &Machine, address: Ipv4Addr) -> Self {
        let go_on = Arc::new(AtomicBool::new(true));
        let here = Arc::new(AtomicBool::new(false));
        let (on, there) = (Arc::clone(&go_on), Arc::clone(&here));
        let watcher = machine.enter(move || watch(address, &on, &there));
        Self { go_on, here, watcher }
    }

    /// Tells whether the machine has the address now.
    pub(crate) fn now(&self) -> bool {
        self.here.load(Ordering::Relaxed)
    }

    /// Ends; returns every time that the machine had the address.
    pub(crate) fn end(self) -> Vec<Stay> {
        self.go_on.store(false, Ordering::Relaxed);
        self.watcher.join().unwrap()
    }
}

/// Returns how long two machines had the address at one time, in all.
pub(crate) fn shared(one: &[Stay], other: &[Stay]) -> Duration {
    let of = |one: &Stay, other: &Stay| {
        let until = one.1.min(other.1);
        until.saturating_duration_since(one.0.max(other.0))
    };
    let all = one
        .iter()
        .flat_map(|stay| other.iter().map(move |there| of(stay, there)));
    all.sum()
}

fn watch(address: Ipv4Addr, go_on: &AtomicBool, here: &AtomicBool) -> Vec<Stay> {
    let mut stays: Vec<Stay> = Vec::new();
    let mut was = false;
    while go_on.load(Ordering::Relaxed) {
        let is = getifaddrs().unwrap().any(|one| {
            let found = one
                .address
                .and_then(|found| found.as_sockaddr_in().map(|found| found.ip()));
            found == Some(address)
        });
        let now = Instant::now();
        match (was, is) {
            (false, true) => stays.push((now, now)),
            // The last look at which it was there.
            (true, true) => stays.last_mut().unwrap().1 = now,
            _ => {}
        }
        was = is;
        here.store(is, Ordering::Relaxed);
        sleep(PAUSE);
    }
    stays
}
