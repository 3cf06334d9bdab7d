//! What keeps a machine with a systemd of its own, and puts everything of it away: a script that ends after the test does.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::unistd::geteuid;
use tempfile::TempDir;

const SYSTEMD: &str = "/lib/systemd/systemd";
const KEEP: &str = include_str!("keep.sh");
const BOOT: &str = include_str!("boot.sh");

/// How long the end of everything on a machine may take.
const END_LIMIT: Duration = Duration::from_secs(15);

/// The script that runs; dropped, it is told to end, and waited for.
pub(super) struct Keeper {
    script: Child,
    directory: TempDir,
}

/// Tells whether machines with a systemd of their own can be had here; says why not.
pub(super) fn possible() -> bool {
    let why = match () {
        () if !Path::new(SYSTEMD).is_file() => "install systemd".to_owned(),
        () if !geteuid().is_root() => "it needs root".to_owned(),
        () => {
            // Everything but the last step.
            let mut keeper = Keeper::of(Command::new("setsid"), "/bin/true", &[]);
            let open = keeper.script.stdin.take();
            let tried = keeper.script.wait().unwrap();
            drop(open);
            match tried.success() {
                true => return true,
                false => keeper.said(),
            }
        }
    };
    eprintln!("SKIPPED: not here: a systemd of its own ({why})");
    false
}

impl Keeper {
    /// Starts it with a command before it that leads to a network.
    pub(super) fn start(before: Command, shared: &[&Path]) -> Self {
        Self::of(before, SYSTEMD, shared)
    }

    /// The command before it ends with `setsid`: whoever kills the test and its group leaves it alone.
    fn of(mut before: Command, first: &str, shared: &[&Path]) -> Self {
        let made = tempfile::Builder::new().prefix("dbha-systemd-").tempdir();
        let directory = made.unwrap();
        let console = File::create(directory.path().join("console")).unwrap();
        before.args(["unshare", "--mount", "--propagation", "private"]);
        before
            .args(["/bin/bash", "-c", KEEP, "keep"])
            .arg(directory.path())
            .args([BOOT, first, env!("CARGO_BIN_EXE_dbha")])
            .args(shared);
        before
            .stdin(Stdio::piped())
            .stdout(console.try_clone().unwrap())
            .stderr(console);
        let script = before.spawn().unwrap();
        Self { script, directory }
    }

    /// Finds the machine's first process, once it is systemd; says why there will be none.
    pub(super) fn first(&mut self) -> Result<Option<u32>, String> {
        if self.script.try_wait().unwrap().is_some() {
            return Err(self.said());
        }
        let Ok(parent) = fs::read_to_string(self.directory.path().join("keeper")) else {
            return Ok(None);
        };
        let all = fs::read_dir("/proc").unwrap().flatten();
        let mut numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
        let is_first = |number: &u32| {
            let status = fs::read_to_string(format!("/proc/{number}/status")).unwrap_or_default();
            let of = |key: &str| status.lines().find_map(|line| line.strip_prefix(key));
            let of = |key: &str| of(key).map(str::trim);
            of("PPid:") == Some(parent.trim()) && of("Name:") == Some("systemd")
        };
        Ok(numbers.find(is_first))
    }

    /// Returns what both scripts and systemd have said before there was a journal.
    pub(super) fn said(&self) -> String {
        let said = fs::read_to_string(self.directory.path().join("console")).unwrap_or_default();
        let lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.collect::<Vec<_>>().join("; ")
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.script.stdin.take());
        let end = Instant::now() + END_LIMIT;
        while let Ok(None) = self.script.try_wait() {
            if Instant::now() > end {
                eprintln!("a machine is not put away: {}", self.said());
                return;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::booted::Booted;
    use super::*;
    use crate::machines::{self, Machine};

    /// What stands in this machine's own tree of control groups; none where that is not mounted.
    fn control_groups(of: u32) -> Vec<PathBuf> {
        let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
        let tree = mounts.lines().find(|line| line.contains(" - cgroup2 "));
        let Some(tree) = tree.and_then(|line| line.split(' ').nth(4)) else {
            return Vec::new();
        };
        let found = Command::new("find")
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

        let (keeper, directory) = (
            machine.keeper.script.id(),
            machine.keeper.directory.path().to_owned(),
        );
        assert_eq!(mounts_below(&directory), 0, "its mounts are its own");
        assert!(control_groups(keeper).len() <= 1);
        drop(machine);
        assert!(!fs::exists(format!("/proc/{sleeper}/fd/0")).unwrap());
        assert!(control_groups(keeper).is_empty());
        assert!(!directory.exists());
    }
}
