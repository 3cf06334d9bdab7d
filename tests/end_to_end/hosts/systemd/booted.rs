//! A systemd of its own on a host: the first process of a machine that has the host's network, and is gone with the test.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command as PlainCommand, Stdio};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use tokio::process::Command;

use super::keeper::Keeper;
use crate::eventually::eventually;
use crate::machines::Way;
use crate::overdue::output_within;

/// How long any command on the machine may take; a stop of a unit waits for its end.
const RUN_LIMIT: Duration = Duration::from_secs(60);
/// The machine; dropped, everything on it ends, and nothing of it is left.
pub(super) struct Booted {
    pub(super) keeper: Keeper,
    /// Number of its systemd, as the test's own machine counts.
    first: u32,
    name: &'static str,
}

impl Booted {
    /// Boots a machine at a host's network; what is shared is there at its own place.
    pub(super) async fn start(way: &Way, name: &'static str, shared: &[&Path]) -> Self {
        let keeper = Keeper::start(way.leading_to("setsid"), shared);
        let mut booted = Self {
            keeper,
            first: 0,
            name,
        };
        let looked = eventually(
            "systemd is the first process of its machine",
            async || booted.keeper.first(),
            |found| !matches!(found, Ok(None)),
        )
        .await;
        booted.first = looked
            .unwrap_or_else(|why| panic!("{name} does not boot: {why}"))
            .unwrap();
        let started = async || booted.try_run("systemctl is-active multi-user.target").await;
        let _ = eventually("the machine has started", started, Result::is_ok).await;
        booted
    }

    /// Prepares a program to run on the machine.
    pub(super) fn within(&self, program: &str) -> Command {
        let mut command = Command::new("setpriv");
        let target = self.first.to_string();
        command.args(["--pdeathsig", "KILL", "nsenter", "--target", &target]);
        command.args(["--mount", "--net", "--pid", "--ipc", "--uts", "--wd=/", program]);
        command.stdin(Stdio::null()).kill_on_drop(true);
        command
    }

    /// Runs a program on the machine; its arguments are these words. Returns what it said, or that it failed.
    pub(super) async fn try_run(&self, words: &str) -> Result<String, String> {
        let mut words = words.split(' ');
        let mut command = self.within(words.next().unwrap());
        let done = output_within(command.args(words), RUN_LIMIT).await?;
        let said = String::from_utf8_lossy(&done.stdout).trim().to_owned();
        match done.status.success() {
            true => Ok(said),
            false => Err(said + &String::from_utf8_lossy(&done.stderr)),
        }
    }

    /// Runs a program on the machine that must do well.
    pub(super) async fn run(&self, words: &str) -> String {
        match self.try_run(words).await {
            Ok(said) => said,
            Err(why) => panic!("{}: {words}: {why}", self.name),
        }
    }

    /// Returns a property of a unit as systemd knows it now.
    pub(super) async fn property(&self, unit: &str, name: &str) -> String {
        self.run(&format!("systemctl show --value --property={name} {unit}"))
            .await
    }

    /// Returns the number of a unit's main process as the test's own machine counts.
    pub(super) async fn process_of(&self, unit: &str) -> u32 {
        let within = self.property(unit, "MainPID").await;
        let group = format!("{}\t{within}", self.first_of_namespace());
        let all = fs::read_dir("/proc").unwrap().flatten();
        let mut numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let same = |number: &u32| numbers_of(*number).is_some_and(|pair| pair == group);
        numbers
            .find(|number| same(number))
            .unwrap_or_else(|| panic!("{unit} has no process: {within}"))
    }

    fn first_of_namespace(&self) -> String {
        fs::read_link(format!("/proc/{}/ns/pid", self.first))
            .unwrap()
            .display()
            .to_string()
    }

    /// Returns what the journal has of a unit, systemd's own remarks about it included.
    pub(super) async fn journal(&self, unit: &str) -> String {
        self.run(&format!(
            "journalctl --no-pager --quiet --output=cat --unit={unit}"
        ))
        .await
    }

    /// Returns the journal's entries of a unit.
    pub(super) async fn entries(&self, unit: &str) -> Vec<Value> {
        let said = self
            .run(&format!(
                "journalctl --no-pager --quiet --output=json --unit={unit}"
            ))
            .await;
        said.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    /// Returns where a file of the machine is for the test.
    pub(super) fn place(&self, path: &str) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root{path}", self.first))
    }

    /// Writes a file on the machine that its owner root alone can read where it holds a secret.
    pub(super) fn write(&self, path: &str, text: &str, mode: u32) {
        let place = self.place(path);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        fs::write(&place, text).unwrap();
        fs::set_permissions(&place, fs::Permissions::from_mode(mode)).unwrap();
    }

    /// Puts a unit, or a drop-in for one, where an administrator does.
    pub(super) async fn install(&self, unit: &str, text: &str) {
        self.write(&format!("/etc/systemd/system/{unit}"), text, 0o644);
        self.run("systemctl daemon-reload").await;
    }

    fn tell_last(&self) {
        let target = self.first.to_string();
        let mut command = PlainCommand::new("timeout");
        command.args([
            "10",
            "nsenter",
            "--target",
            &target,
            "--mount",
            "--pid",
            "journalctl",
            "--no-pager",
        ]);
        let told = command
            .args(["--quiet", "--output=short-precise", "--lines=60"])
            .output();
        let told = told.map(|told| String::from_utf8_lossy(&told.stdout).into_owned());
        eprintln!(
            "--- the last of the journal of {}\n{}{}",
            self.name,
            told.unwrap_or_default(),
            self.keeper.said()
        );
    }
}

/// Returns the namespace of a process and its number in there.
fn numbers_of(number: u32) -> Option<String> {
    let namespace = fs::read_link(format!("/proc/{number}/ns/pid")).ok()?;
    let status = fs::read_to_string(format!("/proc/{number}/status")).ok()?;
    let numbers = status.lines().find_map(|line| line.strip_prefix("NSpid:"))?;
    let innermost = numbers.split_whitespace().last()?;
    Some(format!("{}\t{innermost}", namespace.display()))
}

impl Drop for Booted {
    fn drop(&mut self) {
        if thread::panicking() {
            self.tell_last();
        }
    }
}
