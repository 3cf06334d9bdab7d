use crate::watched_pair::WatchedPair;
use dbha_core::{Durability, Side};
use dbha_testkit::Release;
use std::time::Duration;

const RELEASES: [Release; 2] = [Release::MariaDb10_11, Release::MySql9_7];

#[tokio::test]
async fn a_pair_that_gets_its_first_guards_goes_on_writing() {
    let mut watched = WatchedPair::start(RELEASES[0]).await;
    assert_eq!(watched.writes(Side::Primary).await, Some(true));
    assert_eq!(watched.writes(Side::Secondary).await, Some(false));
    assert!(!watched.said("closes its server"), "{}", watched.told());
    // A guard that stops in good order leaves a closed server; the next one opens it again.
    watched.stop_guard(Side::Primary).await;
    assert_eq!(watched.writes(Side::Primary).await, Some(false));
    watched.guard(Side::Primary);
    watched
        .eventually("it writes again", async |watched| {
            watched.writes(Side::Primary).await == Some(true)
        })
        .await;
    watched.end().await;
}

/// Nobody waits for the end of its lease, which is far away.
async fn the_other_one_takes_over_a_killed_writer(release: Release) {
    let mut watched = WatchedPair::start(release).await;
    let far_away = Duration::from_secs(3_600);
    watched.hub.let_leases_last(far_away);
    watched
        .eventually("its lease ends far away", async |watched| {
            watched.hub.remaining() > far_away / 2
        })
        .await;
    watched.pair.kill(Side::Primary).await.unwrap();
    watched
        .eventually("the other one writes", async |watched| {
            watched.writes(Side::Secondary).await == Some(true)
        })
        .await;
    assert_eq!(watched.hub.record().unwrap().term, 2);
    assert!(watched.said("primary: gives the vote back"), "{}", watched.told());
    watched.pair.start_again(Side::Primary).await.unwrap();
    watched
        .eventually("it comes back closed", async |watched| {
            watched.writes(Side::Primary).await == Some(false)
        })
        .await;
    watched.end().await;
}

#[tokio::test]
async fn the_other_one_takes_over_a_killed_writer_mariadb() {
    the_other_one_takes_over_a_killed_writer(RELEASES[0]).await;
}

#[tokio::test]
async fn the_other_one_takes_over_a_killed_writer_mysql() {
    the_other_one_takes_over_a_killed_writer(RELEASES[1]).await;
}

#[tokio::test]
async fn a_writer_without_the_vote_is_closed_before_the_other_one_is_opened() {
    let mut watched = WatchedPair::start(RELEASES[0]).await;
    watched.hub.cut(Side::Primary, true);
    watched
        .eventually("the other one writes", async |watched| {
            watched.writes(Side::Secondary).await == Some(true)
        })
        .await;
    assert_eq!(watched.writes(Side::Primary).await, Some(false));
    watched.hub.cut(Side::Primary, false);
    watched
        .eventually("it knows", async |watched| {
            watched.said("primary: the vote answers again")
        })
        .await;
    assert_eq!(watched.writes(Side::Primary).await, Some(false));
    watched.end().await;
}

#[tokio::test]
async fn without_a_vote_nobody_writes_and_with_it_the_same_one_does_again() {
    let mut watched = WatchedPair::start(RELEASES[0]).await;
    for side in Side::BOTH {
        watched.hub.cut(side, true);
    }
    watched
        .eventually("nobody writes", async |watched| {
            watched.writes(Side::Primary).await == Some(false)
        })
        .await;
    for side in Side::BOTH {
        watched.hub.cut(side, false);
    }
    watched
        .eventually("one writes again", async |watched| {
            watched.writes(Side::Primary).await == Some(true)
                || watched.writes(Side::Secondary).await == Some(true)
        })
        .await;
    watched.end().await;
}

/// A server that is frozen answers nothing, and would write when it goes on: its guard kills it.
#[tokio::test]
async fn a_frozen_writer_is_killed_before_the_other_one_is_opened() {
    let mut watched = WatchedPair::start(RELEASES[0]).await;
    watched.pair.freeze(Side::Primary).await.unwrap();
    watched
        .eventually("the other one writes", async |watched| {
            watched.writes(Side::Secondary).await == Some(true)
        })
        .await;
    assert!(
        watched.said("primary: its server was killed"),
        "{}",
        watched.told()
    );
    watched.end().await;
}

async fn a_writer_without_its_standby_says_so_before_it_goes_on_alone(release: Release) {
    let mut watched = WatchedPair::start_without_loss(release).await;
    watched
        .eventually("commits are acknowledged", async |watched| {
            watched.durability() == Some(Durability::Sync)
        })
        .await;
    watched.pair.kill(Side::Secondary).await.unwrap();
    watched
        .eventually("the vote knows", async |watched| {
            watched.durability() != Some(Durability::Sync)
        })
        .await;
    watched
        .eventually("it goes on", async |watched| {
            watched.said("commits are told without")
        })
        .await;
    let before = watched.taken(Side::Primary);
    watched
        .eventually("commits are told", async |watched| {
            watched.taken(Side::Primary) > before + 3
        })
        .await;
    watched.pair.start_again(Side::Secondary).await.unwrap();
    watched
        .eventually("they are acknowledged again", async |watched| {
            watched.durability() == Some(Durability::Sync)
        })
        .await;
    // And now nothing is lost when the writer dies.
    watched.pair.kill(Side::Primary).await.unwrap();
    watched
        .eventually("the other one writes", async |watched| {
            watched.writes(Side::Secondary).await == Some(true)
        })
        .await;
    watched.end().await;
}

#[tokio::test]
async fn a_writer_without_its_standby_says_so_before_it_goes_on_alone_mariadb() {
    a_writer_without_its_standby_says_so_before_it_goes_on_alone(RELEASES[0]).await;
}

#[tokio::test]
async fn slow_a_writer_without_its_standby_says_so_before_it_goes_on_alone_mysql() {
    a_writer_without_its_standby_says_so_before_it_goes_on_alone(RELEASES[1]).await;
}

#[tokio::test]
async fn a_writer_that_was_not_acknowledged_is_not_replaced_where_nothing_may_be_lost() {
    let mut watched = WatchedPair::start_without_loss(RELEASES[0]).await;
    watched.pair.kill(Side::Secondary).await.unwrap();
    watched
        .eventually("it goes on", async |watched| {
            watched.said("commits are told without")
        })
        .await;
    watched.pair.kill(Side::Primary).await.unwrap();
    watched.pair.start_again(Side::Secondary).await.unwrap();
    watched
        .eventually("it refuses", async |watched| {
            watched.said("secondary: does not take over")
        })
        .await;
    assert_eq!(watched.writes(Side::Secondary).await, Some(false));
    // Whoever has everything writes again as soon as it is back.
    watched.pair.start_again(Side::Primary).await.unwrap();
    watched
        .eventually("the old one writes", async |watched| {
            watched.writes(Side::Primary).await == Some(true)
        })
        .await;
    watched.end().await;
}
