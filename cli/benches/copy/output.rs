//! The tables that are printed.

use crate::{
    data_set::DataSet,
    run::{Run, Runs},
    way::Way,
};

/// What the ways took on one set, or why a way did not work.
pub(crate) struct SetResult {
    pub(crate) name: &'static str,
    pub(crate) largest_row: u64,
    pub(crate) ways: Vec<(Way, Result<Runs, String>)>,
}

impl SetResult {
    /// Begins without any run.
    pub(crate) fn new(set: &DataSet, ways: Vec<Way>) -> Self {
        Self {
            name: set.name,
            largest_row: set.largest_row,
            ways: ways.into_iter().map(|way| (way, Ok(Runs::default()))).collect(),
        }
    }

    /// Returns dbha's runs; `None` if it failed.
    pub(crate) fn dbha(&self) -> Option<&Runs> {
        let (_, runs) = self.ways.iter().find(|(way, _)| *way == Way::Dbha)?;
        runs.as_ref().ok()
    }

    /// Returns the runs of each peer that worked.
    pub(crate) fn peers(&self) -> impl Iterator<Item = (&Way, &Runs)> {
        let worked = self
            .ways
            .iter()
            .filter_map(|(way, runs)| Some((way, runs.as_ref().ok()?)));
        worked.filter(|(way, _)| way.is_peer())
    }

    /// Returns the runs of the floor that costs the target less.
    pub(crate) fn floor(&self) -> Option<&Runs> {
        let floors = self
            .ways
            .iter()
            .filter(|(way, _)| matches!(way, Way::Floor { .. }));
        let worked = floors.filter_map(|(_, runs)| runs.as_ref().ok());
        worked.min_by(|a, b| {
            let cpu = |runs: &Runs| runs.median(|run| run.target_cpu);
            cpu(a).total_cmp(&cpu(b))
        })
    }
}

const HEAD: &str = "  way                             seconds  x dbha   x its CPU   CPU s: target  source    tool   memory MiB  logged MiB  lock ms";

/// Prints all figures of one set.
pub(crate) fn print_set(result: &SetResult) {
    println!("{HEAD}");
    for (way, runs) in &result.ways {
        match runs {
            Ok(runs) => println!("{}", line(&way.name(), runs, result.dbha())),
            Err(reason) => println!("  {:<30}  failed: {reason}", way.name()),
        }
    }
}

fn line(name: &str, runs: &Runs, dbha: Option<&Runs>) -> String {
    let ratio = dbha.map_or(f64::NAN, |dbha| runs.ratio(dbha, |run| run.seconds));
    let cpu = dbha.map_or(f64::NAN, |dbha| runs.ratio(dbha, Run::cpu));
    let figure = |figure: fn(&Run) -> f64| runs.median(figure);
    let (target, source) = (figure(|run| run.target_cpu), figure(|run| run.source_cpu));
    let parts: Vec<String> = runs
        .parts()
        .iter()
        .map(|(part, seconds)| format!("{part} {seconds:.1}"))
        .collect();
    let lock = runs.lock_ms().map_or("-".into(), |lock| format!("{lock:.1}"));
    format!(
        "  {name:<30} {:>8.2} {ratio:>7.2} {cpu:>11.2} {target:>16.2} {source:>7.2} {:>7.2} {:>12.1} {:>11.0} {lock:>8}  {}",
        figure(|run| run.seconds),
        figure(|run| run.tool_cpu),
        runs.worst(|run| run.peak_mib),
        figure(|run| run.logged_mib),
        parts.join(" + ")
    )
}
