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
use dbha_testkit::Installation;
use output::{SetResult, print_set};
use settings::Settings;
use source::Source;
use way::Way;

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
            results.extend(measure(set, &settings).await);
        }
        let work = match settings.wants(own_work::NAME) {
            true => Some(own_work::measure(&settings).await),
            false => None,
        };
        goals::print(&results, work.as_ref());
    });
}

/// Measures all ways on one set; `None` where its release is not on this machine.
async fn measure(set: &DataSet, settings: &Settings) -> Option<SetResult> {
    println!("\n{}: {} on {}", set.name, set.what, set.release);
    if let Err(error) = Installation::find(set.release) {
        println!("  skipped: {error}");
        return None;
    }
    let mut source = Source::filled(set, &set.server_options()).await;
    if set.with_peers {
        source.write_files(set).await;
    }
    println!("  {} MB on disk", source.bytes() / 1_000_000);
    let ways = Way::all(set, settings);
    let count = ways.len();
    let mut result = SetResult::new(set, ways);
    for round in 0..settings.rounds {
        for turn in 0..count {
            // Another one begins in each round, so that what a neighbour leaves behind meets each of them.
            let (way, runs) = &mut result.ways[(turn + round) % count];
            let Ok(done) = runs else { continue };
            match way::run(way, set, settings, &mut source).await {
                Ok(run) => {
                    eprintln!(
                        "  {} {}: {} {:.2} s",
                        set.name,
                        round + 1,
                        way.name(),
                        run.seconds
                    );
                    done.0.push(run);
                }
                Err(reason) => {
                    eprintln!("  {} {}: {} failed: {reason}", set.name, round + 1, way.name());
                    *runs = Err(reason);
                }
            }
        }
    }
    print_set(&result);
    Some(result)
}
