//! Scenes of a guard that is frozen, killed or stopped: what is done then is done by systemd and the fence.

use std::time::Duration;

use dbha_testkit::Release;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::time::sleep;

use super::seen::{CLOSED, GUARD, KILLED};
use super::site::{MONITOR, SERVER, Site};
use crate::hosts::network::Place;
use crate::releases::on_releases;

const STOPPED: [&str; 4] = ["inactive", "success", "0", "0"];
const BITTEN: &str = "Watchdog timeout (limit 3s)!";

impl Site {
    /// Freezes the server beside the guard, by number, which its own systemd knows nothing of.
    async fn freeze_server(&self) -> u32 {
        let process = self.machine(Place::A).process_of(SERVER).await;
        kill(Pid::from_raw(i32::try_from(process).unwrap()), Signal::SIGSTOP).unwrap();
        process
    }

    /// Adds lines to the guard's unit, for this scene.
    async fn drop_in(&self, lines: &str) {
        let text = format!("[Service]\n{lines}");
        self.machine(Place::A)
            .install(&format!("{GUARD}.d/scene.conf"), &text)
            .await;
    }
}

on_releases!(a_frozen_guard_is_killed_and_fenced_before_its_lease_is_over: mariadb_10_11);

async fn a_frozen_guard_is_killed_and_fenced_before_its_lease_is_over(release: Release) {
    let Some(site) = Site::begin_guarded(release).await else {
        return;
    };
    site.is_in_its_sandbox().await;
    site.signal_guard("STOP").await;
    site.guard_told(&[BITTEN, CLOSED]).await;
    site.closed_within_the_lease("STOP", CLOSED).await;
    let at = site.somebody_takes_writes().await;
    site.opened_after(CLOSED, at).await;
    assert!(site.restarts().await > 0);
    site.ends_well(&[Place::A]).await;
}

on_releases!(a_killed_guard_is_fenced_and_started_again: slow_mariadb_10_11);

async fn a_killed_guard_is_fenced_and_started_again(release: Release) {
    let Some(site) = Site::begin_guarded(release).await else {
        return;
    };
    // Reading its configuration anew is no reason to let go of the writer.
    site.machine(Place::A)
        .run(&format!("systemctl reload {MONITOR}"))
        .await;
    site.guard_told(&["the configuration was read anew"]).await;
    assert_eq!(site.restarts().await, 0);
    assert!(site.world.server(Place::A).is_writable().await);

    site.signal_guard("KILL").await;
    site.guard_told(&["code=killed, status=9/KILL", CLOSED]).await;
    site.closed_within_the_lease("KILL", CLOSED).await;
    let at = site.somebody_takes_writes().await;
    site.opened_after(CLOSED, at).await;
    assert!(site.restarts().await > 0);
    site.ends_well(&[Place::A]).await;
}

on_releases!(behind_a_killed_guard_a_frozen_server_is_killed_and_comes_back_read_only: slow_mariadb_10_11);

/// The guard does not come back, so that nobody but the fence can have done what is seen.
async fn behind_a_killed_guard_a_frozen_server_is_killed_and_comes_back_read_only(release: Release) {
    let Some(site) = Site::begin_guarded(release).await else {
        return;
    };
    site.drop_in("Restart=no\n").await;
    let server = site.freeze_server().await;
    site.signal_guard("KILL").await;
    site.guard_told(&[KILLED, "Failed with result 'signal'"]).await;
    site.closed_within_the_lease("KILL", KILLED).await;
    site.takes_writes(Place::B).await;
    site.opened_after(KILLED, Place::B).await;
    site.world.server(Place::A).answers().await;
    assert!(!site.world.server(Place::A).is_writable().await);
    let machine = site.machine(Place::A);
    assert_ne!(machine.process_of(SERVER).await, server);
    assert_eq!(machine.property(SERVER, "NRestarts").await, "1");
    assert_eq!(site.ended().await[0], "failed");
    machine.run(&format!("systemctl start {MONITOR}")).await;
    site.ends_well(&[Place::A, Place::B]).await;
}

on_releases!(a_fence_whose_time_is_over_kills_at_once: slow_mariadb_10_11);

/// systemd ends a command of `ExecStopPost=` after `TimeoutStopSec=`: here on a machine that is too slow for the fence's limit.
async fn a_fence_whose_time_is_over_kills_at_once(release: Release) {
    let Some(site) = Site::begin_guarded(release).await else {
        return;
    };
    site.drop_in("Restart=no\nTimeoutStopSec=1s\n").await;
    site.freeze_server().await;
    site.signal_guard("KILL").await;
    let out_of_time = "State 'stop-post' timed out. Terminating.";
    site.guard_told(&[out_of_time, KILLED]).await;
    site.takes_writes(Place::B).await;
    site.ends_well(&[Place::A, Place::B]).await;
}

on_releases!(a_frozen_guard_beside_a_frozen_server: slow_mariadb_10_11);

/// The longest way: the watchdog, then the fence's whole limit, then the kill; nobody is open before that.
async fn a_frozen_guard_beside_a_frozen_server(release: Release) {
    let Some(site) = Site::begin_guarded(release).await else {
        return;
    };
    site.signal_guard("STOP").await;
    site.freeze_server().await;
    site.guard_told(&[BITTEN, KILLED]).await;
    site.closed_within_the_lease("STOP", KILLED).await;
    let at = site.somebody_takes_writes().await;
    site.opened_after(KILLED, at).await;
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
    assert_eq!(site.ended().await, STOPPED);
    site.takes_writes(Place::B).await;
    assert_eq!(site.ended().await, STOPPED);
    assert!(!site.world.server(Place::A).is_writable().await);
    machine.run(&format!("systemctl start {MONITOR}")).await;
    site.ends_well(&[Place::A, Place::B]).await;
}

on_releases!(without_a_vote_guards_open_nobody: slow_mariadb_10_11);

/// Nothing says yet that this pair has guards, and the vote is not there: their units run, and both servers stay closed.
async fn without_a_vote_guards_open_nobody(release: Release) {
    let Some(mut site) = Site::begin_with_guards(release).await else {
        return;
    };
    site.guard_told(&["DBHA-M15 began", "the vote does not answer"])
        .await;
    // A monitor that opened it would have done so at the look that told this.
    sleep(Duration::from_secs(3)).await;
    for place in Place::SERVERS {
        assert!(!site.world.server(place).is_writable().await, "{place:?} is open");
    }
    site.start_vote().await;
    site.takes_writes(Place::A).await;
    assert_eq!(site.restarts().await, 0);
    assert!(!site.world.server(Place::B).is_writable().await);
}
