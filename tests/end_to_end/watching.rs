//! A monitor within the test, watching a pair by dbha's own library.

use std::time::{Duration, Instant};

use dbha_monitor::{Board, EventKind, Monitor, MonitorEvent, MonitorSettings, PairReport, WatchedPair};
use dbha_testkit::{Release, ServerPair};

/// How long anything that a monitor is to see may take on a loaded machine before a test has failed.
const LIMIT: Duration = Duration::from_secs(45);

/// The name under which the pair is watched.
pub(crate) const PAIR: &str = "shop";

/// Returns the settings of a monitor that may mend what is safe to mend.
pub(crate) fn healing() -> MonitorSettings {
    MonitorSettings {
        heal: true,
        ..MonitorSettings::default()
    }
}

/// Says a statement about a replica in the words that every release of its flavour knows.
pub(crate) fn in_words_of(release: Release, statement: &str) -> String {
    match release.is_mysql() {
        true => statement.to_owned(),
        false => statement.replace("REPLICA", "SLAVE"),
    }
}

/// A running monitor; ends with the test.
pub(crate) struct Watching {
    monitor: Monitor,
}

impl Watching {
    /// Begins to watch a pair as root.
    pub(crate) fn begin(pair: &ServerPair, settings: &MonitorSettings) -> Self {
        Self::begin_at(&pair.primary.url(), &pair.secondary.url(), settings)
    }

    /// Begins to watch two servers by these ways into them.
    pub(crate) fn begin_at(primary: &str, secondary: &str, settings: &MonitorSettings) -> Self {
        let watched = WatchedPair {
            name: PAIR.to_owned(),
            primary: primary.parse().unwrap(),
            secondary: secondary.parse().unwrap(),
        };
        Self {
            monitor: Monitor::start(vec![watched], settings, Board::new()),
        }
    }

    /// The board that it writes on.
    pub(crate) fn board(&self) -> Board {
        self.monitor.board().clone()
    }

    /// Waits until a report is as wanted; fails the test with the last one.
    pub(crate) async fn until(&self, what: &str, good: impl Fn(&PairReport) -> bool) -> PairReport {
        let end = Instant::now() + LIMIT;
        loop {
            let report = self.monitor.board().report(PAIR);
            if let Some(report) = report.as_deref().filter(|report| good(report)) {
                return report.clone();
            }
            assert!(
                Instant::now() < end,
                "not within {} s: {what}; last seen: {report:#?}; told: {:#?}",
                LIMIT.as_secs(),
                self.told()
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until something is told; fails the test with all that was told.
    pub(crate) async fn hears(&self, kind: EventKind, code: Option<&str>) -> MonitorEvent {
        let end = Instant::now() + LIMIT;
        loop {
            let found = self
                .told()
                .into_iter()
                .find(|event| event.kind == kind && event.code.map(|code| code.as_str()) == code);
            if let Some(event) = found {
                return event;
            }
            assert!(Instant::now() < end, "{kind:?} {code:?}: {:#?}", self.told());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Returns everything that was told so far.
    pub(crate) fn told(&self) -> Vec<MonitorEvent> {
        let events = self.monitor.board().events_after(0);
        events.iter().map(|event| (**event).clone()).collect()
    }

    /// Ends the monitor, and says how long that took.
    pub(crate) async fn end(self) -> Duration {
        let began = Instant::now();
        self.monitor.stop().await;
        began.elapsed()
    }
}
