//! A cluster of three, of which members are missing.

use crate::voters::{LIMIT, PATIENCE, TTL, etcd, here, take, take_for_long, vote, vote_within};
use dbha_failover::etcd::{EtcdError, Renewal};
use dbha_testkit::EtcdCluster;
use std::time::{Duration, Instant};

#[tokio::test]
async fn whichever_member_of_three_is_frozen_or_dead_renewals_go_on() {
    let Some(mut cluster) = here(EtcdCluster::start(3).await) else {
        return;
    };
    let (mut holder, mut other) = (vote(&cluster.urls()), vote(&cluster.urls()));
    take_for_long(&mut holder, "a").await;
    for number in 0..3 {
        cluster.members[number].freeze().unwrap();
        // One of them is the leader, without which nothing goes on until another is elected.
        let value = format!("without {number}");
        let begun = Instant::now();
        let mut tries = 1;
        loop {
            match holder.renew(&value).await {
                Ok(Renewal::Acknowledged(_)) => break,
                Ok(Renewal::Gone) => panic!("lost {value}"),
                Err(error) => assert!(begun.elapsed() < PATIENCE, "{value}: {error}"),
            }
            tries += 1;
        }
        eprintln!("{value}: renewed after {:?}, {tries} tries", begun.elapsed());
        cluster.members[number].thaw().unwrap();
        cluster.members[number].wait_until_answering().await.unwrap();
    }
    assert_eq!(other.look().await.unwrap().holder.unwrap().value, "without 2");
    cluster.members[0].kill().await.unwrap();
    cluster.members[1].kill().await.unwrap();
    let mut impatient = vote_within(&cluster.urls(), Duration::from_secs(2));
    let error = impatient.look().await.unwrap_err();
    assert!(matches!(error, EtcdError::Unanswered { .. }), "{error:?}");
    eprintln!("{error}");
    cluster.members[0].start_again().unwrap();
    cluster.members[0].wait_until_answering().await.unwrap();
    let begun = Instant::now();
    while !matches!(holder.renew("two of three").await, Ok(Renewal::Acknowledged(_))) {
        assert!(begun.elapsed() < PATIENCE, "not renewed");
    }
}

#[tokio::test]
async fn members_of_two_clusters_are_no_cluster() {
    let (Some(mut one), Some(two)) = (etcd().await, etcd().await) else {
        return;
    };
    let mut holder = vote_within(&format!("{},{}", one.url(), two.url()), LIMIT);
    take(&mut holder, TTL, "a").await;
    one.kill().await.unwrap();
    let error = holder.look().await.unwrap_err();
    assert!(matches!(error, EtcdError::OtherCluster { .. }), "{error:?}");
    assert_eq!(vote(&two.url()).look().await.unwrap().holder, None);
}
