//! What can be chosen for a pair beyond its servers and writers.

use crate::duration::duration;
use clap::{Args, ValueEnum};
use dbha_core::{NO_LIMIT_MS, SetupOptions};
use std::time::Duration;

/// What is chosen for a pair, and kept until something else is.
#[derive(Debug, Args)]
#[command(next_help_heading = "Set-up")]
pub struct ChoicesArgs {
    /// A commit is told to its client only once the other server has acknowledged it (semi-synchronous replication,
    /// AFTER_SYNC). What was chosen stays until =off is given.
    #[arg(long, value_enum, value_name = "WHETHER", num_args = 0..=1, require_equals = true, default_missing_value = "on")]
    pub semi_sync: Option<SemiSyncArg>,
    /// How long a commit waits for that; then it, and those behind it, are told without. `none`: it waits on, and while
    /// the other server is away nobody can commit. Default 10s.
    #[arg(long, value_name = "TIME", value_parser = limit, requires = "semi_sync")]
    pub semi_sync_timeout: Option<Duration>,
    /// Both servers start read-only, and dbha alone opens the writer: at the end of a set-up, and after a start as soon as
    /// a running dbha monitor sees both. What was chosen stays until =no is given.
    #[arg(long, value_enum, value_name = "WHETHER", num_args = 0..=1, require_equals = true, default_missing_value = "yes")]
    pub managed: Option<ManagedArg>,
}

impl ChoicesArgs {
    /// Puts what was chosen into the options of a set-up.
    pub fn put_into(&self, options: SetupOptions) -> SetupOptions {
        SetupOptions {
            semi_sync: self.semi_sync.map(|arg| arg == SemiSyncArg::On),
            semi_sync_timeout: self.semi_sync_timeout,
            managed: self.managed.map(|arg| arg == ManagedArg::Yes),
            ..options
        }
    }
}

/// Whether commits are acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SemiSyncArg {
    /// They are.
    On,
    /// They are not.
    Off,
}

/// Whether dbha alone opens a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ManagedArg {
    /// It does.
    Yes,
    /// The writer starts open.
    No,
}

/// Reads a time-out of at least 100 ms, or `none`.
fn limit(text: &str) -> Result<Duration, String> {
    let limit = match text {
        "none" => Duration::from_millis(NO_LIMIT_MS),
        text => duration(text)?,
    };
    match limit.as_millis() {
        0..100 => Err("give at least 100ms".into()),
        milliseconds if milliseconds > u128::from(NO_LIMIT_MS) => Err("give at most 49d, or none".into()),
        _ => Ok(limit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_out_is_a_time_or_none() {
        assert_eq!(limit("none"), Ok(Duration::from_millis(NO_LIMIT_MS)));
        assert_eq!(limit("2.5s"), Ok(Duration::from_millis(2_500)));
        for wrong in ["0", "50ms", "60d", "never", ""] {
            assert!(limit(wrong).is_err(), "{wrong}");
        }
    }
}
