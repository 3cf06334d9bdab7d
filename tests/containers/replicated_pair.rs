//! The test kit's ready-made pair, on containers.

use dbha_testkit::{Backend, Link, Release, ReplicatedPair, ServerOptions, Side, Writers};

use crate::docker::{chain, servers};
use crate::eventually::eventually;
use crate::release::on_releases;
use crate::session::Session;

const SQL: &str =
    "CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY); INSERT INTO app.t VALUES (1)";

on_releases!(a_pair_comes_by_one_call_and_its_network_parts: slow_mariadb_11_8, slow_mysql_9_7);

async fn a_pair_comes_by_one_call_and_its_network_parts(release: Release) {
    // Only to know whether there is a daemon, and that this counts.
    let Some(probe) = servers(release, &ServerOptions::new()).await else {
        return;
    };
    drop(probe);
    let started = ReplicatedPair::builder()
        .release(release)
        .backend(Backend::Containers)
        .writers(Writers::Both)
        .setup_sql(SQL)
        .start()
        .await;
    let mut pair = started.unwrap_or_else(|error| panic!("{}", chain(&error)));
    assert_eq!(rows(&pair, Side::Secondary).await, 1);

    cut_one_way(&pair).await;
    pair.restart(Side::Secondary).await.unwrap();
    write(&pair, Side::Primary, 4).await;
    caught_up_with(&pair, 4).await;
    swallow_both_ways(&pair).await;
}

/// The other direction is whole, and what was written over the cut one comes later.
async fn cut_one_way(pair: &ReplicatedPair) {
    pair.cut(Link::PrimaryToSecondary).await.unwrap();
    write(pair, Side::Primary, 2).await;
    write(pair, Side::Secondary, 3).await;
    eventually(
        "the primary has the secondary's row",
        async || rows(pair, Side::Primary).await,
        |rows| *rows == 3,
    )
    .await;
    assert_eq!(rows(pair, Side::Secondary).await, 2);
    pair.heal().await.unwrap();
    caught_up_with(pair, 3).await;
}

async fn swallow_both_ways(pair: &ReplicatedPair) {
    pair.black_hole(Link::Both).await.unwrap();
    write(pair, Side::Primary, 5).await;
    assert_eq!(rows(pair, Side::Secondary).await, 4);
    pair.heal().await.unwrap();
    caught_up_with(pair, 5).await;
}

async fn caught_up_with(pair: &ReplicatedPair, count: u64) {
    pair.wait_caught_up().await.unwrap();
    assert_eq!(rows(pair, Side::Secondary).await, count);
}

async fn write(pair: &ReplicatedPair, side: Side, id: u32) {
    let mut session = Session::open_at(&pair.url(side)).await;
    session.run(&format!("INSERT INTO app.t VALUES ({id})")).await;
}

async fn rows(pair: &ReplicatedPair, side: Side) -> u64 {
    let mut session = Session::open_at(&pair.url(side)).await;
    session.number("SELECT COUNT(*) FROM app.t").await
}
