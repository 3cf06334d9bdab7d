//! The pairs that are watched, kept as they are wanted.

use super::wanted::WantedPair;
use dbha_monitor::{Board, Monitor, MonitorSettings};
use std::collections::BTreeMap;

/// What a reload changed, by name.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Changed {
    /// Pairs that are watched from now on.
    pub begun: Vec<String>,
    /// Pairs that are watched in another way.
    pub changed: Vec<String>,
    /// Pairs that are watched no longer.
    pub ended: Vec<String>,
}

/// Works out what has to be done; pairs that are as they were stay alone.
pub fn difference(before: &BTreeMap<String, WantedPair>, after: &BTreeMap<String, WantedPair>) -> Changed {
    let mut changed = Changed::default();
    for (name, pair) in after {
        match before.get(name) {
            None => changed.begun.push(name.clone()),
            Some(old) if !old.is_as(pair) => changed.changed.push(name.clone()),
            Some(_) => {}
        }
    }
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    changed.ended = gone.cloned().collect();
    changed
}

/// Begins to watch all of them.
pub fn start(wanted: &BTreeMap<String, WantedPair>, board: &Board) -> Monitor {
    let mut monitor = Monitor::start(vec![], &MonitorSettings::default(), board.clone());
    board.set_watched(wanted.keys().cloned().collect());
    for pair in wanted.values() {
        monitor.watch(&pair.pair, pair.settings.clone());
    }
    monitor
}

/// Lets what is watched become what is wanted.
pub async fn change(monitor: &mut Monitor, wanted: &BTreeMap<String, WantedPair>, changed: &Changed) {
    let board = monitor.board().clone();
    board.set_watched(wanted.keys().cloned().collect());
    for name in changed.ended.iter().chain(&changed.changed) {
        monitor.forget(name).await;
    }
    for name in changed.begun.iter().chain(&changed.changed) {
        if let Some(pair) = wanted.get(name) {
            monitor.watch(&pair.pair, pair.settings.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbha_monitor::WatchedPair;

    fn pair(name: &str, secondary: &str, heal: bool) -> (String, WantedPair) {
        let wanted = WantedPair {
            pair: WatchedPair {
                name: name.into(),
                primary: "a:1".parse().unwrap(),
                secondary: secondary.parse().unwrap(),
            },
            settings: MonitorSettings {
                heal,
                ..MonitorSettings::default()
            },
        };
        (name.to_owned(), wanted)
    }

    #[test]
    fn only_what_is_other_than_before_is_touched() {
        let before = BTreeMap::from([
            pair("same", "b:1", false),
            pair("gone", "b:1", false),
            pair("moved", "b:1", false),
            pair("set", "b:1", false),
        ]);
        let after = BTreeMap::from([
            pair("same", "b:1", false),
            pair("new", "b:1", false),
            pair("moved", "c:1", false),
            pair("set", "b:1", true),
        ]);
        let expected = Changed {
            begun: vec!["new".into()],
            changed: vec!["moved".into(), "set".into()],
            ended: vec!["gone".into()],
        };
        assert_eq!(difference(&before, &after), expected);
        assert_eq!(difference(&after, &after), Changed::default());
    }
}
