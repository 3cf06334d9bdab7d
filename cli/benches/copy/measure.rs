//! The rounds of one set.

use crate::{
    data_set::DataSet,
    output::{SetResult, print_set},
    run::Runs,
    settings::Settings,
    source::Source,
    way::{self, Way},
};
use dbha_testkit::Installation;

/// Measures all ways on one set and prints the figures; `None` where its release is not on this machine.
pub(crate) async fn all_ways(set: &DataSet, settings: &Settings) -> Option<SetResult> {
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
    let mut result = SetResult::new(set, Way::all(set, settings));
    let mut loads = Vec::new();
    for round in 0..settings.rounds {
        for turn in 0..result.ways.len() {
            loads.push(load_average());
            // Another one begins in each round, so that what a neighbour leaves behind meets each of them.
            let index = (turn + round) % result.ways.len();
            one_run(set, settings, &mut source, &mut result.ways[index]).await;
        }
    }
    print_set(&result);
    println!(
        "  load average of the machine before the runs: {:.1} to {:.1}",
        loads.iter().copied().fold(f64::NAN, f64::min),
        loads.iter().copied().fold(f64::NAN, f64::max)
    );
    Some(result)
}

/// Takes one way once; one that has failed is not taken again.
async fn one_run(
    set: &DataSet,
    settings: &Settings,
    source: &mut Source,
    (way, runs): &mut (Way, Result<Runs, String>),
) {
    let Ok(done) = runs else { return };
    let outcome = way::run(way, set, settings, source).await;
    let name = way.name();
    match outcome {
        Ok(run) => {
            eprintln!("  {}: {name} {:.2} s", set.name, run.seconds);
            done.0.push(run);
        }
        Err(reason) => {
            eprintln!("  {}: {name} failed: {reason}", set.name);
            *runs = Err(reason);
        }
    }
}

/// Returns how many tasks wanted to run in the last minute, ours and those of others.
fn load_average() -> f64 {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}
