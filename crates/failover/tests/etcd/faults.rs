//! etcd killed, restarted and frozen, and answers that are lost.

use crate::voters::{LIMIT, PATIENCE, TTL, etcd, take, take_for_long, vote, vote_within};
use dbha_failover::etcd::{EtcdError, EtcdVote, Renewal, Taking};
use dbha_testkit::{Direction, Fault, FaultProxy};
use std::time::{Duration, Instant};

/// What is waited for an etcd of which no answer is expected.
const SHORT: Duration = Duration::from_secs(1);
/// What a call may take beyond its limit on a machine that is busy; a silent etcd would be waited for without an end.
const SLACK: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_restart_of_etcd_is_survived() {
    let Some(mut etcd) = etcd().await else { return };
    let (mut holder, mut other) = (vote(&etcd.url()), vote(&etcd.url()));
    let held = take_for_long(&mut holder, "a").await;
    etcd.kill().await.unwrap();
    etcd.start_again().unwrap();
    etcd.wait_until_answering().await.unwrap();
    let renewed = holder.renew("b").await.unwrap();
    assert!(
        matches!(renewed, Renewal::Acknowledged(renewed) if renewed.until() > held.until()),
        "{renewed:?}"
    );
    assert_eq!(other.look().await.unwrap().holder.unwrap().value, "b");
}

#[tokio::test]
async fn an_etcd_that_comes_back_within_the_limit_answers_the_call_that_waited() {
    let Some(mut etcd) = etcd().await else { return };
    let mut holder = vote_within(&etcd.url(), PATIENCE);
    take_for_long(&mut holder, "a").await;
    etcd.kill().await.unwrap();
    let (renewed, started) = tokio::join!(holder.renew("b"), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        etcd.start_again()
    });
    started.unwrap();
    assert!(matches!(renewed.unwrap(), Renewal::Acknowledged(_)));
}

#[tokio::test]
async fn a_dead_or_frozen_etcd_takes_no_longer_than_the_limit() {
    let Some(mut etcd) = etcd().await else { return };
    let mut holder = vote_within(&etcd.url(), SHORT);
    let held = take(&mut holder, TTL, "a").await;
    etcd.freeze().unwrap();
    expect_silence(&mut holder, "frozen").await;
    etcd.thaw().unwrap();
    // Whoever slept through its end is not the writer any more, whatever etcd says.
    tokio::time::sleep(held.until().saturating_duration_since(Instant::now())).await;
    assert_eq!(holder.renew("late").await.unwrap(), Renewal::Gone);
    etcd.kill().await.unwrap();
    expect_silence(&mut holder, "killed").await;
}

async fn expect_silence(vote: &mut EtcdVote, what: &str) {
    let begun = Instant::now();
    let error = vote.look().await.unwrap_err();
    assert!(matches!(error, EtcdError::Unanswered { .. }), "{what}: {error:?}");
    let took = begun.elapsed();
    assert!(took < SHORT + SLACK, "{what}: {took:?}");
    eprintln!("{what}: {error}");
}

#[tokio::test]
async fn a_creation_whose_answer_was_lost_is_recognised() {
    let Some(etcd) = etcd().await else { return };
    let proxy = FaultProxy::start(etcd.address()).await.unwrap();
    let through = format!("http://{}", proxy.address());
    let (mut unlucky, mut other) = (vote_within(&through, SHORT), vote(&etcd.url()));
    take(&mut unlucky, TTL, "before").await;
    unlucky.release().await.unwrap();
    proxy.arm(
        Direction::ToServer,
        "mine",
        Fault::BlackHoleOf(Direction::ToClient),
    );
    let ttl = Duration::from_secs(300);
    let before = Instant::now();
    let lost = unlucky.hold(ttl, "mine", None).await.unwrap_err();
    assert!(matches!(lost, EtcdError::Unanswered { .. }), "{lost:?}");
    assert!(proxy.has_fired());
    published(&mut other, "mine").await;
    proxy.heal();
    let found = unlucky.hold(ttl, "again", None).await.unwrap();
    let Taking::Held(held) = found else {
        panic!("{found:?}")
    };
    // Its time counts from the first question.
    assert!(held.sent_at >= before && held.sent_at < before + SHORT + SLACK);
    assert!(matches!(
        unlucky.renew("renewed").await.unwrap(),
        Renewal::Acknowledged(_)
    ));
}

#[tokio::test]
async fn a_renewal_whose_answer_was_lost_is_none_and_the_next_one_counts() {
    let Some(etcd) = etcd().await else { return };
    let proxy = FaultProxy::start(etcd.address()).await.unwrap();
    let through = format!("http://{}", proxy.address());
    let (mut unlucky, mut other) = (vote_within(&through, SHORT), vote(&etcd.url()));
    let held = take_for_long(&mut unlucky, "a").await;
    proxy.arm(
        Direction::ToServer,
        "lost on its way",
        Fault::BlackHoleOf(Direction::ToClient),
    );
    let lost = unlucky.renew("lost on its way").await;
    assert!(matches!(lost, Err(EtcdError::Unanswered { .. })), "{lost:?}");
    published(&mut other, "lost on its way").await;
    proxy.heal();
    let renewed = unlucky.renew("b").await.unwrap();
    assert!(
        matches!(renewed, Renewal::Acknowledged(renewed) if renewed.until() > held.until()),
        "{renewed:?}"
    );
}

#[tokio::test]
async fn a_black_hole_is_a_silent_etcd() {
    let Some(etcd) = etcd().await else { return };
    let proxy = FaultProxy::start(etcd.address()).await.unwrap();
    let through = format!("http://{}", proxy.address());
    let mut holder = vote_within(&through, SHORT);
    take_for_long(&mut holder, "a").await;
    proxy.set(Fault::BlackHole);
    let begun = Instant::now();
    let lost = holder.renew("b").await;
    assert!(matches!(lost, Err(EtcdError::Unanswered { .. })), "{lost:?}");
    assert!(begun.elapsed() < SHORT + SLACK);
    proxy.heal();
    let end = Instant::now() + LIMIT;
    while !matches!(holder.renew("b").await, Ok(Renewal::Acknowledged(_))) {
        assert!(Instant::now() < end, "not renewed after the network was mended");
    }
}

/// Waits until somebody else sees the value: etcd does what was asked, whoever hears of it.
async fn published(other: &mut EtcdVote, value: &str) {
    let end = Instant::now() + PATIENCE;
    loop {
        let seen = other.look().await.unwrap().holder.map(|holder| holder.value);
        if seen.as_deref() == Some(value) {
            return;
        }
        assert!(Instant::now() < end, "{value} is not published: {seen:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
