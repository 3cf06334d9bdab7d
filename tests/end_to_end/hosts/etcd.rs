//! The third vote: one real etcd on the arbiter.

use std::path::Path;

use super::network::Place;
use super::service::{Service, Unit};
use crate::eventually::eventually;
use crate::machines::{Machine, Way};
use crate::tool;

/// etcd; dropped, it ends. Started again, it knows what it knew.
pub(super) struct Etcd {
    service: Service,
    way: Way,
}

impl Etcd {
    /// Starts it and waits until it answers; `None` where there is no etcd.
    pub(super) async fn start(host: &Machine, logs: &Path) -> Option<Self> {
        let program = tool::found("etcd", "etcd-server")?;
        let (clients, peers) = (url(), format!("http://{}:2380", Place::Arbiter.address()));
        let mut run = std::process::Command::new(program.get_program());
        run.args(["--name", "arbiter", "--data-dir"])
            .arg(logs.join("etcd"));
        run.args([
            "--listen-client-urls",
            &clients,
            "--advertise-client-urls",
            &clients,
        ]);
        run.args([
            "--listen-peer-urls",
            &peers,
            "--initial-advertise-peer-urls",
            &peers,
        ]);
        run.arg("--initial-cluster").arg(format!("arbiter={peers}"));
        let way = host.way();
        let starts = way.clone();
        let unit = Unit::plain(Box::new(move || starts.wrap(&run)));
        let etcd = Self {
            service: Service::start(unit, logs, "etcd"),
            way,
        };
        etcd.answers().await;
        Some(etcd)
    }

    async fn answers(&self) {
        eventually(
            "etcd answers",
            async || self.service.said(),
            |said| {
                said.contains("ready to serve client requests")
                    || said.contains("serving insecure client requests")
            },
        )
        .await;
    }

    /// Returns what stands under dbha's keys, for a test that says what it saw.
    pub(super) async fn keys(&self) -> String {
        let mut ask = self.way.within("etcdctl");
        ask.args(["--endpoints", &url(), "get", "--prefix", "/dbha/"]);
        match ask.env("ETCDCTL_API", "3").output().await {
            Ok(said) => String::from_utf8_lossy(&said.stdout).into_owned(),
            Err(error) => error.to_string(),
        }
    }

    /// Returns its service.
    pub(super) fn service(&self) -> &Service {
        &self.service
    }
}

/// Where it answers.
pub(super) fn url() -> String {
    format!("http://{}:2379", Place::Arbiter.address())
}
