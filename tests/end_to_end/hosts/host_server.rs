//! A server that runs on a host of the network, at the usual port, as a service.

use std::path::Path;
use std::time::Duration;

use dbha_testkit::PrivateServer;
use nix::sys::signal::Signal;
use tokio::time::timeout;

use super::sampler;
use super::service::{Service, Unit};
use crate::eventually::eventually;
use crate::machines::Machine;
use crate::session::{Door, Session};

/// The account that dbha logs in with, from every host.
pub(super) const ADMIN: &str = "dbha_admin";
pub(super) const ADMIN_PASSWORD: &str = "Admin1-password";

/// Where systemd starts a server again: `RestartSec=` of the distributions' units.
const RESTART_AFTER: Duration = Duration::from_millis(500);

/// How long an answer of one that may be frozen is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// The server; dropped, its service ends before its files do.
pub(super) struct HostServer {
    service: Service,
    server: PrivateServer,
}

impl HostServer {
    /// Moves a server that the test kit has started to a host, with the accounts that the tests need.
    pub(super) async fn settle(mut server: PrivateServer, host: &Machine, logs: &Path, name: &str) -> Self {
        let mut root = Session::open(&server).await;
        for statement in accounts() {
            root.run(&statement).await;
        }
        drop(root);
        server.stop().await.unwrap();
        server
            .append_options("bind_address=0.0.0.0\nport=3306\nmax_connections=200")
            .unwrap();
        let command = server.installation().server(&server.option_file());
        let way = host.way();
        let unit = Unit {
            restart_after: Some(RESTART_AFTER),
            ..Unit::plain(Box::new(move || way.wrap(&command)))
        };
        let service = Service::start(unit, logs, name);
        let settled = Self { service, server };
        settled.answers().await;
        settled
    }

    /// Returns the server as the test kit knows it.
    pub(super) fn server(&self) -> &PrivateServer {
        &self.server
    }

    /// Returns its service.
    pub(super) fn service(&self) -> &Service {
        &self.service
    }

    /// Opens a session of root by the socket, which no cut reaches.
    pub(super) async fn root(&self) -> Session {
        self.try_root().await.unwrap()
    }

    async fn try_root(&self) -> Result<Session, mysql_async::Error> {
        Door::by_socket(&self.server, "root", self.server.root_password())
            .enter()
            .await
    }

    /// Waits until it answers.
    pub(super) async fn answers(&self) {
        eventually(
            "the server answers",
            async || self.try_root().await.err().map(|error| error.to_string()),
            Option::is_none,
        )
        .await;
    }

    /// Tells whether it takes writes of ordinary accounts; it must answer.
    pub(super) async fn is_writable(&self) -> bool {
        self.writable().await.expect("the server answers")
    }

    /// Tells whether it takes writes of ordinary accounts; `None` where it does not answer.
    pub(super) async fn writable(&self) -> Option<bool> {
        let ask = async {
            let mut root = self.try_root().await.ok()?;
            let rows = root.try_rows("SELECT @@global.read_only AS closed").await;
            Some(rows.ok()?.pop()?["closed"] == "0")
        };
        timeout(PATIENCE, ask).await.ok()?
    }

    /// Kills it as `kill -9` does; it stays down where its supervisor is told so first.
    pub(super) fn kill(&self) {
        self.service.signal(Signal::SIGKILL);
    }
}

/// Accounts that no binary log has: both servers have them from the beginning.
fn accounts() -> Vec<String> {
    let network = "10.99.8.%";
    vec![
        "SET sql_log_bin = 0".to_owned(),
        format!("CREATE USER '{ADMIN}'@'{network}' IDENTIFIED BY '{ADMIN_PASSWORD}'"),
        format!("GRANT ALL PRIVILEGES ON *.* TO '{ADMIN}'@'{network}' WITH GRANT OPTION"),
        format!(
            "CREATE USER '{}'@'localhost' IDENTIFIED BY '{}'",
            sampler::ACCOUNT,
            sampler::PASSWORD
        ),
        format!(
            "GRANT SELECT, UPDATE ON hosts.* TO '{}'@'localhost'",
            sampler::ACCOUNT
        ),
    ]
}
