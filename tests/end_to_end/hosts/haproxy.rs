//! HAProxy on the arbiter, as dbha renders it, with a monitor beside it that tells it who takes writes.

use std::fs;
use std::time::Duration;

use super::network::Place;
use super::service::{Service, Unit};
use super::world::{PAIR, World};
use crate::eventually::eventually;
use crate::tool;

const MONITOR: &str = "127.0.0.1:9104";
/// Shorter than in the unit that dbha renders, which no test can wait for.
const WATCHDOG: Duration = Duration::from_secs(3);
const RESTART_AFTER: Duration = Duration::from_millis(200);

/// Both services; dropped, they end.
pub(super) struct HaProxy {
    monitor: Service,
    _haproxy: Service,
}

impl HaProxy {
    /// Starts both, and waits until clients of the arbiter's address reach the server that takes writes.
    pub(super) async fn start(world: &World) -> Option<Self> {
        let program = tool::found("haproxy", "haproxy")?;
        let logs = world.directory.path();
        let config = world.operator.home().join("monitor.toml");
        let config = config.to_str().unwrap();
        let words = [&PAIR[..], &["--listen", MONITOR, "--config", config]].concat();
        let monitor = world.dbha_later(Place::Arbiter, "monitor", &words);
        let unit = Unit {
            watchdog: Some(WATCHDOG),
            restart_after: Some(RESTART_AFTER),
            ..Unit::plain(monitor)
        };
        let monitor = Service::start(unit, logs, "monitor-arbiter");
        let (writes, reads) = (
            format!("{}:3306", Place::Arbiter.address()),
            format!("{}:3307", Place::Arbiter.address()),
        );
        let words = ["--monitor", MONITOR, "--writes", &writes, "--reads", &reads];
        let text = world.run("render haproxy", &words).await.exits(0).stdout;
        let file = logs.join("haproxy.cfg");
        fs::write(&file, format!("global\n    maxconn 100\n{text}")).unwrap();
        let mut run = std::process::Command::new(program.get_program());
        run.arg("-db").arg("-f").arg(&file);
        let way = world.network.host(Place::Arbiter).way();
        let unit = Unit::plain(Box::new(move || way.wrap(&run)));
        let haproxy = Service::start(unit, logs, "haproxy");
        eventually(
            "the monitor watches",
            async || monitor.said(),
            |said| said.contains("dashboard at"),
        )
        .await;
        Some(Self {
            monitor,
            _haproxy: haproxy,
        })
    }

    /// Returns the monitor that tells it who takes writes.
    pub(super) fn monitor(&self) -> &Service {
        &self.monitor
    }
}
