//! A systemd of its own on a host: the first process of a machine that has the host's network, and is gone with the test.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command as PlainCommand, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::geteuid;
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::eventually::eventually;
use crate::machines::Way;
use crate::overdue::output_within;

const SYSTEMD: &str = "/lib/systemd/systemd";
const KEEP: &str = include_str!("keep.sh");
const BOOT: &str = include_str!("boot.sh");

/// How long any command on the machine may take; a stop of a unit waits for its end.
const RUN_LIMIT: Duration = Duration::from_secs(60);
/// How long the end of everything on it may take.
const END_LIMIT: Duration = Duration::from_secs(15);

/// The machine; dropped, everything on it ends, and nothing of it is left.
pub(super) struct Booted {
    keeper: Child,
    /// Number of its systemd, as the test's own machine counts.
    first: u32,
    name: &'static str,
    directory: TempDir,
}

/// Tells whether machines with a systemd of their own can be had here; says why not.
pub(super) fn possible() -> bool {
    let why = match () {
        () if !Path::new(SYSTEMD).is_file() => "install systemd".to_owned(),
        () if !geteuid().is_root() => "it needs root".to_owned(),
        () => {
            let directory = tempfile::tempdir().unwrap();
            // Everything but the last step.
            let mut keeper = keeper(PlainCommand::new("setsid"), directory.path(), "/bin/true", &[]);
            let _open = keeper.stdin.take();
            match keeper.wait().unwrap().success() {
                true => return true,
                false => said_last(directory.path()),
            }
        }
    };
    eprintln!("SKIPPED: not here: a systemd of its own ({why})");
    false
}

fn said_last(directory: &Path) -> String {
    let said = fs::read_to_string(directory.join("console")).unwrap_or_default();
    let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("; ")
}

/// Starts what keeps a machine by `setsid`: whoever kills the test and its group leaves it alone, and it puts everything away.
fn keeper(mut before: PlainCommand, directory: &Path, first: &str, shared: &[&Path]) -> Child {
    let console = fs::File::create(directory.join("console")).unwrap();
    before.args([
        "unshare",
        "--mount",
        "--propagation",
        "private",
        "/bin/bash",
        "-c",
        KEEP,
        "keep",
    ]);
    before
        .arg(directory)
        .args([BOOT, first, env!("CARGO_BIN_EXE_dbha")])
        .args(shared);
    before
        .stdin(Stdio::piped())
        .stdout(console.try_clone().unwrap())
        .stderr(console);
    before.spawn().unwrap()
}

impl Booted {
    /// Boots a machine at a host's network; what is shared is there at its own place.
    pub(super) async fn start(way: &Way, name: &'static str, shared: &[&Path]) -> Self {
        let directory = tempfile::Builder::new()
            .prefix("dbha-systemd-")
            .tempdir()
            .unwrap();
        let keeper = keeper(way.leading_to("setsid"), directory.path(), SYSTEMD, shared);
        let mut booted = Self {
            keeper,
            first: 0,
            name,
            directory,
        };
        let looked = eventually(
            "systemd is the first process of its machine",
            async || booted.find_first(),
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

    /// Finds the child of `unshare`, once it is systemd; says why there will be none.
    fn find_first(&mut self) -> Result<Option<u32>, String> {
        if self.keeper.try_wait().unwrap().is_some() {
            return Err(said_last(self.directory.path()));
        }
        let Ok(parent) = fs::read_to_string(self.directory.path().join("keeper")) else {
            return Ok(None);
        };
        let children = fs::read_dir("/proc").unwrap().flatten();
        let numbers = children.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let is_first = |number: &u32| {
            let status = fs::read_to_string(format!("/proc/{number}/status")).unwrap_or_default();
            let of = |key: &str| {
                status
                    .lines()
                    .find_map(|line| line.strip_prefix(key))
                    .map(str::trim)
            };
            of("PPid:") == Some(parent.trim()) && of("Name:") == Some("systemd")
        };
        Ok({ numbers }.find(is_first))
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
        let console = fs::read_to_string(self.directory.path().join("console")).unwrap_or_default();
        eprintln!(
            "--- the last of the journal of {}\n{}{console}",
            self.name,
            told.unwrap_or_default()
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
        drop(self.keeper.stdin.take());
        let end = Instant::now() + END_LIMIT;
        while let Ok(None) = self.keeper.try_wait() {
            if Instant::now() > end {
                eprintln!(
                    "the machine {} is not put away: {}",
                    self.name,
                    said_last(self.directory.path())
                );
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machines::{self, Machine};

    /// What stands in this machine's own tree of control groups; none where that is not mounted.
    fn control_groups(of: u32) -> Vec<PathBuf> {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        let tree = mounts.lines().find(|line| line.contains(" - cgroup2 "));
        let Some(tree) = tree.and_then(|line| line.split(' ').nth(4)) else {
            return Vec::new();
        };
        let found = PlainCommand::new("find")
            .args([tree, "-name", &format!("dbha-systemd-{of}")])
            .output()
            .unwrap();
        let found = String::from_utf8_lossy(&found.stdout).into_owned();
        found.lines().map(PathBuf::from).collect()
    }

    fn mounts_below(directory: &Path) -> usize {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        let below = |line: &&str| line.contains(directory.to_str().unwrap());
        mounts.lines().filter(below).count()
    }

    #[tokio::test]
    async fn a_machine_leaves_nothing_behind_and_changes_nothing_here() {
        if !machines::possible().await || !possible() {
            return;
        }
        let network = Machine::start().await;
        let machine = Booted::start(&network.way(), "machine", &[]).await;
        assert_eq!(machine.run("cat /proc/1/comm").await, "systemd");
        machine.try_run("sysctl -w vm.swappiness=1").await.unwrap_err();
        machine.write("/etc/dbha/dbha-systemd-test", "", 0o644);
        assert!(!Path::new("/etc/dbha/dbha-systemd-test").exists());
        let sleeps = "[Service]\nExecStart=/bin/sleep 600\n";
        machine.install("sleeper.service", sleeps).await;
        machine.run("systemctl start sleeper").await;
        let sleeper = machine.process_of("sleeper").await;

        let (keeper, directory) = (machine.keeper.id(), machine.directory.path().to_owned());
        assert_eq!(mounts_below(&directory), 0, "its mounts are its own");
        assert!(control_groups(keeper).len() <= 1);
        drop(machine);
        assert!(!fs::exists(format!("/proc/{sleeper}/fd/0")).unwrap());
        assert_eq!(control_groups(keeper), [PathBuf::new(); 0]);
        assert!(!directory.exists());
    }
}
