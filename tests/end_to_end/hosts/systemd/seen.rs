//! What is seen of the guard beside A: what systemd and the journal know, and what the kernel lets it do.

use std::fs;
use std::time::Duration;

use serde_json::Value;

use super::site::Site;
use crate::eventually::eventually;
use crate::hosts::guard::LEASE;
use crate::hosts::network::Place;

/// The guard's unit, as the journal knows it.
pub(super) const GUARD: &str = "dbha-monitor.service";
/// What the fence says behind a guard.
pub(super) const CLOSED: &str = "is read-only; connections that were ended";
/// The same where the server did not let itself be closed.
pub(super) const KILLED: &str = "was killed, and is gone";

impl Site {
    /// Sends a signal to the guard's main process, as an operator does.
    pub(super) async fn signal_guard(&self, signal: &str) {
        let words = format!("systemctl kill --kill-who=main --signal={signal} {GUARD}");
        self.machine(Place::A).run(&words).await;
    }

    /// Waits until the journal of A's guard has all of these.
    pub(super) async fn guard_told(&self, wanted: &[&str]) {
        eventually(
            &format!("the journal has {wanted:?}"),
            async || self.machine(Place::A).journal(GUARD).await,
            |told| wanted.iter().all(|one| told.contains(one)),
        )
        .await;
    }

    /// Returns when something was told last, in microseconds of the clock that all machines share; 0 is never.
    async fn told_at(&self, place: Place, text: &str) -> u64 {
        let told = self.machine(place).entries(GUARD).await;
        let says = |entry: &&Value| entry["MESSAGE"].as_str().is_some_and(|told| told.contains(text));
        let entry = told.iter().rev().find(says);
        entry.map_or(0, |entry| {
            entry["__MONOTONIC_TIMESTAMP"].as_str().unwrap().parse().unwrap()
        })
    }

    /// Says how long it took from a signal to what is told of the server then; it may not be as long as the lease, which had
    /// begun before the signal.
    pub(super) async fn closed_within_the_lease(&self, signal: &str, closed: &str) {
        let sent = format!("Sent signal SIG{signal} to main process");
        let sent = self.told_at(Place::A, &sent).await;
        let closed = self.told_at(Place::A, closed).await;
        let took = Duration::from_micros(closed.checked_sub(sent).unwrap());
        eprintln!("the server was closed {took:?} after SIG{signal} for its guard");
        assert!(sent > 0 && took < LEASE, "{took:?}");
    }

    /// Waits until this server was opened after A's was closed; the journals know the order, however late it is looked at.
    pub(super) async fn opened_after(&self, closed: &str, at: Place) {
        eventually(
            "it was opened after the other one was closed",
            async || {
                let opened = self.told_at(at, "its server takes the writes, in term").await;
                (self.told_at(Place::A, closed).await, opened)
            },
            |(closed, opened)| (1..*opened).contains(closed),
        )
        .await;
    }

    /// Returns how often systemd has started A's guard again.
    pub(super) async fn restarts(&self) -> u32 {
        let count = self.machine(Place::A).property(GUARD, "NRestarts").await;
        count.parse().unwrap()
    }

    /// Returns how A's guard has ended: state, result, exit code, and how often it was started again.
    pub(super) async fn ended(&self) -> [String; 4] {
        let of = async |name| self.machine(Place::A).property(GUARD, name).await;
        [
            of("ActiveState").await,
            of("Result").await,
            of("ExecMainStatus").await,
            of("NRestarts").await,
        ]
    }

    /// The guard has no more power than its unit says, and the server belongs to another user and another unit.
    pub(super) async fn is_in_its_sandbox(&self) {
        let machine = self.machine(Place::A);
        let guard = machine.process_of(GUARD).await;
        let server = machine.process_of("mariadb").await;
        let of = |process: u32, key: &str| {
            let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
            let value = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
            value.split_whitespace().next().unwrap().to_owned()
        };
        // To read what others own (2), to kill (5), to see processes of others (19).
        let powers = format!("{:016x}", 1_u64 << 2 | 1 << 5 | 1 << 19);
        let given = ["CapEff:", "CapPrm:", "CapBnd:"].map(|key| of(guard, key));
        assert!(given.iter().all(|one| *one == powers), "{given:?}");
        assert_eq!([of(guard, "NoNewPrivs:"), of(guard, "Seccomp:")], ["1", "2"]);
        assert_ne!(of(guard, "Uid:"), of(server, "Uid:"));
        let mounts = |process: u32| fs::read_link(format!("/proc/{process}/ns/mnt")).unwrap();
        assert_ne!(mounts(guard), mounts(server));
    }

    /// Waits for the writer, takes the other one back where it has missed a change of the writer, and compares everything.
    pub(super) async fn ends_well(mut self, took: &[Place]) {
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
