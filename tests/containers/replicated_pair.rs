//! The test kit's ready-made pair, on containers.

use dbha_testkit::{Backend, Link, Release, ReplicatedPair, ServerOptions, Side, Writers};

use crate::docker::{chain, servers};
use crate::eventually::eventually;
use crate::release::on_releases;
use crate::session::Session;

on_releases!(a_pair_comes_by_one_call_and_its_network_parts: slow_mariadb_11_8, slow_mysql_9_7);

async fn a_pair_comes_by_one_call_and_its_network_parts(release: Release) {
    // Only to know whether there is a daemon, and that this counts.
    let Some(probe) = servers(release, &ServerOptions::new()).await else {
        return;
    };
    drop(probe);
    let mut pair = ReplicatedPair::builder()
        .release(release)
        .backend(Backend::Containers)
        .writers(Writers::Both)
        .setup_sql(
            "CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY); INSERT INTO app.t VALUES (1)",
        )
        .start()
        .await
        .unwrap_or_else(|error| panic!("{}", chain(&error)));
    let count = async |url: String| {
        let mut session = Session::open_at(&url).await;
        session.number("SELECT COUNT(*) FROM app.t").await
    };
    assert_eq!(count(pair.secondary_url()).await, 1);

    pair.cut(Link::PrimaryToSecondary).await.unwrap();
    let mut primary = Session::open_at(&pair.primary_url()).await;
    primary.run("INSERT INTO app.t VALUES (2)").await;
    let mut secondary = Session::open_at(&pair.secondary_url()).await;
    secondary.run("INSERT INTO app.t VALUES (3)").await;
    // The other direction is whole, and what was written over the cut one is not there.
    eventually(
        "the primary has the secondary's row",
        async || count(pair.primary_url()).await,
        |rows| *rows == 3,
    )
    .await;
    assert_eq!(count(pair.secondary_url()).await, 2);

    pair.heal().await.unwrap();
    pair.wait_caught_up().await.unwrap();
    assert_eq!(count(pair.secondary_url()).await, 3);

    pair.restart(Side::Secondary).await.unwrap();
    primary.run("INSERT INTO app.t VALUES (4)").await;
    pair.wait_caught_up().await.unwrap();
    assert_eq!(count(pair.secondary_url()).await, 4);
}
