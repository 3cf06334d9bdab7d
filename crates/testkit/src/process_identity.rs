//! Which process is meant, even after its number has been given to another.

use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

/// Names one process by number and start time, so that a recycled number is never taken for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessIdentity {
    /// The process number.
    pub pid: u32,
    /// When it started, in clock ticks since the machine did (field 22 of `/proc/PID/stat`).
    pub started: u64,
}

impl ProcessIdentity {
    /// Identifies a process that runs now.
    pub fn of(pid: u32) -> Option<Self> {
        let (_, started) = state_and_start(pid)?;
        Some(Self { pid, started })
    }

    /// Tells whether that very process still runs; one that has ended and was not yet reaped does not.
    pub fn is_running(&self) -> bool {
        state_and_start(self.pid).is_some_and(|(state, started)| state != 'Z' && started == self.started)
    }

    /// Finds the processes that were started with an option file, whoever is their parent.
    pub(crate) fn with_option_file(option_file: &Path) -> Vec<Self> {
        let argument = format!("--defaults-file={}", option_file.display());
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
        pids.filter(|pid| has_argument(*pid, &argument))
            .filter_map(Self::of)
            .collect()
    }
}

fn has_argument(pid: u32, argument: &str) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.split(|byte| *byte == 0)
        .any(|word| word == argument.as_bytes())
}

fn state_and_start(pid: u32) -> Option<(char, u64)> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in brackets and may hold anything, brackets and blanks too.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?.chars().next()?;
    Some((state, fields.nth(18)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_runs_and_one_with_another_start_does_not() {
        let me = ProcessIdentity::of(std::process::id()).unwrap();
        assert!(me.is_running());
        assert!(
            !ProcessIdentity {
                started: me.started + 1,
                ..me
            }
            .is_running()
        );
    }
}
