//! Scenes without automatic failover: a person gives the writes away, and the address follows.

use std::time::Duration;

use dbha_testkit::Release;
use nix::sys::signal::Signal;
use tokio::time::sleep;

use super::haproxy::HaProxy;
use super::network::{Place, VIP};
use super::world::World;
use crate::eventually::eventually;
use crate::releases::on_releases;

/// Longer than Keepalived and its check need to notice anything.
const A_WHILE: Duration = Duration::from_secs(3);

/// A pair whose address is at its primary.
async fn begin(release: Release) -> Option<World> {
    let mut world = World::begin(release, &[]).await?;
    world.start_keepalived().await?;
    world.address_at(Some(Place::A)).await;
    Some(world)
}

on_releases!(cut_off_from_clients_only_the_writes_are_given_away: slow_mariadb_10_11);

async fn cut_off_from_clients_only_the_writes_are_given_away(release: Release) {
    let Some(mut world) = begin(release).await else {
        return;
    };
    world.start_samplers();
    let writer = world.start_writer(VIP).await;
    world.network.cut(Place::A, Place::Client).await;
    // dbha cannot know what only clients see: the address stays where the writes are.
    world.address_stays([true, false], A_WHILE).await;
    world.run("switchover", &["--to", "b", "--yes"]).await.exits(0);
    world.address_at(Some(Place::B)).await;
    writer.goes_on().await;
    world.network.heal().await;
    world.address_stays([false, true], A_WHILE).await;
    let told = writer.stop();
    world.never_two_writers(&Place::SERVERS);
    world.is_whole(Place::B).await;
    let accounts = world.accounts(&told, Place::B).await;
    eprintln!("{told:?}, {accounts:?}");
    assert!(accounts.lost.is_empty() && accounts.twice == 0, "{accounts:?}");
}

on_releases!(a_frozen_writer_is_taken_over_from_and_does_no_harm_when_it_thaws: slow_mariadb_10_11, slow_mysql_9_7);

async fn a_frozen_writer_is_taken_over_from_and_does_no_harm_when_it_thaws(release: Release) {
    let Some(world) = begin(release).await else { return };
    let writer = world.start_writer(VIP).await;
    world.server(Place::A).service().signal(Signal::SIGSTOP);
    world.address_at(None).await;
    let words = ["--to", "b", "--confirm", "a", "--stop-old", "--notice", "40s"];
    world.run("failover", &words).await.exits(0);
    world.address_at(Some(Place::B)).await;
    writer.goes_on().await;

    // It goes on as if nothing had happened, open; the address stays where the writes were given to.
    world.server(Place::A).service().signal(Signal::SIGCONT);
    world.server(Place::A).answers().await;
    world.address_stays([false, true], A_WHILE).await;
    writer.goes_on().await;
    world.rejoin(Place::A).await;
    assert!(!world.server(Place::A).is_writable().await);
    let told = writer.stop();
    world.is_whole(Place::B).await;
    let accounts = world.accounts(&told, Place::B).await;
    eprintln!("{told:?}, {accounts:?}");
    assert_eq!(accounts.twice, 0);
}

on_releases!(a_flapping_link_moves_nothing: slow_mariadb_10_11);

async fn a_flapping_link_moves_nothing(release: Release) {
    let Some(mut world) = begin(release).await else {
        return;
    };
    world.start_samplers();
    let writer = world.start_writer(VIP).await;
    for turn in 0..12_u64 {
        world.network.cut(Place::A, Place::B).await;
        world
            .address_stays([true, false], Duration::from_millis(100 + 150 * turn))
            .await;
        world.network.mend(Place::A, Place::B).await;
        world
            .address_stays([true, false], Duration::from_millis(1200 - 90 * turn))
            .await;
    }
    let told = writer.stop();
    world.never_two_writers(&[Place::A]);
    world.is_whole(Place::A).await;
    let accounts = world.accounts(&told, Place::B).await;
    eprintln!("{told:?}, {accounts:?}");
    assert!(accounts.lost.is_empty() && accounts.twice == 0, "{accounts:?}");
}

on_releases!(both_have_the_address_in_a_partition_and_one_after_it: slow_mariadb_10_11);

/// A person on one side of a partition takes the other side's server for dead: only a third vote could know better. Healed,
/// one of both has the address, and it is the one that the writes were given to.
async fn both_have_the_address_in_a_partition_and_one_after_it(release: Release) {
    let Some(world) = begin(release).await else { return };
    let writer = world.start_writer(VIP).await;
    for here in [Place::A, Place::Client] {
        world
            .network
            .cut_from(here, &[Place::B, Place::Arbiter, Place::Operator])
            .await;
    }
    // Neither hears the other, and still the standby does not take the address: its server takes no writes.
    world.address_stays([true, false], A_WHILE).await;
    let words = ["--to", "b", "--confirm", "a", "--notice", "40s"];
    world.run("failover", &words).await.exits(0);
    eventually(
        "both have the address, each in its part of the network",
        async || world.address_now(),
        |now| *now == [true; 2],
    )
    .await;
    writer.goes_on().await;
    // More than any buffer of the network takes: the thread that feeds the other server is blocked until TCP tries again.
    let mut root = world.server(Place::A).root().await;
    root.run("CREATE TABLE hosts.bulk SELECT REPEAT('much ', 3200000) AS much")
        .await;
    drop(root);
    world.network.heal().await;
    world.address_at(Some(Place::B)).await;
    writer.goes_on().await;
    world.rejoin(Place::A).await;
    assert!(
        !world.saved_extras().is_empty(),
        "what only the other part had is saved"
    );
    let told = writer.stop();
    world.is_whole(Place::B).await;
    let accounts = world.accounts(&told, Place::B).await;
    eprintln!("{told:?}, {} lost in the other part", accounts.lost.len());
    assert_eq!(accounts.twice, 0);
}

on_releases!(a_dead_keepalived_leaves_its_address_and_the_writes_stay_in_one_place: slow_mariadb_10_11);

/// Killed, Keepalived takes nothing off its interface. Both hosts have the address then, and one server takes writes.
async fn a_dead_keepalived_leaves_its_address_and_the_writes_stay_in_one_place(release: Release) {
    let Some(mut world) = begin(release).await else {
        return;
    };
    world.start_samplers();
    let writer = world.start_writer(VIP).await;
    world.keepalived[0].kill().await;
    world.address_stays([true, false], A_WHILE).await;
    world.run("switchover", &["--to", "b", "--yes"]).await.exits(0);
    eventually(
        "both have the address",
        async || world.address_now(),
        |now| *now == [true; 2],
    )
    .await;
    // Neighbours are told of the move; whoever is not, is refused by a server that is read-only.
    writer.goes_on().await;
    assert!(!world.server(Place::A).is_writable().await);
    world.keepalived[0].start_again().await;
    world.address_at(Some(Place::B)).await;
    sleep(A_WHILE).await;
    writer.goes_on().await;
    let told = writer.stop();
    world.never_two_writers(&Place::SERVERS);
    world.is_whole(Place::B).await;
    let accounts = world.accounts(&told, Place::B).await;
    eprintln!("{told:?}, {accounts:?}");
    assert!(accounts.lost.is_empty() && accounts.twice == 0, "{accounts:?}");
}

on_releases!(haproxy_follows_the_writes: slow_mariadb_10_11, slow_mysql_9_7);

async fn haproxy_follows_the_writes(release: Release) {
    let Some(mut world) = World::begin(release, &[]).await else {
        return;
    };
    let Some(haproxy) = HaProxy::start(&world).await else {
        return;
    };
    world.start_samplers();
    let writer = world.start_writer(Place::Arbiter.address()).await;
    for to in [Place::B, Place::A] {
        let words = ["--to", to.name(), "--yes"];
        world.run("switchover", &words).await.exits(0);
        writer.goes_on().await;
        assert!(world.server(to).is_writable().await);
    }
    // Frozen, the monitor says nothing: nobody gets through until its watchdog has had it started anew.
    haproxy.monitor().signal(Signal::SIGSTOP);
    let seen = async || (haproxy.monitor().bitten(), haproxy.monitor().starts());
    eventually("the watchdog bites", seen, |seen| *seen == (1, 2)).await;
    writer.goes_on().await;
    let told = writer.stop();
    world.never_two_writers(&Place::SERVERS);
    world.is_whole(Place::A).await;
    let accounts = world.accounts(&told, Place::A).await;
    eprintln!("{told:?}, {accounts:?}");
    assert!(accounts.lost.is_empty() && accounts.twice == 0, "{accounts:?}");
}

on_releases!(a_host_is_lost_and_comes_back: slow_mariadb_10_11);

async fn a_host_is_lost_and_comes_back(release: Release) {
    let Some(world) = begin(release).await else { return };
    let writer = world.start_writer(VIP).await;
    let lost = world.server(Place::A);
    lost.service().stay_down(true);
    world.network.isolate(Place::A).await;
    lost.kill();
    world.address_at(None).await;
    let words = ["--to", "b", "--confirm", "a", "--notice", "40s"];
    world.run("failover", &words).await.exits(0);
    world.address_at(Some(Place::B)).await;
    writer.goes_on().await;
    world.network.heal().await;
    lost.service().start_again().await;
    lost.answers().await;
    world.address_stays([false, true], A_WHILE).await;
    world.rejoin(Place::A).await;
    writer.goes_on().await;
    let told = writer.stop();
    world.is_whole(Place::B).await;
    let accounts = world.accounts(&told, Place::B).await;
    eprintln!("{told:?}, {accounts:?}");
    assert_eq!(accounts.twice, 0);
}
