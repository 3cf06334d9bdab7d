//! `dbha monitor --auto-failover` beside each server, under the rules of its systemd unit.

use std::time::Duration;

use super::etcd;
use super::network::Place;
use super::service::{Service, Unit};
use super::world::{PAIR, World};

/// How long a lease lasts: dbha's default. A shorter one knows busy machines from dead ones less well.
pub(super) const LEASE: Duration = Duration::from_secs(10);
/// `WatchdogSec=` of the unit, and what its `ExecStopPost=` gives the server.
const WATCHDOG: Duration = Duration::from_secs(3);
const FENCE_LIMIT: &str = "3s";
/// `RestartSec=` of the unit.
const RESTART_AFTER: Duration = Duration::from_secs(2);

/// Starts the guard of a host.
pub(super) fn start(world: &World, place: Place, more: &[&str]) -> Service {
    let lease = format!("{}s", LEASE.as_secs());
    let url = etcd::url();
    let own = [
        "--auto-failover",
        "--local",
        place.name(),
        "--etcd",
        &url,
        "--lease",
        &lease,
    ];
    let listen = ["--listen", "127.0.0.1:9104"];
    let words = [&PAIR[..], &own, &listen, more].concat();
    let fence = ["--local", place.name(), "--limit", FENCE_LIMIT];
    let unit = Unit {
        start: world.dbha_later(place, "monitor", &words),
        stop_post: Some(world.dbha_later(place, "fence", &fence)),
        watchdog: Some(WATCHDOG),
        restart_after: Some(RESTART_AFTER),
    };
    Service::start(unit, world.directory.path(), &format!("guard-{}", place.name()))
}
