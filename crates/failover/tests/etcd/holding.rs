use crate::voters::{TTL, etcd, take, take_for_long, vote};
use dbha_failover::etcd::{Renewal, Taking};
use std::time::{Duration, Instant};

#[tokio::test]
async fn of_two_who_race_exactly_one_wins() {
    let Some(etcd) = etcd().await else { return };
    let (mut left, mut right) = (vote(&etcd.url()), vote(&etcd.url()));
    take(&mut left, TTL, "first").await;
    right.look().await.unwrap();
    left.release().await.unwrap();
    let mut wins = [0, 0];
    for round in 0..40 {
        let (a, b) = tokio::join!(left.hold(TTL, "left", None), right.hold(TTL, "right", None));
        let (a, b) = (a.unwrap(), b.unwrap());
        let winner = match (&a, &b) {
            (Taking::Held(_), Taking::Taken(holder)) => {
                assert_eq!(holder.value, "left");
                &mut left
            }
            (Taking::Taken(holder), Taking::Held(_)) => {
                assert_eq!(holder.value, "right");
                &mut right
            }
            both => panic!("round {round}: {both:?}"),
        };
        winner.release().await.unwrap();
        wins[usize::from(matches!(b, Taking::Held(_)))] += 1;
    }
    eprintln!("won by left and right: {wins:?}");
}

#[tokio::test]
async fn a_lease_that_is_not_renewed_lapses_and_never_before_its_holder_thinks_so() {
    let Some(etcd) = etcd().await else { return };
    let (mut holder, mut other) = (vote(&etcd.url()), vote(&etcd.url()));
    let held = take(&mut holder, TTL, "a").await;
    assert!(held.ttl >= TTL, "{held:?}");
    let seen = other.look().await.unwrap().holder.unwrap();
    assert_eq!((seen.value.as_str(), seen.own), ("a", false));
    assert!(seen.remaining.unwrap() <= held.ttl, "{seen:?}");
    let next = take(&mut other, TTL, "b").await;
    assert!(
        next.sent_at >= held.until(),
        "{:?} too early",
        held.until() - next.sent_at
    );
    eprintln!(
        "taken {:?} after the holder's own end",
        next.sent_at - held.until()
    );
    assert_eq!(holder.renew("late").await.unwrap(), Renewal::Gone);
    assert_eq!(holder.renew("later").await.unwrap(), Renewal::Gone);
    assert_eq!(other.look().await.unwrap().holder.unwrap().value, "b");
}

#[tokio::test]
async fn a_renewed_lease_goes_on_and_publishes_what_it_is_given() {
    let Some(etcd) = etcd().await else { return };
    let (mut holder, mut other) = (vote(&etcd.url()), vote(&etcd.url()));
    let mut held = take(&mut holder, TTL * 2, "0").await;
    let end = held.until() + TTL;
    let mut number = 0;
    while Instant::now() < end {
        number += 1;
        let before = Instant::now();
        match holder.renew(&number.to_string()).await.unwrap() {
            Renewal::Acknowledged(renewed) => {
                assert!(renewed.sent_at >= before && renewed.until() > held.until());
                held = renewed;
            }
            Renewal::Gone => panic!("lost after {number} renewals"),
        }
        let seen = other.hold(TTL, "no", None).await.unwrap();
        let Taking::Taken(seen) = seen else {
            panic!("{seen:?}")
        };
        assert_eq!(seen.value, number.to_string());
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    assert!(holder.look().await.unwrap().holder.unwrap().own);
    // Asking again for what is held gives what is held.
    assert_eq!(holder.hold(TTL, "again", None).await.unwrap(), Taking::Held(held));
}

#[tokio::test]
async fn what_is_given_back_is_taken_at_once() {
    let Some(etcd) = etcd().await else { return };
    let (mut holder, mut other) = (vote(&etcd.url()), vote(&etcd.url()));
    let held = take_for_long(&mut holder, "a").await;
    assert!(matches!(
        other.hold(TTL, "b", None).await.unwrap(),
        Taking::Taken(_)
    ));
    holder.release().await.unwrap();
    let taken = other.hold(TTL, "b", None).await.unwrap();
    assert!(matches!(taken, Taking::Held(_)), "{taken:?}");
    assert!(Instant::now() < held.until(), "this machine took a minute for it");
    assert_eq!(holder.renew("a").await.unwrap(), Renewal::Gone);
    // Nothing is there to give back.
    holder.release().await.unwrap();
    assert_eq!(other.look().await.unwrap().holder.unwrap().value, "b");
}

#[tokio::test]
async fn whoever_knows_nothing_of_the_time_before_waits_for_a_lease() {
    let Some(etcd) = etcd().await else { return };
    let mut first = vote(&etcd.url());
    let begun = Instant::now();
    let left = first.hold(TTL, "a", None).await.unwrap();
    assert!(matches!(left, Taking::Wait(left) if left <= TTL), "{left:?}");
    take(&mut first, TTL, "a").await;
    assert!(begun.elapsed() >= TTL);
}

#[tokio::test]
async fn pairs_have_votes_of_their_own() {
    let Some(etcd) = etcd().await else { return };
    let mut shop = vote(&etcd.url());
    take_for_long(&mut shop, "shop").await;
    let settings = dbha_failover::etcd::EtcdSettings::new(&etcd.url(), Default::default(), None).unwrap();
    let mut bank = dbha_failover::etcd::EtcdVote::new(settings, "shop2", crate::voters::LIMIT).unwrap();
    assert_eq!(bank.look().await.unwrap().holder, None);
    take(&mut bank, TTL, "bank").await;
    assert_eq!(shop.look().await.unwrap().holder.unwrap().value, "shop");
}
