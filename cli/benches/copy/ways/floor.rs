//! The least that the target's work can be by statements: rows by LOAD DATA from files on the server, then the indexes.

use crate::{
    run::Run,
    session::Connection,
    source::Source,
    table::{SCHEMA, Table},
    way::Arena,
};
use std::{
    collections::VecDeque,
    sync::atomic::{AtomicUsize, Ordering},
    time::Instant,
};
use tokio::sync::Mutex;

const LOADERS: usize = 2;

/// Pieces of one table that are loaded one after the other.
struct Job<'a> {
    table: &'a Table,
    pieces: Vec<usize>,
    /// Jobs of the table that are not done yet.
    left: &'a AtomicUsize,
}

/// Loads everything with two unlogged sessions; whoever ends a table builds its indexes.
pub(crate) async fn run(arena: &Arena<'_>, source: &Source, unique_checks: bool) -> Run {
    let mut connection = Connection::open(&arena.target).await;
    let began = Instant::now();
    connection
        .run(&format!("CREATE DATABASE {SCHEMA} CHARACTER SET utf8mb4"))
        .await;
    let left: Vec<AtomicUsize> = arena.set.tables.iter().map(|_| AtomicUsize::new(0)).collect();
    let mut jobs = VecDeque::new();
    for (table, left) in arena.set.tables.iter().zip(&left) {
        connection.run(&table.create()).await;
        for pieces in jobs_of(table, unique_checks) {
            left.fetch_add(1, Ordering::SeqCst);
            jobs.push_back(Job { table, pieces, left });
        }
    }
    let jobs = Mutex::new(jobs);
    let loaders = (0..LOADERS).map(|_| load(arena, source, &jobs, unique_checks));
    futures_util::future::join_all(loaders).await;
    Run {
        seconds: began.elapsed().as_secs_f64(),
        ..Run::default()
    }
}

/// Without unique checks MariaDB fills an empty table under a lock of its own, so that one loader must do it alone.
fn jobs_of(table: &Table, unique_checks: bool) -> Vec<Vec<usize>> {
    let pieces = 0..table.ranges().len();
    match unique_checks {
        true => pieces.map(|piece| vec![piece]).collect(),
        false => vec![pieces.collect()],
    }
}

async fn load(arena: &Arena<'_>, source: &Source, jobs: &Mutex<VecDeque<Job<'_>>>, unique_checks: bool) {
    let mut connection = Connection::loader(&arena.target).await;
    let checks = u8::from(unique_checks);
    connection
        .run(&format!("SET SESSION unique_checks = {checks}"))
        .await;
    loop {
        let Some(job) = jobs.lock().await.pop_front() else {
            break;
        };
        let table = job.table;
        for piece in job.pieces {
            let file = source.file(&table.name, piece);
            connection
                .run(&format!(
                    "LOAD DATA INFILE '{}' INTO TABLE {SCHEMA}.{} CHARACTER SET {}",
                    file.display(),
                    table.name,
                    arena.set.charset
                ))
                .await;
        }
        let last = job.left.fetch_sub(1, Ordering::SeqCst) == 1;
        if last && let Some(add_keys) = table.add_keys() {
            connection.run(&add_keys).await;
        }
    }
}
