//! Scenes of the plain monitor as a service: with nothing but what its unit leaves it.

use std::fs;
use std::path::Path;

use dbha_testkit::Release;

use super::site::{MONITOR, Site, config};
use crate::eventually::eventually;
use crate::hosts::network::Place;
use crate::hosts::world::MONITOR_PASSWORD;
use crate::releases::on_releases;

const USER: &str = "dbha_monitor";
const PASSWORD_FILE: &str = "/etc/dbha/monitor.password";

on_releases!(the_rendered_unit_runs_the_monitor: slow_mariadb_10_11);

async fn the_rendered_unit_runs_the_monitor(release: Release) {
    let Some(site) = Site::begin(release, &[]).await else {
        return;
    };
    site.put_monitor(Place::A, USER, (PASSWORD_FILE, MONITOR_PASSWORD), &[])
        .await;
    site.monitor_does_its_work().await;
}

on_releases!(the_packaged_unit_runs_the_monitor: slow_mariadb_10_11);

/// The package as `make test-slow` builds it, installed by dpkg; an operator adds what its config file says.
async fn the_packaged_unit_runs_the_monitor(release: Release) {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let made = std::env::var_os("DBHA_PACKAGES").map_or_else(|| top.join("target/packages"), Into::into);
    let files = fs::read_dir(made)
        .into_iter()
        .flatten()
        .flatten()
        .map(|file| file.path());
    let Some(package) = { files }.find(|path| path.extension().is_some_and(|end| end == "deb")) else {
        eprintln!("SKIPPED: not here: the package for Debian (make packages)");
        return;
    };
    let Some(site) = Site::begin(release, &[]).await else {
        return;
    };
    let machine = site.machine(Place::A);
    fs::copy(package, machine.place("/dbha.deb")).unwrap();
    machine.run("dpkg --install /dbha.deb").await;
    machine.run("systemctl daemon-reload").await;
    let file = fs::read_to_string(machine.place("/etc/dbha/dbha.toml")).unwrap();
    machine.write("/etc/dbha/dbha.toml", &(file + &config(USER, "shop")), 0o644);
    machine.write(PASSWORD_FILE, &format!("{MONITOR_PASSWORD}\n"), 0o600);
    site.monitor_does_its_work().await;
}

impl Site {
    async fn monitor_does_its_work(&self) {
        let machine = self.machine(Place::A);
        let of = async |name: &str| machine.property(MONITOR, name).await;
        machine.run(&format!("systemctl enable --now {MONITOR}")).await;
        assert_eq!(
            [of("ActiveState").await, of("StatusText").await],
            ["active", "watches shop"]
        );
        self.monitor_sees_and_is_seen().await;
        self.monitor_has_no_power().await;

        machine.write("/etc/dbha/dbha.toml", &config(USER, "store"), 0o644);
        machine.run(&format!("systemctl reload {MONITOR}")).await;
        eventually(
            "the config file is read anew",
            async || of("StatusText").await,
            |text| text == "watches store",
        )
        .await;
        assert!(
            machine
                .journal(MONITOR)
                .await
                .contains("the configuration was read anew")
        );
        self.monitor_sees_and_is_seen().await;

        machine.run(&format!("systemctl stop {MONITOR}")).await;
        let ended = [
            of("ActiveState").await,
            of("Result").await,
            of("ExecMainStatus").await,
            of("NRestarts").await,
        ];
        assert_eq!(ended, ["inactive", "success", "0", "0"]);
    }

    /// It asks both servers, answers on its port, and keeps its history.
    async fn monitor_sees_and_is_seen(&self) {
        let ask = "exec 3<>/dev/tcp/127.0.0.1/9104; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3";
        eventually(
            "the monitor sees both servers",
            async || {
                let mut run = self.machine(Place::A).within("bash");
                let said = run.args(["-c", ask]).output().await.unwrap();
                String::from_utf8_lossy(&said.stdout).into_owned()
            },
            |said| {
                let of_servers = said.lines().filter(|line| line.starts_with("dbha_up{"));
                of_servers.filter(|line| line.ends_with(" 1.0")).count() == 2
            },
        )
        .await;
        let history = self
            .machine(Place::A)
            .place("/var/lib/private/dbha/monitor/events.ndjson");
        eventually(
            "it keeps its history",
            async || fs::exists(&history).unwrap(),
            |there| *there,
        )
        .await;
        // Whoever reads the journal sees which lines matter.
        let entries = self.machine(Place::A).entries(MONITOR).await;
        let says = |entry: &serde_json::Value| {
            entry["MESSAGE"]
                .as_str()
                .is_some_and(|text| text.starts_with("watches "))
        };
        let found = entries
            .iter()
            .find(|entry| says(entry))
            .expect("it says what it watches");
        assert_eq!(found["PRIORITY"], "5", "{found}");
    }

    async fn monitor_has_no_power(&self) {
        let process = self.machine(Place::A).process_of(MONITOR).await;
        let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
        let of = |key: &str| {
            status
                .lines()
                .find_map(|line| line.strip_prefix(key))
                .unwrap()
                .trim()
        };
        let none = "0000000000000000";
        let powers = ["CapEff:", "CapPrm:", "CapBnd:", "CapAmb:"].map(of);
        assert_eq!(powers, [none; 4]);
        assert_eq!([of("NoNewPrivs:"), of("Seccomp:")], ["1", "2"]);
        assert!(!of("Uid:").starts_with('0'), "{status}");
    }
}
