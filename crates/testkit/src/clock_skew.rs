//! A server whose clock is wrong, by libfaketime.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::TestkitError;
use crate::home::{ServerHome, write_private};

/// Where distributions put the library, below the directories of `/usr`.
const LIBRARY: &str = "faketime/libfaketimeMT.so.1";

/// How long a server may take to answer under a wrong clock; some never do.
pub(crate) const START_LIMIT: Duration = Duration::from_secs(15);

/// Finds the library, which Debian's package `faketime` brings.
pub(crate) fn library() -> Result<PathBuf, TestkitError> {
    let mut places = vec![PathBuf::from("/usr/lib"), PathBuf::from("/usr/lib64")];
    let below = fs::read_dir("/usr/lib").into_iter().flatten().flatten();
    places.extend(below.map(|entry| entry.path()));
    let found = places
        .iter()
        .map(|place| place.join(LIBRARY))
        .find(|path| path.is_file());
    found.ok_or_else(|| {
        not_possible(
            "libfaketime is not on this machine",
            "'apt-get install faketime' brings it",
        )
    })
}

/// Says that a clock cannot be skewed.
pub(crate) fn not_possible(reason: &str, fix: &str) -> TestkitError {
    TestkitError::NotPossible {
        what: "to skew a server's clock",
        reason: reason.to_owned(),
        fix: fix.to_owned(),
    }
}

/// Says that a server does not run under the library; it runs under the right clock then.
pub(crate) fn does_not_start(error: &TestkitError) -> TestkitError {
    not_possible(
        &format!("this server does not start under libfaketime: {error}"),
        "take another release for this test, such as the system's own MariaDB",
    )
}

/// Notes for every later start of a server how far its clock is ahead; 0 takes the note away.
pub(crate) fn note(home: &ServerHome, seconds: i64) -> Result<(), TestkitError> {
    let path = home.clock_skew();
    if seconds != 0 {
        return write_private(&path, &format!("{seconds:+}"));
    }
    match fs::remove_file(&path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(TestkitError::file("remove", &path)(error)),
        _ => Ok(()),
    }
}

/// Gives the command of a server the clock that was noted for it.
pub(crate) fn apply(command: &mut Command, note: &Path) -> Result<(), TestkitError> {
    let Ok(seconds) = fs::read_to_string(note) else {
        return Ok(());
    };
    command.env("LD_PRELOAD", library()?).env("FAKETIME", seconds);
    // Waits and timeouts go by the steady clock, which a wrong date does not change.
    command
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("DONT_FAKE_MONOTONIC", "1");
    Ok(())
}
