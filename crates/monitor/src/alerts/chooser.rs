//! What is worth an alert, once for each change; pure.

use super::{alert::Alert, open::Key};
use crate::{EventKind, MonitorEvent, PairReport, Standing};
use dbha_core::Condition;
use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

/// Time that a pair is given after the start before what an earlier run told is taken for over.
const SETTLED: Duration = Duration::from_secs(30);

/// Knows what was told, also by earlier runs.
#[derive(Debug, Default)]
pub(super) struct Chooser {
    open: BTreeMap<Key, Standing>,
    watched_since: BTreeMap<String, Instant>,
    not_healed: BTreeSet<(String, Option<String>, String)>,
}

impl Chooser {
    pub(super) fn with_told(told: Vec<(Key, Standing)>) -> Self {
        Self {
            open: told.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Returns what was told as begun and not as over.
    pub(super) fn told(&self) -> impl Iterator<Item = (&Key, &Standing)> {
        self.open.iter()
    }

    /// Takes in an event; while alerts are held nothing is told, and what stands afterwards is found by
    /// [`Chooser::catch_up`].
    pub(super) fn take(&mut self, event: &MonitorEvent, held: bool, now: Instant) -> Option<Alert> {
        self.watched_since.entry(event.pair.clone()).or_insert(now);
        let fault = (event.pair.clone(), event.server.clone(), event.text.clone());
        let news = match event.kind {
            EventKind::Began | EventKind::Flapping | EventKind::Ended if held => false,
            EventKind::Began => self.open(event),
            // Told even where it is known: that nothing is heard of it for a while is news.
            EventKind::Flapping => {
                self.open(event);
                true
            }
            EventKind::Ended => {
                self.forget_faults(event);
                Key::of_event(event).is_some_and(|key| self.open.remove(&key).is_some())
            }
            EventKind::Healed => {
                self.forget_faults(event);
                false
            }
            // It is tried again and again, with the same outcome.
            EventKind::NotHealed => !held && self.not_healed.insert(fault),
            EventKind::WritersChanged | EventKind::GuardAlarm => !held,
            _ => false,
        };
        news.then(|| Alert::of(event.clone()))
    }

    /// Compares what stands with what was told: after alerts were held, after a restart, after events were missed.
    pub(super) fn catch_up(&mut self, report: &PairReport, now: Instant) -> Vec<Alert> {
        let pair = &report.status.pair;
        let since = *self.watched_since.entry(pair.clone()).or_insert(now);
        let standing: BTreeMap<Key, &Standing> = report
            .standing
            .iter()
            .map(|standing| (Key::of_standing(pair, standing), standing))
            .collect();
        let mut alerts = vec![];
        for (key, standing) in &standing {
            if !self.open.contains_key(key) {
                self.open.insert(key.clone(), (*standing).clone());
                alerts.push(alert(report, key, standing, EventKind::Began));
            }
        }
        if now.duration_since(since) < SETTLED {
            return alerts;
        }
        let over: Vec<Key> = self
            .open
            .keys()
            .filter(|key| key.pair == *pair && !standing.contains_key(key) && !is_hidden(report, key))
            .cloned()
            .collect();
        for key in over {
            if let Some(standing) = self.open.remove(&key) {
                alerts.push(alert(report, &key, &standing, EventKind::Ended));
            }
        }
        alerts
    }

    /// Forgets pairs that are watched no longer.
    pub(super) fn keep_only(&mut self, pairs: &BTreeSet<String>) {
        self.open.retain(|key, _| pairs.contains(&key.pair));
        self.watched_since.retain(|pair, _| pairs.contains(pair));
    }

    fn open(&mut self, event: &MonitorEvent) -> bool {
        let Some(key) = Key::of_event(event) else {
            return true;
        };
        let standing = Standing {
            code: key.code,
            server: key.server.clone(),
            text: event.text.clone(),
            fix: event.fix.clone().unwrap_or_default(),
            since: event.at,
        };
        self.open.insert(key, standing).is_none()
    }

    fn forget_faults(&mut self, event: &MonitorEvent) {
        self.not_healed
            .retain(|(pair, server, _)| (pair, server) != (&event.pair, &event.server));
    }
}

/// Of a server that does not answer nothing else is known.
fn is_hidden(report: &PairReport, key: &Key) -> bool {
    let servers = &report.status.servers;
    let gone = servers
        .iter()
        .any(|server| server.name == key.server && !server.reachable);
    gone && key.code != Condition::Unreachable
}

fn alert(report: &PairReport, key: &Key, standing: &Standing, kind: EventKind) -> Alert {
    Alert::of(MonitorEvent {
        seq: 0,
        at: if kind == EventKind::Began {
            standing.since
        } else {
            report.at
        },
        pair: key.pair.clone(),
        kind,
        server: Some(key.server.clone()),
        code: Some(key.code),
        text: match kind {
            EventKind::Ended => format!("over on {}: {}", key.server, standing.text),
            _ => standing.text.clone(),
        },
        fix: (kind == EventKind::Began).then(|| standing.fix.clone()),
        verdict: report.status.verdict,
    })
}

#[cfg(test)]
mod tests;
