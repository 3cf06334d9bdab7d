use crate::host::{is_server, stat_field};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serde::Serialize;
use std::{fs, io};

/// A server's process on this machine: its number, and when it was given, so that no other process is taken for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerProcess {
    /// The number.
    pub pid: u32,
    /// When it started, in ticks since the machine did.
    started: u64,
}

impl ServerProcess {
    /// Takes a running process; `None` where there is none of this number, or it has ended and waits for its parent.
    pub(super) fn of(pid: u32) -> Option<Self> {
        let started = started(pid)?;
        Some(Self { pid, started })
    }

    /// Tells whether it still runs.
    ///
    /// A process whose first thread has ended is not gone: others of its threads may still write.
    pub fn is_running(&self) -> bool {
        started(self.pid) == Some(self.started)
    }

    /// Tells whether this user may send it signals.
    pub fn may_be_killed(&self) -> bool {
        self.number().is_some_and(|pid| kill(pid, None).is_ok())
    }

    /// Kills it; nothing happens where it is gone already.
    pub(super) fn kill(&self) -> io::Result<()> {
        let (true, Some(pid)) = (self.is_running(), self.number()) else {
            return Ok(());
        };
        match kill(pid, Signal::SIGKILL) {
            Err(nix::errno::Errno::ESRCH) => Ok(()),
            sent => sent.map_err(io::Error::from),
        }
    }

    fn number(&self) -> Option<Pid> {
        // 0 and negative numbers mean groups.
        i32::try_from(self.pid)
            .ok()
            .filter(|pid| *pid > 1)
            .map(Pid::from_raw)
    }
}

/// Returns when a process started; `None` where it is gone, all of its threads included.
fn started(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let state = stat_field(&stat, 3);
    if matches!(state.as_str(), "Z" | "X") && threads(pid) <= 1 {
        return None;
    }
    stat_field(&stat, 22).parse().ok()
}

fn threads(pid: u32) -> usize {
    fs::read_dir(format!("/proc/{pid}/task")).map_or(0, Iterator::count)
}

/// Tells whether a process is a server: what it was started with says so, and it runs that program, by a loader or by itself.
///
/// A shell that starts the server, and starts it again, has the same words.
pub(super) fn is_server_process(pid: u32) -> bool {
    if !words(pid).iter().any(|word| is_server(word)) {
        return false;
    }
    match fs::read_to_string(format!("/proc/{pid}/maps")) {
        Ok(maps) => maps.lines().any(is_program_of_server),
        // Another user's; whatever it calls itself can be read.
        Err(_) => is_server(&name(pid)),
    }
}

/// Whether a line of `/proc/PID/maps` is the code of a server's program, which an upgrade may have replaced.
fn is_program_of_server(line: &str) -> bool {
    let path = line.find('/').and_then(|at| line.get(at..)).unwrap_or("");
    let path = path.strip_suffix(" (deleted)").unwrap_or(path);
    line.contains(" r-xp ") && is_server(path)
}

/// Returns the words that a process was started with.
pub(super) fn words(pid: u32) -> Vec<String> {
    let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let words = words.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    words
        .filter(|word| !word.is_empty())
        .map(|word| word.into_owned())
        .collect()
}

/// Returns the name of a process.
pub(super) fn name(pid: u32) -> String {
    let name = fs::read_to_string(format!("/proc/{pid}/comm")).unwrap_or_default();
    dbha_sql::printable(name.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_known_by_its_code() {
        let code = "55d0-55d1 r-xp 00001000 08:01 42    /usr/sbin/mariadbd";
        assert!(is_program_of_server(code));
        assert!(is_program_of_server(&format!("{code} (deleted)")));
        assert!(!is_program_of_server(
            "55d0-55d1 r--p 0000 08:01 42    /usr/sbin/mariadbd"
        ));
        assert!(!is_program_of_server(
            "55d0-55d1 r-xp 0000 08:01 42    /usr/bin/dash"
        ));
        assert!(!is_program_of_server("55d0-55d1 r-xp 0000 00:00 0"));
    }

    #[test]
    fn this_test_is_no_server_and_runs() {
        let own = ServerProcess::of(std::process::id()).unwrap();
        assert!(own.is_running() && own.may_be_killed());
        assert!(!is_server_process(own.pid));
        let earlier = ServerProcess {
            started: own.started - 1,
            ..own
        };
        assert!(!earlier.is_running());
        // It must not be this test that is killed.
        earlier.kill().unwrap();
    }
}
