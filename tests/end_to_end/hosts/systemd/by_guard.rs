//! Scenes of a guard that is frozen, killed or stopped: the fence behind it is systemd's doing.

use std::fs;
use std::time::Instant;

use dbha_testkit::Release;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::site::{MONITOR, Site};
use crate::eventually::eventually;
use crate::hosts::network::Place;
use crate::releases::on_releases;

const GUARD: &str = "dbha-monitor.service";

fn send(process: u32, signal: Signal) {
    kill(Pid::from_raw(i32::try_from(process).unwrap()), signal).unwrap();
}

impl Site {
    async fn signal_guard(&self, signal: &str) {
        let words = format!("systemctl kill --kill-who=main --signal={signal} {GUARD}");
        self.machine(Place::A).run(&words).await;
    }

    /// Waits until the journal of A's guard has all of these.
    async fn guard_told(&self, wanted: &[&str]) {
        eventually(
            "the journal has it all",
            async || self.machine(Place::A).journal(GUARD).await,
            |told| wanted.iter().all(|one| told.contains(one)),
        )
        .await;
    }

    async fn restarts(&self) -> u32 {
        self.machine(Place::A)
            .property(GUARD, "NRestarts")
            .await
            .parse()
            .unwrap()
    }

    /// Waits for the writer, takes the other one back where it has missed a change of the writer, and compares everything.
    async fn ends_well(mut self, took: &[Place]) {
        let at = self.somebody_takes_writes().await;
        self.world.server(at.peer()).answers().await;
        let took_writes: Vec<Place> = took.iter().copied().chain([at]).collect();
        self.world.never_two_writers(&took_writes);
        if took_writes.contains(&at.peer()) {
            self.world.rejoin(at.peer()).await;
        }
        self.world.is_whole(at).await;
    }
}

on_releases!(a_frozen_guard_is_killed_and_fenced_before_its_lease_is_over: mariadb_10_11);

async fn a_frozen_guard_is_killed_and_fenced_before_its_lease_is_over(release: Release) {
    let Some(site) = Site::begin_guarded(release).await else {
        return;
    };
    site.is_in_its_sandbox().await;
    let frozen = Instant::now();
    site.signal_guard("STOP").await;
    site.takes_none(Place::A).await;
    eprintln!(
        "closed {} ms after the guard was frozen",
        frozen.elapsed().as_millis()
    );
    site.guard_told(&[
        "Watchdog timeout (limit 3s)!",
        "is read-only; connections that were ended",
    ])
    .await;
    let at = site.somebody_takes_writes().await;
    eprintln!(
        "{} took writes again {} ms after it",
        at.name(),
        frozen.elapsed().as_millis()
    );
    assert!(site.restarts().await > 0);
    site.ends_well(&[Place::A]).await;
}

impl Site {
    /// The guard has no more power than its unit says, and the server belongs to another user and another unit.
    async fn is_in_its_sandbox(&self) {
        let machine = self.machine(Place::A);
        let [guard, server] = [
            machine.process_of(GUARD).await,
            machine.process_of("mariadb").await,
        ];
        let of = |process: u32, key: &str| {
            let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
            let value = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
            value.split_whitespace().next().unwrap().to_owned()
        };
        // To read what others own (2), to kill (5), to see processes of others (19).
        let powers = format!("{:016x}", 1_u64 << 2 | 1 << 5 | 1 << 19);
        assert_eq!(
            [of(guard, "CapEff:"), of(guard, "CapBnd:")],
            [powers.clone(), powers]
        );
        assert_eq!([of(guard, "NoNewPrivs:"), of(guard, "Seccomp:")], ["1", "2"]);
        assert_ne!(of(guard, "Uid:"), of(server, "Uid:"));
        let mounts = |process: u32| fs::read_link(format!("/proc/{process}/ns/mnt")).unwrap();
        assert_ne!(mounts(guard), mounts(server));
    }
}

on_releases!(a_killed_guard_is_fenced_and_started_again: slow_mariadb_10_11);

async fn a_killed_guard_is_fenced_and_started_again(release: Release) {
    let Some(site) = Site::begin_guarded(release).await else {
        return;
    };
    let killed = Instant::now();
    site.signal_guard("KILL").await;
    site.takes_none(Place::A).await;
    eprintln!(
        "closed {} ms after the guard was killed",
        killed.elapsed().as_millis()
    );
    site.guard_told(&[
        "code=killed, status=9/KILL",
        "is read-only; connections that were ended",
    ])
    .await;
    let at = site.somebody_takes_writes().await;
    eprintln!(
        "{} took writes again {} ms after it",
        at.name(),
        killed.elapsed().as_millis()
    );
    assert!(site.restarts().await > 0);
    site.ends_well(&[Place::A]).await;
}

on_releases!(behind_a_killed_guard_a_frozen_server_is_killed_and_comes_back_read_only: slow_mariadb_10_11);

/// The guard does not come back, so that nobody but the fence can have done what is seen.
async fn behind_a_killed_guard_a_frozen_server_is_killed_and_comes_back_read_only(release: Release) {
    let Some(site) = Site::begin_guarded(release).await else {
        return;
    };
    let machine = site.machine(Place::A);
    let stays_down = format!("{GUARD}.d/stays-down.conf");
    machine.install(&stays_down, "[Service]\nRestart=no\n").await;
    let server = machine.process_of("mariadb").await;
    send(server, Signal::SIGSTOP);
    site.signal_guard("KILL").await;
    site.guard_told(&["was killed, and is gone", "Failed with result 'signal'"])
        .await;
    site.takes_writes(Place::B).await;
    site.world.server(Place::A).answers().await;
    assert!(!site.world.server(Place::A).is_writable().await);
    let machine = site.machine(Place::A);
    assert_ne!(machine.process_of("mariadb").await, server);
    assert_eq!(machine.property("mariadb", "NRestarts").await, "1");
    assert_eq!(machine.property(GUARD, "ActiveState").await, "failed");
    fs::remove_file(machine.place(&format!("/etc/systemd/system/{stays_down}"))).unwrap();
    machine.run("systemctl daemon-reload").await;
    machine.run(&format!("systemctl start {MONITOR}")).await;
    site.ends_well(&[Place::A, Place::B]).await;
}

on_releases!(a_fence_whose_time_is_over_kills_at_once: slow_mariadb_10_11);

/// systemd ends a command of `ExecStopPost=` after `TimeoutStopSec=`: a machine that is too slow for the fence's own limit.
async fn a_fence_whose_time_is_over_kills_at_once(release: Release) {
    let Some(site) = Site::begin_guarded(release).await else {
        return;
    };
    let machine = site.machine(Place::A);
    let impatient = format!("{GUARD}.d/impatient.conf");
    let drop_in = "[Service]\nRestart=no\nTimeoutStopSec=1s\n";
    machine.install(&impatient, drop_in).await;
    let server = machine.process_of("mariadb").await;
    send(server, Signal::SIGSTOP);
    site.signal_guard("KILL").await;
    site.guard_told(&[
        "State 'stop-post' timed out. Terminating.",
        "was killed, and is gone",
    ])
    .await;
    site.takes_writes(Place::B).await;
    site.ends_well(&[Place::A, Place::B]).await;
}

on_releases!(a_frozen_guard_beside_a_frozen_server: slow_mariadb_10_11);

/// The longest way: the watchdog, then the fence's whole limit, then the kill; the other one opens only after that.
async fn a_frozen_guard_beside_a_frozen_server(release: Release) {
    let Some(site) = Site::begin_guarded(release).await else {
        return;
    };
    let server = site.machine(Place::A).process_of("mariadb").await;
    site.signal_guard("STOP").await;
    let frozen = Instant::now();
    send(server, Signal::SIGSTOP);
    let gone = || !fs::exists(format!("/proc/{server}/fd/0")).unwrap();
    eventually(
        "the server is gone",
        async || (gone(), site.vote().await),
        |(gone, _)| *gone,
    )
    .await;
    eprintln!(
        "killed {} ms after both were frozen",
        frozen.elapsed().as_millis()
    );
    assert_ne!(
        site.world.server(Place::B).writable().await,
        Some(true),
        "too late"
    );
    site.guard_told(&["Watchdog timeout (limit 3s)!", "was killed, and is gone"])
        .await;
    site.ends_well(&[Place::A]).await;
}

on_releases!(a_stopped_guard_closes_its_server_and_is_not_started_again: slow_mariadb_10_11);

async fn a_stopped_guard_closes_its_server_and_is_not_started_again(release: Release) {
    let Some(site) = Site::begin_guarded(release).await else {
        return;
    };
    let machine = site.machine(Place::A);
    machine.run(&format!("systemctl stop {MONITOR}")).await;
    assert!(!site.world.server(Place::A).is_writable().await);
    let ended = async || {
        let of = async |name| machine.property(GUARD, name).await;
        [
            of("ActiveState").await,
            of("Result").await,
            of("ExecMainStatus").await,
            of("NRestarts").await,
        ]
    };
    assert_eq!(ended().await, ["inactive", "success", "0", "0"]);
    site.takes_writes(Place::B).await;
    assert_eq!(ended().await, ["inactive", "success", "0", "0"]);
    assert!(!site.world.server(Place::A).is_writable().await);
    machine.run(&format!("systemctl start {MONITOR}")).await;
    site.ends_well(&[Place::A, Place::B]).await;
}
