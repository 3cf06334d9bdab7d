//! One table of all sets, with what was wanted beside what was seen.

use crate::{
    output::SetResult,
    own_work::OwnWork,
    run::{Run, Runs},
    way::Way,
};

const OVER_PIPE: f64 = 4.0;
const OVER_MYDUMPER: f64 = 1.5;
const OVER_FLOOR: f64 = 1.15;
const MEMORY_MIB: f64 = 128.0;
const MEMORY_ROWS: f64 = 3.0;
const TEN_TIMES_ROWS: f64 = 10.5;

/// Prints how many times as long each way takes as dbha, and the other figures that are judged.
pub(crate) fn print(results: &[SetResult], work: Option<&OwnWork>) {
    println!(
        "\nTimes as long as dbha setup (median of the ratios within a round), and what is judged beside them"
    );
    let mut peers: Vec<&Way> = Vec::new();
    for (way, _) in results.iter().flat_map(|result| &result.ways) {
        if way.is_peer() && !peers.contains(&way) {
            peers.push(way);
        }
    }
    let names: String = peers.iter().map(|way| format!(" {:>26}", way.name())).collect();
    println!(
        "  {:<15} {:>8}{names} {:>17} {:>14} {:>9}",
        "set", "dbha s", "target CPU/floor", "memory MiB", "lock ms"
    );
    results.iter().for_each(|result| print_set(result, &peers));
    if let Some(ratio) = ten_times(results) {
        println!(
            "  ten times the rows take {:.2} times as long{}",
            ratio,
            mark(ratio <= TEN_TIMES_ROWS)
        );
    }
    if let Some((dbha, mydumper)) = work.map(OwnWork::compared) {
        let good = mark(dbha >= mydumper);
        println!(
            "  the primary's own work: {dbha:.0} transactions/s under dbha's copy, {mydumper:.0} under mydumper's dump{good}"
        );
    }
    println!(
        "  wanted: dump | client {OVER_PIPE} x, newest mydumper {OVER_MYDUMPER} x, target CPU {OVER_FLOOR} x the floor's, \
         memory {MEMORY_MIB} MiB + {MEMORY_ROWS} rows, ten times the rows {TEN_TIMES_ROWS} x, own work no slower"
    );
}

fn print_set(result: &SetResult, peers: &[&Way]) {
    let Some(dbha) = result.dbha() else {
        println!("  {:<15} dbha failed", result.name);
        return;
    };
    let cells: String = peers
        .iter()
        .map(|peer| format!(" {:>26}", peer_cell(result, dbha, peer)))
        .collect();
    let floor = result.floor().map_or("-".into(), |floor| {
        let ratio = dbha.ratio(floor, |run| run.target_cpu);
        format!("{ratio:.2}{}", mark(ratio <= OVER_FLOOR))
    });
    let peak = dbha.worst(|run: &Run| run.peak_mib);
    let limit = MEMORY_MIB + MEMORY_ROWS * (result.largest_row as f64) / f64::from(1 << 20);
    let memory = format!("{peak:.1}{}", mark(peak <= limit));
    let lock = dbha.lock_ms().map_or("-".into(), |lock| format!("{lock:.1}"));
    let seconds = dbha.median(|run| run.seconds);
    println!(
        "  {:<15} {seconds:>8.2}{cells} {floor:>17} {memory:>14} {lock:>9}",
        result.name
    );
}

fn peer_cell(result: &SetResult, dbha: &Runs, peer: &Way) -> String {
    let found = result.peers().find(|(way, _)| *way == peer);
    let Some((_, runs)) = found else { return "-".into() };
    let ratio = runs.ratio(dbha, |run| run.seconds);
    let wanted = match peer {
        Way::DumpPipe => Some(OVER_PIPE),
        Way::Mydumper { dir: Some(_), .. } => Some(OVER_MYDUMPER),
        _ => None,
    };
    format!("{ratio:.2}{}", wanted.map_or("", |wanted| mark(ratio >= wanted)))
}

/// Returns how many times as long as a tenth the one large table took.
fn ten_times(results: &[SetResult]) -> Option<f64> {
    let of = |name: &str| results.iter().find(|result| result.name == name);
    let (one, tenth) = (of("one")?, of("tenth")?);
    Some(one.dbha()?.median(|run| run.seconds) / tenth.dbha()?.median(|run| run.seconds))
}

fn mark(good: bool) -> &'static str {
    if good { " ✔" } else { " ✘" }
}
