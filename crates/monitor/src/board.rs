use crate::{EventKind, MonitorEvent, PairReport, judge::unix_time};
use dbha_core::Verdict;
use serde::Serialize;
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::broadcast;

/// Events that are kept in memory.
const EVENTS: usize = 1_000;
/// Seconds of lag that are kept for each pair: one point every two seconds of an hour.
const LAG_POINTS: usize = 1_800;
const LAG_POINT_EVERY: f64 = 2.0;
/// News that may wait for a slow reader.
const NEWS: usize = 1_024;

/// What everybody reads: the last report of each pair, the last events, and the lag of the last hour.
///
/// Cloning it gives another handle on the same board.
#[derive(Clone)]
pub struct Board(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    began: Instant,
    news: broadcast::Sender<News>,
}

#[derive(Default)]
struct State {
    reports: BTreeMap<String, Arc<PairReport>>,
    lags: BTreeMap<String, VecDeque<LagPoint>>,
    events: VecDeque<Arc<MonitorEvent>>,
    counts: BTreeMap<(String, crate::EventKind), u64>,
    next_event: u64,
    judged: BTreeMap<String, Instant>,
    watched: Option<Vec<String>>,
    silenced: bool,
}

/// Something new on the board.
#[derive(Debug, Clone)]
pub enum News {
    /// A pair was judged anew.
    Report(Arc<PairReport>),
    /// Something happened.
    Event(Arc<MonitorEvent>),
}

/// How far both links were behind at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct LagPoint {
    /// Seconds since 1970.
    pub at: f64,
    /// Seconds behind of each link, in the order of the status; `None` is unknown.
    pub lags: [Option<f64>; 2],
}

impl Default for Board {
    fn default() -> Self {
        Self::new()
    }
}

impl Board {
    /// Makes an empty board.
    pub fn new() -> Self {
        Self(Arc::new(Shared {
            state: Mutex::default(),
            began: Instant::now(),
            news: broadcast::channel(NEWS).0,
        }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says which pairs are to be watched, so that it can be told whether all of them were judged.
    pub fn set_watched(&self, pairs: Vec<String>) {
        self.state().watched = Some(pairs);
    }

    /// Returns the pairs that are to be watched; `None` until it was said.
    pub fn watched(&self) -> Option<Vec<String>> {
        self.state().watched.clone()
    }

    /// Says whether alerts are held back; every report from now on says it too.
    pub fn set_silenced(&self, silenced: bool) {
        self.state().silenced = silenced;
    }

    /// Puts a report up in the place of the pair's last one.
    pub fn publish(&self, mut report: PairReport) {
        let report = {
            let mut state = self.state();
            report.silenced = state.silenced;
            let report = Arc::new(report);
            let name = report.status.pair.clone();
            state.judged.insert(name.clone(), Instant::now());
            note_lag(state.lags.entry(name.clone()).or_default(), &report);
            state.reports.insert(name, report.clone());
            report
        };
        // Nobody may be reading.
        let _ = self.0.news.send(News::Report(report));
    }

    /// Takes a pair down that is no longer watched.
    pub fn remove(&self, pair: &str) {
        let mut state = self.state();
        state.reports.remove(pair);
        state.lags.remove(pair);
        state.judged.remove(pair);
        state.counts.retain(|(of, _), _| of != pair);
    }

    /// Puts an event up; its number is given here.
    pub fn tell(&self, event: MonitorEvent) {
        let event = {
            let mut state = self.state();
            state.next_event += 1;
            let event = Arc::new(MonitorEvent {
                seq: state.next_event,
                ..event
            });
            *state.counts.entry((event.pair.clone(), event.kind)).or_default() += 1;
            state.events.push_back(event.clone());
            while state.events.len() > EVENTS {
                state.events.pop_front();
            }
            event
        };
        let _ = self.0.news.send(News::Event(event));
    }

    /// Puts up what the guard of a server says.
    pub fn tell_of_guard(&self, pair: &str, server: &str, alarm: bool, text: String) {
        let verdict = self
            .report(pair)
            .map_or(Verdict::Unknown, |report| report.status.verdict);
        self.tell(MonitorEvent {
            seq: 0,
            at: unix_time(Instant::now()),
            pair: pair.to_owned(),
            kind: match alarm {
                true => EventKind::GuardAlarm,
                false => EventKind::Guard,
            },
            server: Some(server.to_owned()),
            code: None,
            text,
            fix: None,
            verdict,
        });
    }

    /// Takes over events of an earlier run, the oldest first, so that they can be read; they are not told again.
    pub fn remember(&self, events: Vec<MonitorEvent>) {
        let mut state = self.state();
        for event in events {
            state.next_event = state.next_event.max(event.seq);
            state.events.push_back(Arc::new(event));
        }
        while state.events.len() > EVENTS {
            state.events.pop_front();
        }
    }

    /// Returns the last report of every pair, by name.
    pub fn reports(&self) -> Vec<Arc<PairReport>> {
        self.state().reports.values().cloned().collect()
    }

    /// Returns the last report of one pair.
    pub fn report(&self, pair: &str) -> Option<Arc<PairReport>> {
        self.state().reports.get(pair).cloned()
    }

    /// Returns the events with a greater number, the oldest first.
    pub fn events_after(&self, seq: u64) -> Vec<Arc<MonitorEvent>> {
        let state = self.state();
        state
            .events
            .iter()
            .filter(|event| event.seq > seq)
            .cloned()
            .collect()
    }

    /// Returns how often each kind of event was told of each pair in this run.
    pub fn event_counts(&self) -> BTreeMap<(String, crate::EventKind), u64> {
        self.state().counts.clone()
    }

    /// Returns the lag of the last hour, the oldest first.
    pub fn lag_history(&self, pair: &str) -> Vec<LagPoint> {
        let state = self.state();
        state
            .lags
            .get(pair)
            .map(|points| points.iter().copied().collect())
            .unwrap_or_default()
    }

    /// Returns how long ago any pair was judged; `None` while none was.
    pub fn since_tick(&self) -> Option<Duration> {
        self.state().judged.values().map(Instant::elapsed).min()
    }

    /// Returns how long ago the board was made.
    pub fn age(&self) -> Duration {
        self.0.began.elapsed()
    }

    /// Returns the last report of every pair, by name, and how long ago it was put up.
    ///
    /// The age is of a clock that nobody sets, unlike [`PairReport::at`].
    pub fn aged_reports(&self) -> Vec<(Arc<PairReport>, Duration)> {
        let state = self.state();
        state
            .reports
            .iter()
            .filter_map(|(name, report)| Some((report.clone(), state.judged.get(name)?.elapsed())))
            .collect()
    }

    /// Returns the number of the last event; 0 before the first.
    pub fn last_event(&self) -> u64 {
        self.state().next_event
    }

    /// Lets somebody hear everything that is put up from now on.
    pub fn subscribe(&self) -> broadcast::Receiver<News> {
        self.0.news.subscribe()
    }
}

fn note_lag(points: &mut VecDeque<LagPoint>, report: &PairReport) {
    let lag = |at: usize| report.status.links.get(at).and_then(|link| link.lag_seconds);
    if points
        .back()
        .is_some_and(|last| report.at - last.at < LAG_POINT_EVERY)
    {
        return;
    }
    points.push_back(LagPoint {
        at: report.at,
        lags: [lag(0), lag(1)],
    });
    while points.len() > LAG_POINTS {
        points.pop_front();
    }
}
