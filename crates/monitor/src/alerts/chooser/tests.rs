use super::{Chooser, SETTLED};
use crate::{Alert, EventKind, MonitorEvent, PairReport, Standing};
use dbha_core::{Condition, Status, Verdict};
use std::time::{Duration, Instant};

fn event(kind: EventKind, server: &str) -> MonitorEvent {
    MonitorEvent {
        seq: 7,
        at: 100.0,
        pair: "p".into(),
        kind,
        server: Some(server.into()),
        code: Some(Condition::SqlThread),
        text: format!("{server} stands still"),
        fix: Some("dbha setup".into()),
        verdict: Verdict::Broken,
    }
}

/// A report in which these servers have a stopped thread; `!` before the name: it cannot be reached at all.
fn report(servers: &[&str]) -> PairReport {
    let server = |name: &&str| {
        serde_json::json!({
            "name": name.trim_start_matches('!'), "address": "x", "reachable": !name.starts_with('!'), "lost_at_restart": [],
            "problems": [],
        })
    };
    let status: Status = serde_json::from_value(serde_json::json!({
        "schema_version": 1, "pair": "p", "restart_safe": true, "verdict": "broken", "reason": "x", "writers": "one",
        "servers": servers.iter().map(server).collect::<Vec<_>>(), "links": [],
    }))
    .unwrap();
    let standing = |name: &&&str| !name.starts_with('!');
    PairReport {
        status,
        at: 200.0,
        looks: vec![],
        standing: servers
            .iter()
            .filter(standing)
            .map(|name| Standing {
                code: Condition::SqlThread,
                server: (*name).to_owned(),
                text: format!("{name} stands still"),
                fix: "dbha setup".into(),
                since: 90.0,
            })
            .collect(),
        setup_at_work: false,
        silenced: false,
    }
}

fn short(alerts: impl IntoIterator<Item = Alert>) -> Vec<String> {
    let short = |alert: Alert| format!("{:?} {}", alert.event.kind, alert.event.server.unwrap());
    alerts.into_iter().map(short).collect()
}

#[test]
fn each_change_is_told_once() {
    let (mut chooser, now) = (Chooser::default(), Instant::now());
    let mut take = |kind| short(chooser.take(&event(kind, "b"), false, now));
    assert_eq!(take(EventKind::Watching), [""; 0]);
    assert_eq!(take(EventKind::Ended), [""; 0], "nobody was told that it began");
    assert_eq!(take(EventKind::Began), ["Began b"]);
    assert_eq!(take(EventKind::Began), [""; 0]);
    assert_eq!(take(EventKind::Ended), ["Ended b"]);
    assert_eq!(take(EventKind::Flapping), ["Flapping b"]);
    assert_eq!(take(EventKind::Began), [""; 0], "it stays after it came and went");
    assert_eq!(take(EventKind::Ended), ["Ended b"]);
    assert_eq!(take(EventKind::WritersChanged), ["WritersChanged b"]);
    assert_eq!(take(EventKind::NotHealed), ["NotHealed b"]);
    assert_eq!(take(EventKind::NotHealed), [""; 0], "the same again");
    assert_eq!(take(EventKind::Healed), [""; 0]);
    assert_eq!(take(EventKind::NotHealed), ["NotHealed b"]);
}

#[test]
fn what_stands_when_maintenance_ends_is_told_then_and_what_came_and_went_is_not() {
    let (mut chooser, now) = (Chooser::default(), Instant::now());
    assert_eq!(
        short(chooser.take(&event(EventKind::Began, "a"), false, now)),
        ["Began a"]
    );
    for kind in [
        EventKind::Began,
        EventKind::Ended,
        EventKind::Began,
        EventKind::WritersChanged,
    ] {
        assert_eq!(short(chooser.take(&event(kind, "b"), true, now)), [""; 0]);
    }
    assert_eq!(
        short(chooser.take(&event(EventKind::Ended, "a"), true, now)),
        [""; 0]
    );
    let later = now + SETTLED;
    assert_eq!(
        short(chooser.catch_up(&report(&["b"]), later)),
        ["Began b", "Ended a"]
    );
    assert_eq!(short(chooser.catch_up(&report(&["b"]), later)), [""; 0]);
}

#[test]
fn scenario_72_a_restart_tells_nothing_twice_and_nothing_too_early() {
    let (mut first, now) = (Chooser::default(), Instant::now());
    for server in ["a", "b", "c"] {
        first.take(&event(EventKind::Began, server), false, now);
    }
    let told: Vec<_> = first
        .told()
        .map(|(key, standing)| (key.clone(), standing.clone()))
        .collect();

    let mut second = Chooser::with_told(told);
    // Looked at for the first time: nothing counts as begun yet.
    assert_eq!(short(second.catch_up(&report(&[]), now)), [""; 0]);
    assert_eq!(
        short(second.take(&event(EventKind::Began, "b"), false, now)),
        [""; 0]
    );
    let soon = now + Duration::from_secs(3);
    assert_eq!(short(second.catch_up(&report(&["b"]), soon)), [""; 0]);
    // `a` is well again; of `c`, which cannot be reached, that is not known.
    assert_eq!(
        short(second.catch_up(&report(&["b", "!c"]), now + SETTLED)),
        ["Ended a"]
    );
}

#[test]
fn scenario_82_no_words_of_a_server_become_links_or_calls() {
    let hostile = MonitorEvent {
        text: "error: <!channel> & <http://evil|click>\n\u{1b}[2J".into(),
        ..event(EventKind::Began, "b")
    };
    let text = Alert::of(hostile).text;
    assert_eq!(
        text,
        "p is broken: DBHA-M03 error: &lt;!channel&gt; &amp; &lt;http://evil|click&gt; ·[2J → dbha setup"
    );
}
