//! Two servers in containers, somebody who runs dbha on them, and what is noted of it.

use std::time::{Duration, Instant};

use dbha_testkit::{Containers, Release, ServerOptions, Side, sample};
use serde_json::Value;
use tokio::time::sleep;

use crate::docker::servers;
use crate::feature::Feature;
use crate::note::Notes;
use crate::operator::Operator;
use crate::ran::Ran;
use crate::session::Session;

/// For what comes about by itself: a link notices after ten seconds that its network is gone.
const LIMIT: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_millis(300);

/// A test's surroundings.
pub(crate) struct Trial {
    pub(crate) servers: Containers,
    pub(crate) operator: Operator,
    notes: Notes,
    addresses: [String; 2],
}

impl Trial {
    /// Starts two servers for a test about these features; `None` where the test is passed over.
    pub(crate) async fn begin(
        release: Release,
        options: &ServerOptions,
        features: &[Feature],
    ) -> Option<Self> {
        let servers = servers(release, options).await?;
        let mut operator = Operator::without_servers();
        operator.primary = servers.address(Side::Primary);
        operator.secondary = servers.address(Side::Secondary);
        operator.primary_password_file =
            operator.password_file("primary", servers.root_password(Side::Primary));
        operator.secondary_password_file =
            operator.password_file("secondary", servers.root_password(Side::Secondary));
        let version = Session::open_at(&servers.url(Side::Primary))
            .await
            .value("SELECT VERSION()")
            .await;
        let addresses = Side::BOTH.map(|side| {
            let (host, port) = servers.link_address(side);
            format!("{host}:{port}")
        });
        Some(Self {
            notes: Notes::begin(release, &version, features),
            servers,
            operator,
            addresses,
        })
    }

    /// Starts two servers with the sample on the primary.
    pub(crate) async fn with_sample(
        release: Release,
        options: &ServerOptions,
        features: &[Feature],
    ) -> Option<Self> {
        let trial = Self::begin(release, options, features).await?;
        let mut primary = trial.session(Side::Primary).await;
        for statement in sample::statements(3) {
            primary.run(&statement).await;
        }
        Some(trial)
    }

    /// Notes that a feature was seen to work.
    pub(crate) fn proved(&mut self, feature: Feature) {
        self.notes.proved(feature);
    }

    pub(crate) async fn session(&self, side: Side) -> Session {
        Session::open_at(&self.servers.url(side)).await
    }

    /// Runs `dbha setup`, told how each server reaches the other.
    pub(crate) async fn setup(&self, arguments: &[&str]) -> Ran {
        let [primary, secondary] = &self.addresses;
        let addresses = ["--primary-address", primary, "--secondary-address", secondary];
        let all = addresses.into_iter().chain(arguments.iter().copied());
        self.operator.setup(all).await
    }

    /// Waits until status says what is wanted; returns it.
    pub(crate) async fn until(&self, what: &str, good: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + LIMIT;
        loop {
            let ran = self.operator.status().await;
            let status = ran.json();
            if good(&status) {
                return status;
            }
            assert!(Instant::now() < end, "status never said: {what}\n{ran}");
            sleep(PAUSE).await;
        }
    }

    /// Waits until the pair is healthy.
    pub(crate) async fn until_healthy(&self) -> Value {
        self.until("healthy", |status| status["verdict"] == "healthy")
            .await
    }

    /// Writes a row on one server and waits for it on the other.
    pub(crate) async fn cross(&self, name: &str, from: Side) {
        self.session(from).await.run(&sample::new_customer(name)).await;
        self.arrived(name, from).await;
    }

    /// Waits until a row that was written on one server is on the other.
    pub(crate) async fn arrived(&self, name: &str, from: Side) {
        let mut reader = self.session(from.peer()).await;
        let end = Instant::now() + LIMIT;
        while reader.column(&sample::find_customer(name)).await.is_empty() {
            assert!(Instant::now() < end, "{name} never came from the {from}");
            sleep(PAUSE).await;
        }
    }
}
