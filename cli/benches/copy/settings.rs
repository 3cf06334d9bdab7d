//! What the environment asks of the benchmark.

use std::{env, path::PathBuf, str::FromStr};

/// Wishes of whoever runs it, each with a default.
pub(crate) struct Settings {
    /// Factor for the rows of every data set.
    pub(crate) scale: f64,
    /// Names of the sets to run; `None` for all.
    only: Option<Vec<String>>,
    /// How often each way is taken.
    pub(crate) rounds: usize,
    /// Lets `mariadb` load without a binary log, as myloader does by itself and dbha always.
    pub(crate) peers_unlogged: bool,
    /// Where another mydumper and myloader are, beside the system's own.
    pub(crate) mydumper_dir: Option<PathBuf>,
}

impl Settings {
    /// Reads the variables; a value that cannot be understood ends the run, since hours may depend on it.
    pub(crate) fn from_environment() -> Self {
        let list = |text: String| text.split(',').map(|name| name.trim().to_owned()).collect();
        Self {
            scale: number("DBHA_BENCH_SCALE", 1.0),
            only: text("DBHA_BENCH_ONLY").map(list),
            rounds: number("DBHA_BENCH_ROUNDS", 3).max(1),
            peers_unlogged: text("DBHA_BENCH_PEERS_UNLOGGED").is_some_and(|value| value != "0"),
            mydumper_dir: text("MYDUMPER_DIR").map(PathBuf::from),
        }
    }

    /// Tells whether a set, or the section with this name, was asked for.
    pub(crate) fn wants(&self, name: &str) -> bool {
        let Some(only) = &self.only else { return true };
        only.iter().any(|wanted| wanted == name)
    }

    /// Returns the names that were asked for and are none of these.
    pub(crate) fn unknown<'a>(&'a self, known: &[&str]) -> Vec<&'a str> {
        let only = self.only.iter().flatten().map(String::as_str);
        only.filter(|name| !known.contains(name)).collect()
    }

    /// Scales a number of rows, and leaves at least one.
    pub(crate) fn rows(&self, full: u64) -> u64 {
        ((full as f64 * self.scale) as u64).max(1)
    }
}

fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.trim().is_empty())
}

fn number<T: FromStr>(name: &str, default: T) -> T {
    let Some(text) = text(name) else { return default };
    let Ok(number) = text.trim().parse() else {
        panic!("{name}={text} is no number");
    };
    number
}
