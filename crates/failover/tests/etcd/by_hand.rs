//! A vote that people, or backups, have changed.

use crate::{
    gateway::post,
    voters::{TTL, etcd, take, vote},
};
use dbha_failover::etcd::{Renewal, Taking};
use dbha_testkit::Etcd;
use std::{fs, path::Path, time::Instant};

/// `/dbha/pairs/shop/writer`, and something as a value, as the gateway takes them.
const KEY: &str = "L2RiaGEvcGFpcnMvc2hvcC93cml0ZXI=";
const VALUE: &str = "YnkgaGFuZA==";

#[tokio::test]
async fn a_key_that_was_overwritten_is_lost_and_not_taken_back() {
    let Some(etcd) = etcd().await else { return };
    let (mut holder, mut other) = (vote(&etcd.url()), vote(&etcd.url()));
    take(&mut holder, TTL, "a").await;
    let put = format!(r#"{{"key":"{KEY}","value":"{VALUE}"}}"#);
    post(&etcd.address(), "kv/put", &put).await;
    assert_eq!(holder.renew("a").await.unwrap(), Renewal::Gone);
    for vote in [&mut holder, &mut other] {
        let taken = vote.hold(TTL, "b", None).await.unwrap();
        let Taking::Taken(seen) = taken else {
            panic!("{taken:?}")
        };
        assert_eq!(
            (seen.value.as_str(), seen.remaining, seen.own),
            ("by hand", None, false)
        );
    }
}

#[tokio::test]
async fn a_key_that_was_deleted_is_taken_only_when_its_holder_cannot_believe_in_it_any_more() {
    let Some(etcd) = etcd().await else { return };
    let (mut holder, mut other) = (vote(&etcd.url()), vote(&etcd.url()));
    let held = take(&mut holder, TTL * 2, "a").await;
    other.look().await.unwrap();
    let delete = format!(r#"{{"key":"{KEY}"}}"#);
    post(&etcd.address(), "kv/deleterange", &delete).await;
    let next = take(&mut other, TTL, "b").await;
    assert!(
        next.sent_at >= held.until(),
        "{:?} too early",
        held.until() - next.sent_at
    );
    assert_eq!(holder.renew("a").await.unwrap(), Renewal::Gone);
}

#[tokio::test]
async fn a_lease_that_was_revoked_is_no_lease_that_lapsed() {
    let Some(etcd) = etcd().await else { return };
    let (mut holder, mut other) = (vote(&etcd.url()), vote(&etcd.url()));
    take(&mut holder, TTL * 2, "a").await;
    other.look().await.unwrap();
    // This renewal is not seen by the other one.
    let Renewal::Acknowledged(held) = holder.renew("unseen").await.unwrap() else {
        panic!("not renewed")
    };
    revoke_leases(&etcd).await;
    let next = take(&mut other, TTL, "b").await;
    assert!(
        next.sent_at >= held.until(),
        "{:?} too early",
        held.until() - next.sent_at
    );
    assert_eq!(holder.renew("a").await.unwrap(), Renewal::Gone);
}

#[tokio::test]
async fn whoever_gave_it_away_leaves_the_other_one_its_time() {
    let Some(etcd) = etcd().await else { return };
    let (mut before, mut holder) = (vote(&etcd.url()), vote(&etcd.url()));
    take(&mut before, TTL, "a").await;
    let given = holder.replace(TTL * 5, "b", |_| true).await.unwrap();
    let Taking::Held(held) = given else {
        panic!("{given:?}")
    };
    revoke_leases(&etcd).await;
    let next = before.hold(TTL, "a", None).await.unwrap();
    let Taking::Wait(left) = next else {
        panic!("{next:?}")
    };
    assert!(Instant::now() + left >= held.until());
}

async fn revoke_leases(etcd: &Etcd) {
    let leases = post(&etcd.address(), "lease/leases", "{}").await;
    let ids = leases.split("\"ID\":\"").skip(1);
    for id in ids.filter_map(|rest| rest.split('"').next()) {
        post(&etcd.address(), "lease/revoke", &format!(r#"{{"ID":"{id}"}}"#)).await;
    }
}

#[tokio::test]
async fn an_etcd_that_was_restored_gives_nothing_away_that_somebody_may_hold() {
    let Some(mut etcd) = etcd().await else { return };
    let (mut holder, mut other) = (vote(&etcd.url()), vote(&etcd.url()));
    assert_eq!(other.look().await.unwrap().holder, None);
    etcd.kill().await.unwrap();
    let (data, backup) = (etcd.directory().join("data"), etcd.directory().join("backup"));
    copy(&data, &backup);
    etcd.start_again().unwrap();
    etcd.wait_until_answering().await.unwrap();

    take(&mut holder, TTL, "old").await;
    holder.release().await.unwrap();
    let held = take(&mut holder, TTL * 5, "a").await;
    other.look().await.unwrap();
    etcd.kill().await.unwrap();
    fs::remove_dir_all(&data).unwrap();
    copy(&backup, &data);
    etcd.start_again().unwrap();
    etcd.wait_until_answering().await.unwrap();

    let next = other.hold(TTL * 5, "b", None).await.unwrap();
    let Taking::Wait(left) = next else {
        panic!("{next:?}")
    };
    assert!(Instant::now() + left >= held.until());
    // Nor does the holder take what was restored for its own.
    assert_eq!(holder.renew("a").await.unwrap(), Renewal::Gone);
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
