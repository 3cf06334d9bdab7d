//! Everything of a scene: the network, both servers, who watches them, who writes, and what is asked of all at the end.

use std::fs;
use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use dbha_testkit::{Release, ServerOptions, ServerPair};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;
use tokio::time::sleep;

use super::host_server::{ADMIN, ADMIN_PASSWORD, HostServer};
use super::judgement::{both_at_once, open_times};
use super::keepalived::Keepalived;
use super::network::{Network, Place, VIP};
use super::sampler::Sampler;
use super::service::Make;
use super::writer::{self, Accounts, Told, Writer};
use crate::address_watch::AddressWatch;
use crate::binlog_program::binlog_program;
use crate::eventually::eventually;
use crate::machines::PORT;
use crate::operator::Operator;
use crate::ran::Ran;

pub(super) const MONITOR_PASSWORD: &str = "Monitor1-password";

/// Both servers, by the names that every config file gives them.
pub(super) const PAIR: [&str; 4] = ["--primary", "a", "--secondary", "b"];

/// The world of one scene; everything of it is gone when it is dropped.
pub(super) struct World {
    samplers: Vec<Sampler>,
    pub(super) keepalived: Vec<Keepalived>,
    watches: Vec<AddressWatch>,
    servers: [HostServer; 2],
    pub(super) operator: Operator,
    pub(super) network: Network,
    /// The directory that each host has, and the whole scene's logs.
    pub(super) directory: TempDir,
}

impl World {
    /// Makes a finished pair on two hosts; `None` where networks cannot be had, and says so.
    pub(super) async fn begin(release: Release, setup: &[&str]) -> Option<Self> {
        let network = Network::start().await?;
        let directory = tempfile::Builder::new().prefix("dbha-hosts-").tempdir().unwrap();
        let operator = operator();
        let pair = ServerPair::start(release, &ServerOptions::new()).await.unwrap();
        let at = |place| (network.host(place), directory.path());
        let (a, b) = (at(Place::A), at(Place::B));
        let servers = tokio::join!(
            HostServer::settle(pair.primary, a.0, a.1, "server-a"),
            HostServer::settle(pair.secondary, b.0, b.1, "server-b"),
        );
        let world = Self {
            samplers: Vec::new(),
            keepalived: Vec::new(),
            watches: Vec::new(),
            servers: servers.into(),
            operator,
            network,
            directory,
        };
        world.make_tables().await;
        world.set_up(setup).await;
        Some(world)
    }

    async fn make_tables(&self) {
        let mut root = self.server(Place::A).root().await;
        for statement in [
            "CREATE DATABASE hosts",
            "CREATE TABLE hosts.entries (k BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, id BIGINT NOT NULL, KEY (id))",
            "CREATE TABLE hosts.samples (server VARCHAR(10) NOT NULL PRIMARY KEY, taken BIGINT NOT NULL)",
            "INSERT INTO hosts.samples VALUES ('a', 0), ('b', 0)",
        ] {
            root.run(statement).await;
        }
        let (user, password) = (writer::ACCOUNT, writer::PASSWORD);
        root.run(&format!(
            "CREATE USER '{user}'@'10.99.8.%' IDENTIFIED BY '{password}'"
        ))
        .await;
        root.run(&format!("GRANT INSERT ON hosts.* TO '{user}'@'10.99.8.%'"))
            .await;
    }

    async fn set_up(&self, more: &[&str]) {
        let password = self.operator.home().join("monitor.password");
        let account = [
            "--yes",
            "--monitor-account",
            "--monitor-host",
            "10.99.8.%",
            "--monitor-password-file",
            password.to_str().unwrap(),
        ];
        let arguments: Vec<&str> = account.into_iter().chain(more.iter().copied()).collect();
        self.run("setup", &arguments).await.exits(0);
        for (place, side) in Place::SERVERS.into_iter().zip(["primary", "secondary"]) {
            let rendered = self.run("render my.cnf", &["--server", side]).await.exits(0);
            let server = self.server(place).server();
            server.append_options(&rendered.stdout).unwrap();
        }
    }

    /// Returns a server.
    pub(super) fn server(&self, place: Place) -> &HostServer {
        &self.servers[place as usize]
    }

    /// Prepares dbha on a host, with both servers and what else is given.
    pub(super) fn dbha(&self, place: Place, command: &str, more: &[&str]) -> Command {
        let words: Vec<&str> = PAIR.iter().chain(more).copied().collect();
        let mut run = self.dbha_later(place, command, &words)();
        run.stdout(Stdio::piped()).stderr(Stdio::piped());
        run
    }

    /// Prepares runs of dbha on a host with these arguments. Each host has a state directory.
    pub(super) fn dbha_later(&self, place: Place, command: &str, more: &[&str]) -> Make {
        let mut plain = self.operator.bare(command.split(' '));
        plain.args(more);
        let tools = binlog_program(&self.operator, self.server(Place::A).server());
        let path = std::env::var("PATH").unwrap_or_default();
        plain.env("PATH", format!("{}:{path}", tools.display()));
        plain.env(
            "DBHA_STATE_DIR",
            self.directory.path().join(format!("state-{}", place.name())),
        );
        let way = self.network.host(place).way();
        Box::new(move || way.wrap(plain.as_std()))
    }

    /// Runs dbha on the operator's host.
    pub(super) async fn run(&self, command: &str, more: &[&str]) -> Ran {
        let mut run = self.dbha(Place::Operator, command, more);
        self.operator.finish(&mut run).await
    }

    /// Starts Keepalived on both hosts, with what dbha renders there, and begins to watch who has the address.
    ///
    /// `None` where there is no Keepalived.
    pub(super) async fn start_keepalived(&mut self) -> Option<()> {
        for place in Place::SERVERS {
            let vip = format!("{VIP}/24");
            let config = self.operator.home().join("monitor.toml");
            let config = config.to_str().unwrap();
            let words = ["--server", place.name(), "--vip", &vip, "--config", config];
            let mut render = self.dbha(place, "render keepalived", &words);
            let text = self.operator.finish(&mut render).await.exits(0).stdout;
            let host = self.network.host(place);
            let keepalived = Keepalived::start(host, &text, self.directory.path(), place.name())?;
            self.keepalived.push(keepalived);
            self.watches.push(AddressWatch::begin(host, VIP));
        }
        Some(())
    }

    /// Tells which of both hosts have the address now.
    pub(super) fn address_now(&self) -> [bool; 2] {
        [self.watches[0].now(), self.watches[1].now()]
    }

    /// Waits until just this host has the address, or none.
    pub(super) async fn address_at(&self, place: Option<Place>) {
        let wanted = Place::SERVERS.map(|server| place == Some(server));
        let what = format!("the address is at {place:?} alone");
        eventually(&what, async || self.address_now(), |now| *now == wanted).await;
    }

    /// Looks for a while that the address stays where it is.
    pub(super) async fn address_stays(&self, at: [bool; 2], time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            assert_eq!(self.address_now(), at, "the address moved");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Looks for a while that a host does not get the address.
    pub(super) async fn address_never_at(&self, place: Place, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            assert!(!self.address_now()[place as usize], "{place:?} has the address");
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Begins to try to write on both servers.
    pub(super) fn start_samplers(&mut self) {
        self.samplers = Place::SERVERS
            .iter()
            .map(|place| Sampler::begin(self.server(*place).server(), place.name()))
            .collect();
    }

    /// Ends the samplers; fails the test where both servers took writes at one moment, or one of these never did.
    pub(super) fn never_two_writers(&mut self, took_writes: &[Place]) {
        let seen: Vec<_> = self.samplers.drain(..).map(Sampler::end).collect();
        let [one, other] = &seen[..] else {
            panic!("no samplers")
        };
        for place in took_writes {
            let open = open_times(&seen[*place as usize]);
            assert!(!open.is_empty(), "{place:?} took no writes");
        }
        let found = both_at_once(one, other);
        assert!(found.is_none(), "both servers took writes: {found:?}");
    }

    /// Starts a writer on the client's host.
    pub(super) async fn start_writer(&self, address: Ipv4Addr) -> Writer {
        Writer::start(self.network.host(Place::Client), address).await
    }

    /// Compares what a writer was told with what a server has.
    pub(super) async fn accounts(&self, told: &Told, place: Place) -> Accounts {
        let mut root = self.server(place).root().await;
        told.missing_on(&mut root).await
    }

    /// Brings a server back that has missed a change of the writer, and throws away what only it has.
    pub(super) async fn rejoin(&self, place: Place) {
        let words = ["--server", place.name(), "--discard-extra"];
        self.run("rejoin", &words).await.exits(0);
    }

    /// Returns the files into which a rejoin has saved what was thrown away.
    pub(super) fn saved_extras(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(self.operator.home()).unwrap().flatten();
        let saved = |path: &PathBuf| path.to_string_lossy().contains("dbha-extra-");
        files.map(|file| file.path()).filter(saved).collect()
    }

    /// Waits until the pair is healthy, with the writes on this server, and compares all data.
    pub(super) async fn is_whole(&self, writer: Place) {
        let readonly = |status: &Value, place: Place| {
            let servers = status["servers"].as_array().into_iter().flatten();
            let own = |server: &&Value| server["name"] == place.name();
            servers
                .into_iter()
                .find(own)
                .map(|server| server["read_only"].clone())
        };
        eventually(
            "the pair is healthy",
            async || self.run("status", &["-o", "json"]).await,
            |ran| {
                let status: Value = serde_json::from_str(&ran.stdout).unwrap_or_default();
                status["verdict"] == "healthy"
                    && readonly(&status, writer) == Some(Value::Bool(false))
                    && readonly(&status, writer.peer()) == Some(Value::Bool(true))
            },
        )
        .await;
        self.run("verify", &[]).await.exits(0);
    }
}

/// The person, with the files that every host has.
fn operator() -> Operator {
    let mut operator = Operator::without_servers();
    let admin = operator.password_file("admin", ADMIN_PASSWORD);
    let monitor = operator.password_file("monitor", MONITOR_PASSWORD);
    for (file, user, password) in [
        ("dbha.toml", ADMIN, admin),
        ("monitor.toml", "dbha_monitor", monitor),
    ] {
        let server = |place: Place| {
            format!(
                "[server.{}]\naddress = \"{}:{PORT}\"\nuser = \"{user}\"\npassword-file = {password:?}\n",
                place.name(),
                place.address()
            )
        };
        let text: String = Place::SERVERS.map(server).concat();
        fs::write(operator.home().join(file), text).unwrap();
    }
    operator
}
