use crate::{
    CopyError, CopyProgress, TableReport,
    checksum::prove,
    pipe::{Pair, pour},
    reader, statements,
    tables::WaitingTable,
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{sync::mpsc, task::JoinSet};

/// Longest wait for the keys of one table.
const KEYS_WITHIN: Duration = Duration::from_secs(7 * 86_400);
/// Shortest time between two pieces of news from one worker.
const NEWS_EVERY: Duration = Duration::from_millis(100);

/// Tables that nobody has taken yet.
type Queue = Arc<Mutex<VecDeque<WaitingTable>>>;

/// Copies tables with all pairs at once, the largest first, and hands the pairs back.
///
/// Each pair takes a table, pours its rows, builds its keys, proves it, and takes the next: there is no point at
/// which all wait for one.
pub(crate) async fn copy_tables(
    pairs: Vec<Pair>,
    mut tables: Vec<WaitingTable>,
    news: &mpsc::Sender<CopyProgress>,
) -> Result<(Vec<Pair>, Vec<TableReport>), CopyError> {
    tables.sort_by_key(|waiting| std::cmp::Reverse(waiting.table.bytes_estimate));
    let queue: Queue = Arc::new(Mutex::new(tables.into()));
    let mut running = JoinSet::new();
    for pair in pairs {
        running.spawn(work(pair, queue.clone(), news.clone()));
    }
    let (mut pairs, mut reports) = (vec![], vec![]);
    while let Some(ended) = running.join_next().await {
        // Only a panic inside ends a worker otherwise; the first error drops, and so ends, all others.
        let (pair, mut done) = ended.map_err(|_| CopyError::Cancelled)??;
        pairs.push(pair);
        reports.append(&mut done);
    }
    Ok((pairs, reports))
}

async fn work(
    mut pair: Pair,
    queue: Queue,
    news: mpsc::Sender<CopyProgress>,
) -> Result<(Pair, Vec<TableReport>), CopyError> {
    let mut reports = vec![];
    while let Some(waiting) = take(&queue) {
        reports.push(copy_table(&mut pair, &waiting, &news).await?);
    }
    Ok((pair, reports))
}

fn take(queue: &Queue) -> Option<WaitingTable> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
}

async fn copy_table(
    pair: &mut Pair,
    waiting: &WaitingTable,
    news: &mpsc::Sender<CopyProgress>,
) -> Result<TableReport, CopyError> {
    let table = &waiting.table;
    let (schema, name) = (table.schema.clone(), table.name.clone());
    // News that nobody reads any more must not stop a copy.
    let _ = news
        .send(CopyProgress::TableStarted {
            schema: schema.clone(),
            table: name.clone(),
            rows_estimate: table.rows_estimate,
        })
        .await;
    let mut told = Instant::now();
    let loaded = pour(pair, table, |loaded| {
        if told.elapsed() >= NEWS_EVERY {
            told = Instant::now();
            let _ = news.try_send(CopyProgress::TableRows {
                schema: schema.clone(),
                table: name.clone(),
                rows: loaded.rows,
                bytes: loaded.bytes,
            });
        }
    })
    .await?;
    add_keys(pair, waiting, news).await?;
    keep_counter(pair, waiting).await?;
    let proof = prove(&mut pair.reader, &mut pair.loader, table).await?;
    if proof.rows != loaded.rows {
        return Err(CopyError::RowsLost {
            table: table.shown(),
            sent: loaded.rows,
            stored: proof.rows,
        });
    }
    let identities = pair.identities.clone();
    identities.check_one(&mut pair.reader, table).await?;
    reader::leave(&mut pair.reader, table).await?;
    let _ = news
        .send(CopyProgress::TableFinished {
            schema: schema.clone(),
            table: name.clone(),
            rows: loaded.rows,
            bytes: loaded.bytes,
        })
        .await;
    Ok(TableReport {
        schema,
        table: name,
        rows: loaded.rows,
        bytes: loaded.bytes,
        checksum: proof.checksum(),
    })
}

async fn add_keys(
    pair: &mut Pair,
    waiting: &WaitingTable,
    news: &mpsc::Sender<CopyProgress>,
) -> Result<(), CopyError> {
    let Some(pieces) = &waiting.later else {
        return Ok(());
    };
    let table = &waiting.table;
    let _ = news
        .send(CopyProgress::TableIndexes {
            schema: table.schema.clone(),
            table: table.name.clone(),
        })
        .await;
    let add = statements::definitions::add_to_table(&table.schema, &table.name, &pieces.keys);
    pair.loader
        .execute_within(&add, KEYS_WITHIN)
        .await
        .map(|_| ())
        .map_err(CopyError::doing(format!(
            "building the keys of {}",
            table.shown()
        )))
}

/// Raises the target's counter of generated numbers to the source's, which may have gone on without a row to show.
async fn keep_counter(pair: &mut Pair, waiting: &WaitingTable) -> Result<(), CopyError> {
    let (schema, name) = (&waiting.table.schema, &waiting.table.name);
    let asked = statements::rows::next_generated_number(schema, name);
    let doing = || CopyError::doing(format!("keeping the counter of {}", waiting.table.shown()));
    let there = pair.reader.query_value(&asked).await.map_err(doing())?;
    let here = pair.loader.query_value(&asked).await.map_err(doing())?;
    let number = |text: Option<String>| text.and_then(|text| text.parse::<u64>().ok());
    match (number(there), number(here)) {
        (Some(there), Some(here)) if there > here => pair
            .loader
            .execute(&statements::definitions::raise_generated_number(
                schema, name, there,
            ))
            .await
            .map(|_| ())
            .map_err(doing()),
        _ => Ok(()),
    }
}
