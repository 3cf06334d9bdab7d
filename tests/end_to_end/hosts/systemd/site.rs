//! A pair whose servers, guards and vote are units of systemd, each host with a systemd of its own.

use std::path::PathBuf;

use dbha_testkit::{PrivateServer, Release};

use super::booted::Booted;
use super::keeper;
use super::units::{etcd_unit, give_to, server_unit, user_of_server};
use crate::eventually::eventually;
use crate::hosts::etcd;
use crate::hosts::guard::LEASE;
use crate::hosts::host_server::{ADMIN, ADMIN_PASSWORD};
use crate::hosts::network::Place;
use crate::hosts::world::World;
use crate::machines::PORT;
use crate::tool;

/// The unit that `dbha render systemd` says where to put.
pub(super) const MONITOR: &str = "dbha-monitor";
/// The unit of a server.
pub(super) const SERVER: &str = "mariadb";
const ETCD: &str = "etcd";

/// The world with its first processes; the machines end first.
pub(super) struct Site {
    machines: Vec<Booted>,
    pub(super) world: World,
}

impl Site {
    /// Makes a pair as the world does, and starts both servers again as units; `None` where that cannot be done here.
    pub(super) async fn begin(release: Release, setup: &[&str]) -> Option<Self> {
        if !keeper::possible() {
            return None;
        }
        let world = World::begin(release, setup).await?;
        let mut site = Self {
            machines: Vec::new(),
            world,
        };
        for place in Place::SERVERS {
            let host_server = site.world.server(place);
            host_server.service().stop().await;
            let home = home_of(host_server.server());
            let way = site.world.network.host(place).way();
            let machine = Booted::start(&way, place.name(), &[&home]).await;
            let owner = user_of_server(&machine);
            give_to(&home, owner);
            let unit = server_unit(host_server.server());
            machine.install(&format!("{SERVER}.service"), &unit).await;
            machine.run(&format!("systemctl enable --now {SERVER}")).await;
            host_server.answers().await;
            site.machines.push(machine);
        }
        Some(site)
    }

    /// The same with a guard beside each server, by the unit that dbha renders, and no vote yet.
    pub(super) async fn begin_with_guards(release: Release) -> Option<Self> {
        tool::found("etcd", "etcd-server")?;
        let site = Self::begin(release, &["--managed", "--semi-sync"]).await?;
        for place in Place::SERVERS {
            site.start_guard(place).await;
        }
        Some(site)
    }

    /// The same with the vote; waits until A takes writes, which somebody tries all the time, and nothing could be lost.
    pub(super) async fn begin_guarded(release: Release) -> Option<Self> {
        let mut site = Self::begin_with_guards(release).await?;
        site.start_vote().await;
        site.takes_writes(Place::A).await;
        site.is_in_sync().await;
        site.world.start_samplers();
        site.is_sampled().await;
        Some(site)
    }

    /// Starts etcd, and waits until it has given the vote; the first guard waits for that as long as a lease lasts.
    pub(super) async fn start_vote(&mut self) {
        let way = self.world.network.host(Place::Arbiter).way();
        let machine = Booted::start(&way, Place::Arbiter.name(), &[]).await;
        machine.install(&format!("{ETCD}.service"), &etcd_unit()).await;
        machine.run(&format!("systemctl enable --now {ETCD}")).await;
        self.machines.push(machine);
        eventually(
            "a guard holds the vote",
            async || self.vote().await,
            |keys| keys.contains("/writer"),
        )
        .await;
    }

    /// Returns the machine of a host.
    pub(super) fn machine(&self, place: Place) -> &Booted {
        &self.machines[place as usize]
    }

    /// Writes what an operator writes before the unit, and the unit; dbha renders it with these arguments.
    pub(super) async fn put_monitor(
        &self,
        place: Place,
        user: &str,
        password: (&str, &str),
        render: &[&str],
    ) {
        let machine = self.machine(place);
        machine.write("/etc/dbha/dbha.toml", &config(user, "shop"), 0o644);
        machine.write(password.0, &format!("{}\n", password.1), 0o600);
        let words = [&["render", "systemd"], render].concat();
        let mut run = self.world.operator.bare(words);
        let unit = self.world.operator.finish(&mut run).await.exits(0).stdout;
        machine.install(&format!("{MONITOR}.service"), &unit).await;
    }

    async fn start_guard(&self, place: Place) {
        let (lease, url) = (format!("{}s", LEASE.as_secs()), etcd::url());
        let file = "/etc/dbha/admin.password";
        let render = [
            "--password-file",
            file,
            "--auto-failover",
            "--local",
            place.name(),
            "--etcd",
            &url,
            "--lease",
            &lease,
            "--max-loss",
            "none",
        ];
        self.put_monitor(place, ADMIN, (file, ADMIN_PASSWORD), &render)
            .await;
        let start = format!("systemctl enable --now {MONITOR}");
        self.machine(place).run(&start).await;
    }

    /// Tells what etcd has of the vote: the key with a lease, as text.
    pub(super) async fn vote(&self) -> String {
        let ask = format!("etcdctl --endpoints {} get --prefix /dbha/", etcd::url());
        let mut run = self.machine(Place::Arbiter).within("env");
        run.arg("ETCDCTL_API=3").args(ask.split(' '));
        match run.output().await {
            Ok(said) => String::from_utf8_lossy(&said.stdout).into_owned(),
            Err(error) => error.to_string(),
        }
    }

    /// Waits until some attempts to write at A were acknowledged.
    async fn is_sampled(&self) {
        let mut root = self.world.server(Place::A).root().await;
        let count = "SELECT taken FROM hosts.samples WHERE server = 'a'";
        eventually(
            "A is written to",
            async || root.number(count).await,
            |taken| *taken > 5,
        )
        .await;
    }

    /// Waits until this server takes writes, and says what stood in the way.
    pub(super) async fn takes_writes(&self, place: Place) {
        eventually(
            &format!("{} takes writes", place.name()),
            async || (self.world.server(place).writable().await, self.vote().await),
            |(writable, _)| *writable == Some(true),
        )
        .await;
    }

    /// Waits until one of both takes writes; tells which.
    pub(super) async fn somebody_takes_writes(&self) -> Place {
        let found = eventually(
            "one of both takes writes",
            async || {
                for place in Place::SERVERS {
                    if self.world.server(place).writable().await == Some(true) {
                        return Some(place);
                    }
                }
                None
            },
            Option::is_some,
        )
        .await;
        found.unwrap()
    }

    /// Waits until the vote has heard that commits are acknowledged by the other server: only then nothing can be lost.
    async fn is_in_sync(&self) {
        eventually(
            "the vote hears of acknowledged commits",
            async || self.vote().await,
            |keys| keys.contains(r#"\"durability\":\"sync\""#),
        )
        .await;
    }
}

/// The config file of a monitor; the password comes from systemd.
pub(super) fn config(user: &str, pair: &str) -> String {
    let server = |place: Place| {
        let (name, address) = (place.name(), place.address());
        format!("[server.{name}]\naddress = \"{address}:{PORT}\"\nuser = \"{user}\"\n\n")
    };
    let servers = Place::SERVERS.map(server).concat();
    format!("{servers}[pair.{pair}]\nprimary = \"a\"\nsecondary = \"b\"\n")
}

fn home_of(server: &PrivateServer) -> PathBuf {
    server.option_file().parent().unwrap().to_owned()
}
