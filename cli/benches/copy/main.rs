//! How fast and at what cost `dbha setup` brings data into a second server, against the tools that people use instead.
//!
//! `docs/benchmarks.md` says how to run it and what its lines mean.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr
)] // prints figures, and has nobody to hand an error to

mod data_set;
mod goals;
mod measure;
mod output;
mod own_work;
mod process;
mod run;
mod session;
mod settings;
mod shapes;
mod source;
mod table;
mod way;
mod ways;
mod workload;

use data_set::{DataSet, SERVER_OPTIONS};
use settings::Settings;

fn main() {
    ways::dbha::assert_no_failpoints();
    let settings = Settings::from_environment();
    let sets = DataSet::all(&settings);
    let mut known: Vec<&str> = sets.iter().map(|set| set.name).collect();
    known.push(own_work::NAME);
    let unknown = settings.unknown(&known);
    assert!(
        unknown.is_empty(),
        "no such set: {unknown:?}; there are {known:?}"
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        println!("Both servers: {SERVER_OPTIONS}.");
        println!(
            "Median of {} rounds; in each round every way runs once, into a fresh server. Scale {}.",
            settings.rounds, settings.scale
        );
        let mut results = Vec::new();
        for set in sets.iter().filter(|set| settings.wants(set.name)) {
            results.extend(measure::all_ways(set, &settings).await);
        }
        let work = match settings.wants(own_work::NAME) {
            true => Some(own_work::measure(&settings).await),
            false => None,
        };
        goals::print(&results, work.as_ref());
    });
}
