//! Scenes with automatic failover: a guard beside each server, and one vote of etcd's.

use std::time::{Duration, Instant};

use dbha_testkit::Release;
use nix::sys::signal::Signal;
use tokio::time::sleep;

use super::guard::LEASE;
use super::guarded::Guarded;
use super::network::{Place, VIP};
use super::world::World;
use super::writer::{Accounts, Told, Writer};
use crate::releases::on_releases;

/// Longer than a lease and everything that follows from its end.
const OVER: Duration = Duration::from_secs(LEASE.as_secs() + 4);

/// A managed pair in SYNC, its guards, its address at the primary, a writer behind it, and samplers on both.
struct Scene {
    guarded: Guarded,
    writer: Writer,
}

impl Scene {
    async fn begin(release: Release) -> Option<Self> {
        let world = World::begin(release, &["--managed", "--semi-sync"]).await?;
        let mut guarded = Guarded::begin(world, &["--max-loss", "none"]).await?;
        guarded.vote_is_held().await;
        guarded.writes_at(Place::A).await;
        guarded.is_in_sync(Place::A).await;
        guarded.world.start_keepalived().await?;
        guarded.world.address_at(Some(Place::A)).await;
        guarded.world.start_samplers();
        let writer = guarded.world.start_writer(VIP).await;
        Some(Self { guarded, writer })
    }

    /// Waits until the writes and the address have gone over to the other server, and the writer goes on there.
    async fn goes_over_to(&self, place: Place) {
        let since = Instant::now();
        self.guarded.writes_at(place).await;
        self.guarded.world.address_at(Some(place)).await;
        self.writer.goes_on().await;
        eprintln!("the writer went on after {} ms", since.elapsed().as_millis());
    }

    /// Looks for longer than a lease lasts that nothing moves away from here.
    async fn stays_at(&self, place: Place) {
        let at = Place::SERVERS.map(|server| server == place);
        self.guarded.world.address_stays(at, OVER).await;
        self.writer.goes_on().await;
        assert!(self.guarded.world.server(place).is_writable().await);
    }

    /// Takes every cut back, brings the other server back, and asks everybody; nothing may be missing.
    async fn end(self, at: Place, took_writes: &[Place]) {
        let (told, accounts) = self.end_counted(at, took_writes).await;
        eprintln!("{told:?}, {accounts:?}");
        assert!(accounts.lost.is_empty() && accounts.twice == 0, "{accounts:?}");
    }

    async fn end_counted(self, at: Place, took_writes: &[Place]) -> (Told, Accounts) {
        let Self { mut guarded, writer } = self;
        let world = &mut guarded.world;
        world.network.heal().await;
        world.server(at.peer()).answers().await;
        if took_writes.len() > 1 {
            world.rejoin(at.peer()).await;
        }
        writer.goes_on().await;
        let told = writer.stop();
        world.never_two_writers(took_writes);
        world.is_whole(at).await;
        let accounts = world.accounts(&told, at).await;
        (told, accounts)
    }
}

const A_TO_B: [Place; 2] = Place::SERVERS;

on_releases!(the_primary_is_killed: mariadb_10_11, slow_mysql_9_7);

async fn the_primary_is_killed(release: Release) {
    nothing_is_lost_with(Lost::Process, release).await;
}

on_releases!(the_machine_of_the_primary_is_gone: slow_mysql_9_7);

async fn the_machine_of_the_primary_is_gone(release: Release) {
    nothing_is_lost_with(Lost::Machine, release).await;
}

async fn nothing_is_lost_with(lost: Lost, release: Release) {
    let Some(fallen) = lose_the_primary(release, lost).await else {
        return;
    };
    let Fallen { lease, told, .. } = fallen;
    let without = fallen.without_service;
    eprintln!("{told} acknowledged, {without:?} without service, with a lease of {lease:?}");
    assert!(fallen.lost.is_empty() && fallen.twice == 0, "{fallen:?}");
}

/// What the death of a primary in SYNC cost.
#[derive(Debug)]
pub(crate) struct Fallen {
    /// How long the leases last.
    pub(crate) lease: Duration,
    /// The time without an acknowledgement.
    pub(crate) without_service: Duration,
    /// How many entries were acknowledged.
    pub(crate) told: usize,
    /// Acknowledged entries that are missing on the new writer.
    pub(crate) lost: Vec<u64>,
    /// How many entries are there more than once.
    pub(crate) twice: usize,
}

/// What a primary is lost by.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lost {
    /// Its process is killed, and nobody starts it again.
    Process,
    /// Nobody reaches its machine any more, as if that had no power.
    Machine,
}

/// Takes the primary from a writer, waits until the writer goes on at the other server, and counts.
pub(crate) async fn lose_the_primary(release: Release, by: Lost) -> Option<Fallen> {
    let scene = Scene::begin(release).await?;
    let began = Instant::now();
    let lost = scene.guarded.world.server(Place::A);
    match by {
        Lost::Process => {
            lost.service().stay_down(true);
            lost.kill();
        }
        Lost::Machine => scene.guarded.world.network.isolate(Place::A).await,
    }
    scene.goes_over_to(Place::B).await;
    let ended = Instant::now();
    match by {
        Lost::Process => lost.service().start_again().await,
        Lost::Machine => scene.guarded.world.network.heal().await,
    }
    let (told, accounts) = scene.end_counted(Place::B, &A_TO_B).await;
    Some(Fallen {
        lease: LEASE,
        without_service: told.longest_gap_within(began..ended),
        told: told.kept.len(),
        lost: accounts.lost,
        twice: accounts.twice,
    })
}

on_releases!(the_primary_is_killed_and_back_at_once: slow_mariadb_10_11);

/// Its supervisor is faster than the lease: nothing goes over, and the guard opens it again.
async fn the_primary_is_killed_and_back_at_once(release: Release) {
    let Some(scene) = Scene::begin(release).await else {
        return;
    };
    scene.guarded.world.server(Place::A).kill();
    let writer = if release.is_mysql() { None } else { Some(Place::A) };
    sleep(OVER).await;
    // A server that needs longer for its recovery than the lease lasts has lost the writes meanwhile.
    let at = match scene.guarded.world.server(Place::A).writable().await {
        Some(true) => Place::A,
        _ => Place::B,
    };
    assert!(
        writer.is_none_or(|writer| writer == at),
        "the writes are at {at:?}"
    );
    scene.goes_over_to(at).await;
    let took = if at == Place::A {
        &[Place::A][..]
    } else {
        &A_TO_B[..]
    };
    scene.end(at, took).await;
}

on_releases!(the_primary_is_frozen: slow_mariadb_10_11, slow_mysql_9_7);

async fn the_primary_is_frozen(release: Release) {
    let Some(scene) = Scene::begin(release).await else {
        return;
    };
    let service = scene.guarded.world.server(Place::A).service();
    let starts = service.starts();
    service.signal(Signal::SIGSTOP);
    scene.goes_over_to(Place::B).await;
    // Its guard could not close it, and has killed it; it comes back read-only.
    scene.guarded.world.server(Place::A).answers().await;
    assert!(service.starts() > starts, "it was killed");
    assert!(!scene.guarded.world.server(Place::A).is_writable().await);
    scene.end(Place::B, &A_TO_B).await;
}

on_releases!(cut_off_from_the_peer_only: slow_mariadb_10_11);

/// Commits wait for an acknowledgement as long as the pair was set up to, and go on without; the writes stay.
async fn cut_off_from_the_peer_only(release: Release) {
    let Some(scene) = Scene::begin(release).await else {
        return;
    };
    scene.guarded.world.network.cut(Place::A, Place::B).await;
    // While they wait, MariaDB does not tell the check its position, and the address may be nowhere.
    scene.guarded.world.address_never_at(Place::B, OVER).await;
    scene.goes_over_to(Place::A).await;
    scene.end(Place::A, &[Place::A]).await;
}

on_releases!(cut_off_from_etcd_only: mariadb_10_11);

async fn cut_off_from_etcd_only(release: Release) {
    let Some(scene) = Scene::begin(release).await else {
        return;
    };
    scene.guarded.world.network.cut(Place::A, Place::Arbiter).await;
    scene.goes_over_to(Place::B).await;
    assert!(!scene.guarded.world.server(Place::A).is_writable().await);
    scene.end(Place::B, &A_TO_B).await;
}

on_releases!(cut_off_from_clients_only: slow_mariadb_10_11);

/// The guards see nothing of it, and nothing moves: clients are cut off from their server for as long as it lasts.
async fn cut_off_from_clients_only(release: Release) {
    let Some(scene) = Scene::begin(release).await else {
        return;
    };
    scene.guarded.world.network.cut(Place::A, Place::Client).await;
    scene.guarded.world.address_stays([true, false], OVER).await;
    scene.guarded.world.network.heal().await;
    scene.stays_at(Place::A).await;
    scene.end(Place::A, &[Place::A]).await;
}

on_releases!(cut_off_from_everybody: slow_mariadb_10_11);

/// Both sides could believe that the other one is gone: the address is at the side that has the vote, once the other
/// server has closed itself.
async fn cut_off_from_everybody(release: Release) {
    let Some(scene) = Scene::begin(release).await else {
        return;
    };
    scene.guarded.world.network.isolate(Place::A).await;
    scene.goes_over_to(Place::B).await;
    assert!(!scene.guarded.world.server(Place::A).is_writable().await);
    scene.guarded.world.network.heal().await;
    scene.stays_at(Place::B).await;
    scene.end(Place::B, &A_TO_B).await;
}

on_releases!(a_partition_with_a_client_on_each_side: slow_mariadb_10_11, slow_mysql_9_7);

/// The old writer's side has the clients, and not the vote: they are refused rather than told what will be lost.
async fn a_partition_with_a_client_on_each_side(release: Release) {
    let Some(scene) = Scene::begin(release).await else {
        return;
    };
    for here in [Place::A, Place::Client] {
        let network = &scene.guarded.world.network;
        network
            .cut_from(here, &[Place::B, Place::Arbiter, Place::Operator])
            .await;
    }
    scene.guarded.writes_at(Place::B).await;
    scene.guarded.world.address_at(Some(Place::B)).await;
    assert!(!scene.guarded.world.server(Place::A).is_writable().await);
    let kept = scene.writer.kept();
    sleep(Duration::from_secs(2)).await;
    assert_eq!(scene.writer.kept(), kept, "nobody takes writes on this side");
    scene.guarded.world.network.heal().await;
    scene.goes_over_to(Place::B).await;
    scene.end(Place::B, &A_TO_B).await;
}

on_releases!(etcd_is_gone_and_comes_back: slow_mariadb_10_11);

/// Without the vote nobody may write; with it back, the writer of before goes on.
async fn etcd_is_gone_and_comes_back(release: Release) {
    let Some(scene) = Scene::begin(release).await else {
        return;
    };
    let etcd = scene.guarded.etcd.service();
    etcd.signal(Signal::SIGKILL);
    scene.guarded.no_writes_at(Place::A).await;
    scene.guarded.world.address_at(None).await;
    sleep(OVER).await;
    for place in Place::SERVERS {
        assert_eq!(
            scene.guarded.world.server(place).writable().await,
            Some(false),
            "{place:?}"
        );
    }
    etcd.start_again().await;
    scene.writer.goes_on().await;
    let at = match scene.guarded.world.server(Place::A).is_writable().await {
        true => Place::A,
        false => Place::B,
    };
    let took = if at == Place::A {
        &[Place::A][..]
    } else {
        &A_TO_B[..]
    };
    scene.end(at, took).await;
}

on_releases!(both_are_killed_and_the_stale_one_is_back_first: slow_mariadb_10_11, slow_mysql_9_7);

/// The standby fell first, and lacks what the writer was told afterwards: back before the writer, it takes nothing.
async fn both_are_killed_and_the_stale_one_is_back_first(release: Release) {
    let Some(scene) = Scene::begin(release).await else {
        return;
    };
    let world = &scene.guarded.world;
    for place in [Place::B, Place::A] {
        world.server(place).service().stay_down(true);
        world.server(place).kill();
        if place == Place::B {
            // Alone the writer goes on, and says so with its lease.
            sleep(OVER).await;
            scene.writer.goes_on().await;
            sleep(LEASE / 2).await;
        }
    }
    world.server(Place::B).service().start_again().await;
    world.server(Place::B).answers().await;
    sleep(OVER).await;
    assert_eq!(world.server(Place::B).writable().await, Some(false));
    assert_eq!(world.address_now(), [false, false]);
    world.server(Place::A).service().start_again().await;
    scene.goes_over_to(Place::A).await;
    scene.end(Place::A, &[Place::A]).await;
}

on_releases!(the_monitor_is_killed: slow_mariadb_10_11);

/// What follows its end closes the server; started again, it opens it, unless the other one was faster.
async fn the_monitor_is_killed(release: Release) {
    let Some(scene) = Scene::begin(release).await else {
        return;
    };
    scene.guarded.guard(Place::A).signal(Signal::SIGKILL);
    sleep(OVER).await;
    scene.writer.goes_on().await;
    let at = match scene.guarded.world.server(Place::A).is_writable().await {
        true => Place::A,
        false => Place::B,
    };
    assert_eq!(scene.guarded.guard(Place::A).starts(), 2);
    let took = if at == Place::A {
        &[Place::A][..]
    } else {
        &A_TO_B[..]
    };
    scene.end(at, took).await;
}

on_releases!(the_monitor_is_killed_for_good: slow_mariadb_10_11);

async fn the_monitor_is_killed_for_good(release: Release) {
    let Some(scene) = Scene::begin(release).await else {
        return;
    };
    scene.guarded.guard(Place::A).stay_down(true);
    scene.guarded.guard(Place::A).signal(Signal::SIGKILL);
    scene.goes_over_to(Place::B).await;
    assert!(!scene.guarded.world.server(Place::A).is_writable().await);
    scene.guarded.guard(Place::A).start_again().await;
    scene.end(Place::B, &A_TO_B).await;
}

on_releases!(the_monitor_is_frozen: mariadb_10_11);

/// Frozen, it can close nothing: its watchdog kills it, and what follows closes the server before the lease is over.
async fn the_monitor_is_frozen(release: Release) {
    let Some(scene) = Scene::begin(release).await else {
        return;
    };
    scene.guarded.guard(Place::A).signal(Signal::SIGSTOP);
    scene.guarded.no_writes_at(Place::A).await;
    assert_eq!(scene.guarded.guard(Place::A).bitten(), 1);
    sleep(OVER).await;
    scene.writer.goes_on().await;
    let at = match scene.guarded.world.server(Place::A).is_writable().await {
        true => Place::A,
        false => Place::B,
    };
    let took = if at == Place::A {
        &[Place::A][..]
    } else {
        &A_TO_B[..]
    };
    scene.end(at, took).await;
}

on_releases!(a_flapping_link_to_etcd: slow_mariadb_10_11);

/// Shorter than the lease, no gap moves anything.
async fn a_flapping_link_to_etcd(release: Release) {
    let Some(scene) = Scene::begin(release).await else {
        return;
    };
    for turn in 0..8 {
        scene.guarded.world.network.cut(Place::A, Place::Arbiter).await;
        sleep(Duration::from_millis(100 + 200 * turn)).await;
        scene.guarded.world.network.mend(Place::A, Place::Arbiter).await;
        sleep(Duration::from_millis(1500)).await;
    }
    scene.stays_at(Place::A).await;
    scene.end(Place::A, &[Place::A]).await;
}
