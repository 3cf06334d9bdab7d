//! Processes of this machine, and signals to those that a test has started.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::process::Child;
use tokio::time::timeout;

use crate::eventually::{LIMIT, eventually};

/// Finds the processes that were started with this path somewhere in their arguments.
pub(crate) fn processes_with(path: &Path) -> Vec<u32> {
    let wanted = path.as_os_str().as_bytes();
    let all = fs::read_dir("/proc").unwrap().flatten();
    let numbers = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers
        .filter(|number| {
            let line = fs::read(format!("/proc/{number}/cmdline")).unwrap_or_default();
            line.windows(wanted.len()).any(|part| part == wanted)
        })
        .collect()
}

/// Waits until no such process is left, or fails the test.
pub(crate) async fn assert_no_process_with(path: &Path) {
    eventually(
        "every process has ended",
        async || processes_with(path),
        Vec::is_empty,
    )
    .await;
}

/// Sends a signal to a program that the test has started and not yet waited for.
pub(crate) fn send(child: &Child, signal: Signal) {
    let number = child.id().expect("the program still runs");
    kill(Pid::from_raw(i32::try_from(number).unwrap()), signal).unwrap();
}

/// Waits for the end of a program, or fails the test; returns its exit code, if it has one.
pub(crate) async fn end_of(child: &mut Child) -> Option<i32> {
    let limit: Duration = LIMIT;
    timeout(limit, child.wait())
        .await
        .expect("the program ends")
        .unwrap()
        .code()
}
