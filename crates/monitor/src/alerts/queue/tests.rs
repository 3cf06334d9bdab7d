use super::{Queue, ROOM, TOO_OLD};
use crate::{Alert, EventKind, MonitorEvent};
use dbha_core::{Condition, Verdict};
use std::time::{Duration, Instant};

fn alert(kind: EventKind, server: &str) -> Alert {
    Alert::of(MonitorEvent {
        seq: 1,
        at: 1.0,
        pair: "p".into(),
        kind,
        server: Some(server.into()),
        code: Some(Condition::SqlThread),
        text: "x".into(),
        fix: None,
        verdict: Verdict::Broken,
    })
}

/// Sends everything that waits; returns what arrived, in short.
fn arrived(queue: &mut Queue, now: Instant) -> Vec<String> {
    let mut arrived = vec![];
    while let Some(alert) = queue.next(now) {
        let event = alert.event;
        arrived.push(format!("{:?} {}", event.kind, event.server.unwrap()));
        queue.delivered();
    }
    arrived
}

#[test]
fn alerts_arrive_in_their_order() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    for server in ["a", "b"] {
        queue.push(alert(EventKind::Began, server), now);
    }
    assert_eq!(arrived(&mut queue, now), ["Began a", "Began b"]);
    queue.push(alert(EventKind::Ended, "a"), now);
    assert_eq!(arrived(&mut queue, now), ["Ended a"]);
    assert_eq!(queue.due(), None);
}

#[test]
fn what_nobody_heard_of_is_not_told_as_over() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    queue.push(alert(EventKind::Began, "a"), now);
    queue.push(alert(EventKind::Began, "b"), now);
    queue.push(alert(EventKind::Ended, "a"), now);
    assert_eq!(arrived(&mut queue, now), ["Began b"]);

    // On its way it may have arrived.
    queue.push(alert(EventKind::Began, "c"), now);
    assert!(queue.next(now).is_some());
    queue.push(alert(EventKind::Ended, "c"), now);
    assert!(queue.failed(now));
    assert_eq!(arrived(&mut queue, now), [""; 0], "it rests");
    assert_eq!(
        arrived(&mut queue, now + Duration::from_secs(2)),
        ["Began c", "Ended c"]
    );

    // Told, over and back again, the last two not told yet.
    queue.push(alert(EventKind::Began, "d"), now);
    assert_eq!(arrived(&mut queue, now), ["Began d"]);
    for kind in [EventKind::Ended, EventKind::Began, EventKind::Ended] {
        queue.push(alert(kind, "d"), now);
    }
    assert_eq!(arrived(&mut queue, now), ["Ended d"]);
}

#[test]
fn rests_grow_up_to_a_minute_and_end_with_success() {
    let (mut queue, mut now) = (Queue::default(), Instant::now());
    queue.push(alert(EventKind::Began, "a"), now);
    let mut rests = vec![];
    for _ in 0..9 {
        assert!(queue.next(now).is_some());
        let first = queue.failed(now);
        assert_eq!(first, rests.is_empty(), "said once");
        let until = queue.due().unwrap().unwrap();
        rests.push((until - now).as_secs());
        now = until;
    }
    assert_eq!(rests, [1, 2, 4, 8, 16, 32, 60, 60, 60]);
    assert!(queue.next(now).is_some());
    assert!(queue.delivered(), "it had failed before");
    queue.push(alert(EventKind::Began, "b"), now);
    assert!(queue.next(now).is_some(), "no rest is left");
    assert!(!queue.delivered());
}

#[test]
fn it_is_bounded_in_number_and_in_time() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    for number in 0..ROOM + 5 {
        queue.push(alert(EventKind::Began, &number.to_string()), now);
    }
    queue.push(alert(EventKind::Ended, "0"), now);
    let arrived_now = arrived(&mut queue, now);
    assert_eq!(arrived_now.len(), ROOM);
    assert_eq!(arrived_now[0], "Began 5");

    queue.push(alert(EventKind::Began, "old"), now);
    let later = now + TOO_OLD + Duration::from_secs(1);
    queue.push(alert(EventKind::Began, "new"), later);
    queue.push(alert(EventKind::Ended, "new"), later);
    assert_eq!(arrived(&mut queue, later), [""; 0]);
    queue.push(alert(EventKind::Ended, "old"), later);
    assert_eq!(arrived(&mut queue, later), [""; 0], "its beginning was given up");
}
