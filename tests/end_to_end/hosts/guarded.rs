//! A world in which automatic failover is on: etcd on the arbiter, a guard beside each server.

use super::etcd::Etcd;
use super::guard;
use super::network::Place;
use super::service::Service;
use super::world::World;
use crate::eventually::eventually;
use crate::session::TextRow;

/// The world with its guards; they end first.
pub(super) struct Guarded {
    guards: [Service; 2],
    pub(super) etcd: Etcd,
    pub(super) world: World,
}

impl Guarded {
    /// Starts the third vote and both guards; `None` where there is no etcd.
    pub(super) async fn begin(world: World, more: &[&str]) -> Option<Self> {
        let arbiter = world.network.host(Place::Arbiter);
        let etcd = Etcd::start(arbiter, world.directory.path()).await?;
        let guards = [
            guard::start(&world, Place::A, more).await,
            guard::start(&world, Place::B, more).await,
        ];
        Some(Self { guards, etcd, world })
    }

    /// Returns the guard of a server.
    pub(super) fn guard(&self, place: Place) -> &Service {
        &self.guards[place as usize]
    }

    /// Waits until this server takes writes, and says what stood in the way.
    pub(super) async fn writes_at(&self, place: Place) {
        let what = format!("{} takes writes", place.name());
        eventually(
            &what,
            async || {
                let writable = self.world.server(place).writable().await;
                (writable, self.etcd.keys().await)
            },
            |(writable, _)| *writable == Some(true),
        )
        .await;
    }

    /// Waits until one of the guards holds the vote.
    pub(super) async fn vote_is_held(&self) {
        eventually(
            "a guard holds the vote",
            async || self.etcd.keys().await,
            |keys| keys.contains("/writer"),
        )
        .await;
    }

    /// Waits until this server takes no writes: read-only, or gone.
    pub(super) async fn no_writes_at(&self, place: Place) {
        let what = format!("{} takes no writes", place.name());
        eventually(
            &what,
            async || self.world.server(place).writable().await,
            |writable| *writable != Some(true),
        )
        .await;
    }

    /// Waits until a commit on this server is acknowledged by the other one.
    pub(super) async fn is_in_sync(&self, place: Place) {
        eventually(
            "the writer waits for acknowledgements",
            async || {
                let mut root = self.world.server(place).root().await;
                root.rows("SHOW STATUS LIKE 'Rpl_semi_sync_%'").await
            },
            |rows| {
                let says = |name: &str, value: &dyn Fn(&str) -> bool| {
                    let named = |row: &&TextRow| row["Variable_name"].ends_with(name);
                    let mut found = rows.iter().filter(named).map(|row| row["Value"].as_str());
                    found.any(value)
                };
                let of_source = |end: &str, value: &dyn Fn(&str) -> bool| {
                    says(&format!("master_{end}"), value) || says(&format!("source_{end}"), value)
                };
                of_source("status", &|value| value == "ON") && of_source("clients", &|value| value != "0")
            },
        )
        .await;
    }
}
