//! `dbha monitor --auto-failover` beside each server, as the systemd unit says that dbha renders for it.

use std::process::Stdio;
use std::time::Duration;

use super::etcd;
use super::network::Place;
use super::service::{Service, Unit};
use super::world::{PAIR, World};

/// How long a lease lasts: dbha's default. A shorter one knows busy machines from dead ones less well.
pub(super) const LEASE: Duration = Duration::from_secs(10);

/// Starts the guard of a host.
pub(super) async fn start(world: &World, place: Place, more: &[&str]) -> Service {
    let text = rendered(world, place, more).await;
    let guard = command_of(&text, "ExecStart");
    let listen = ["--listen", "127.0.0.1:9104"];
    let words = [&guard[1..], &PAIR[..], &listen].concat();
    let fence = command_of(&text, "ExecStopPost");
    assert_eq!((guard[0], fence[0]), ("monitor", "fence"), "{text}");
    assert_eq!(value_of(&text, "WatchdogSignal"), "SIGKILL");
    let unit = Unit {
        start: world.dbha_later(place, "monitor", &words),
        stop_post: Some(world.dbha_later(place, "fence", &fence[1..])),
        watchdog: Some(time_of(&text, "WatchdogSec")),
        restart_after: Some(time_of(&text, "RestartSec")),
    };
    Service::start(unit, world.directory.path(), &format!("guard-{}", place.name()))
}

async fn rendered(world: &World, place: Place, more: &[&str]) -> String {
    let lease = format!("{}s", LEASE.as_secs());
    let url = etcd::url();
    let own = ["--local", place.name(), "--etcd", &url, "--lease", &lease];
    let words = [&["--auto-failover"], &own[..], more].concat();
    let mut render = world.dbha_later(place, "render systemd", &words)();
    render.stdout(Stdio::piped()).stderr(Stdio::piped());
    world.operator.finish(&mut render).await.exits(0).stdout
}

fn value_of<'a>(unit: &'a str, key: &str) -> &'a str {
    let of_key = |line: &'a str| line.strip_prefix(key)?.strip_prefix('=');
    unit.lines()
        .find_map(of_key)
        .unwrap_or_else(|| panic!("no {key}\n{unit}"))
}

/// The arguments of a command in the unit, without the places that a machine of its own would have.
fn command_of<'a>(unit: &'a str, key: &str) -> Vec<&'a str> {
    let mut words = value_of(unit, key).split(' ').skip(1);
    let mut kept = Vec::new();
    while let Some(word) = words.next() {
        match word {
            "--config" | "--state-dir" => drop(words.next()),
            _ => kept.push(word),
        }
    }
    kept
}

fn time_of(unit: &str, key: &str) -> Duration {
    let value = value_of(unit, key);
    match value.strip_suffix("ms") {
        Some(number) => Duration::from_millis(number.parse().unwrap()),
        None => Duration::from_secs(value.parse().unwrap()),
    }
}
