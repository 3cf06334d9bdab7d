//! How much the primary's own work slows down under a copy, by dbha and by mydumper.

use crate::{
    data_set::DataSet,
    process::watch,
    settings::Settings,
    shapes,
    source::Source,
    way::Arena,
    ways::{self, dbha::Told},
    workload::{Pace, SHAPE, Workload},
};
use dbha_testkit::Release;
use std::time::{Duration, Instant};

/// By which it is chosen.
pub(crate) const NAME: &str = "work";

const TABLES: u64 = 4;
/// How long the work goes on undisturbed before a copy begins.
const ALONE: Duration = Duration::from_secs(5);

/// Paces of the work, one list for each stretch.
#[derive(Default)]
pub(crate) struct OwnWork {
    alone: Vec<Pace>,
    dbha_copy: Vec<Pace>,
    dbha_all: Vec<Pace>,
    mydumper_dump: Vec<Pace>,
    mydumper_all: Vec<Pace>,
}

impl OwnWork {
    /// Returns transactions in a second under dbha's copy, and under mydumper's dump.
    pub(crate) fn compared(&self) -> (f64, f64) {
        let pace = |paces: &[Pace]| Pace::median(paces).per_second;
        (pace(&self.dbha_copy), pace(&self.mydumper_dump))
    }
}

/// Lets the work go on while dbha, then mydumper, copies the data.
pub(crate) async fn measure(settings: &Settings) -> OwnWork {
    let rows = settings.rows(1_000_000);
    let set = DataSet::new(NAME, Release::MariaDb10_11, shapes::sysbench(TABLES, rows));
    println!("\n{NAME}: {} on {}; {SHAPE}", set.what, set.release);
    println!(
        "  here both servers have sync_binlog=1 and innodb_flush_log_at_trx_commit=1, as they have in a pair"
    );
    let options = set.server_options();
    let options = options
        .set("sync_binlog", 1)
        .set("innodb_flush_log_at_trx_commit", 1);
    let mut source = Source::filled(&set, &options).await;
    let mut work = OwnWork::default();
    for round in 0..settings.rounds {
        source.reset(&set).await;
        let arena = Arena::new(&set, settings, &source, &options).await;
        let by_dbha = under_dbha(&arena, rows, &mut work).await;
        drop(arena);
        source.paired = true;
        source.reset(&set).await;
        let arena = Arena::new(&set, settings, &source, &options).await;
        let by_mydumper = under_mydumper(&arena, rows, &mut work).await;
        for outcome in [by_dbha, by_mydumper] {
            let words = outcome.err().unwrap_or_else(|| "done".into());
            eprintln!("  {NAME} {}: {words}", round + 1);
        }
    }
    print(&work, &ways::mydumper::version(settings.mydumper_dir.as_deref()));
    work
}

async fn under_dbha(arena: &Arena<'_>, rows: u64, work: &mut OwnWork) -> Result<(), String> {
    let workload = Workload::start(arena.source, TABLES, rows).await;
    let alone = Instant::now();
    tokio::time::sleep(ALONE).await;
    let began = Instant::now();
    watch(began, vec![("dbha", ways::dbha::start(arena))]).await?;
    let ended = Instant::now();
    let done = workload.stop().await;
    let told = Told::read(arena);
    let moment = |seconds| began + Duration::from_secs_f64(seconds);
    work.alone.push(done.pace(alone, began));
    work.dbha_all.push(done.pace(began, ended));
    work.dbha_copy
        .push(done.pace(moment(told.copy_began), moment(told.copy_ended)));
    Ok(())
}

async fn under_mydumper(arena: &Arena<'_>, rows: u64, work: &mut OwnWork) -> Result<(), String> {
    let dir = arena.settings.mydumper_dir.as_deref();
    let workload = Workload::start(arena.source, TABLES, rows).await;
    let alone = Instant::now();
    tokio::time::sleep(ALONE).await;
    let began = Instant::now();
    ways::mydumper::dump(arena, dir, false).await?;
    let dumped = Instant::now();
    ways::mydumper::load(arena, dir).await?;
    let ended = Instant::now();
    let done = workload.stop().await;
    work.alone.push(done.pace(alone, began));
    work.mydumper_dump.push(done.pace(began, dumped));
    work.mydumper_all.push(done.pace(began, ended));
    Ok(())
}

fn print(work: &OwnWork, version: &str) {
    let alone = Pace::median(&work.alone).per_second;
    println!(
        "  while                                  seconds  transactions/s   of alone   p95 ms   longest ms"
    );
    let stretches = [
        ("nothing else runs".to_owned(), &work.alone),
        ("dbha copies".to_owned(), &work.dbha_copy),
        ("dbha setup, all of it".to_owned(), &work.dbha_all),
        (format!("mydumper {version} dumps"), &work.mydumper_dump),
        (format!("mydumper {version} dumps and loads"), &work.mydumper_all),
    ];
    for (name, paces) in stretches {
        let pace = Pace::median(paces);
        println!(
            "  {name:<37} {:>8.1} {:>15.0} {:>9.0}% {:>8.2} {:>12.1}",
            pace.seconds,
            pace.per_second,
            100.0 * pace.per_second / alone,
            pace.p95_ms,
            pace.longest_ms
        );
    }
}
