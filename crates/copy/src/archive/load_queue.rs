use super::manifest::Chunk;
use crate::{
    TableReport,
    schedule::{self, Tally},
    tables::WaitingTable,
};
use std::{collections::VecDeque, sync::Arc};

/// A table and what of it is still to be loaded.
pub(super) struct TableToLoad {
    pub(super) waiting: WaitingTable,
    /// Chunks to be loaded, in the order of the key.
    pub(super) chunks: Vec<Chunk>,
    /// Chunks that are there already, and proven.
    pub(super) proven: u64,
    /// What is in them.
    pub(super) done: Tally,
}

/// Who loads what: a table for each worker, the largest first, then halves of what others have still ahead of them.
///
/// Pure. Chunks of one run follow on one another, so that each worker adds rows at one place of a table.
pub(super) struct LoadQueue {
    tables: Vec<State>,
    fresh: VecDeque<usize>,
    runs: Vec<Run>,
}

struct State {
    waiting: Arc<WaitingTable>,
    chunks: VecDeque<Chunk>,
    open: usize,
    done: Tally,
}

struct Run {
    table: usize,
    chunks: VecDeque<Chunk>,
}

/// One thing to do for a worker.
pub(super) struct Job {
    /// The run that it belongs to.
    pub(super) run: usize,
    pub(super) table: Arc<WaitingTable>,
    /// What of the table is done.
    pub(super) before: Tally,
    /// `None` where nothing is left of the table but to end it.
    pub(super) chunk: Option<Chunk>,
}

impl LoadQueue {
    pub(super) fn new(mut tables: Vec<TableToLoad>) -> Self {
        let bytes = |table: &TableToLoad| bytes_of(&table.chunks);
        tables.sort_by_key(|table| std::cmp::Reverse(bytes(table)));
        let state = |table: TableToLoad| State {
            waiting: Arc::new(table.waiting),
            // A table without anything to load is one job all the same: it may lack its keys.
            open: table.chunks.len().max(1),
            chunks: table.chunks.into(),
            done: table.done,
        };
        Self {
            fresh: (0..tables.len()).collect(),
            tables: tables.into_iter().map(state).collect(),
            runs: vec![],
        }
    }

    /// Gives a worker its next job; `after` is the run that it was in.
    pub(super) fn next(&mut self, after: Option<usize>) -> Option<Job> {
        if let Some(run) = after
            && let Some(chunk) = self.runs[run].chunks.pop_front()
        {
            return Some(self.job(run, Some(chunk)));
        }
        let run = match self.fresh.pop_front() {
            Some(table) => Run {
                table,
                chunks: std::mem::take(&mut self.tables[table].chunks),
            },
            None => self.half_of_largest()?,
        };
        self.runs.push(run);
        let run = self.runs.len() - 1;
        let chunk = self.runs[run].chunks.pop_front();
        Some(self.job(run, chunk))
    }

    fn half_of_largest(&mut self) -> Option<Run> {
        let largest = self.runs.iter_mut().max_by_key(|run| bytes_of(&run.chunks))?;
        let keep = largest.chunks.len() / 2;
        let half = largest.chunks.split_off(keep);
        (!half.is_empty()).then_some(Run {
            table: largest.table,
            chunks: half,
        })
    }

    fn job(&self, run: usize, chunk: Option<Chunk>) -> Job {
        let state = &self.tables[self.runs[run].table];
        Job {
            run,
            table: state.waiting.clone(),
            before: state.done,
            chunk,
        }
    }

    /// Notes that a job is done; returns its table and all of its rows when it was the last one.
    pub(super) fn finish(&mut self, run: usize, done: Tally) -> Option<(Arc<WaitingTable>, TableReport)> {
        let state = &mut self.tables[self.runs[run].table];
        state.open -= 1;
        state.done.add(done);
        (state.open == 0).then(|| {
            (
                state.waiting.clone(),
                schedule::report(&state.waiting, state.done),
            )
        })
    }
}

fn bytes_of<'a>(chunks: impl IntoIterator<Item = &'a Chunk>) -> u64 {
    chunks.into_iter().map(|chunk| chunk.raw_bytes).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::table_with_key;

    fn table(name: &str, files: &[u32]) -> TableToLoad {
        let mut table = table_with_key(&[("id", "int", false)]);
        table.name = name.into();
        let chunk = |file: &u32| Chunk {
            file: Some(*file),
            after: None,
            through: None,
            rows: 1,
            checksum: "0".into(),
            raw_bytes: 10,
            longest_row: 6,
            file_bytes: 5,
            sha256: String::new(),
        };
        TableToLoad {
            waiting: WaitingTable {
                table: Arc::new(table),
                later: None,
                kept: None,
                counter: None,
            },
            proven: 0,
            chunks: files.iter().map(chunk).collect(),
            done: Tally::default(),
        }
    }

    fn file(job: &Option<Job>) -> Option<u32> {
        job.as_ref()?.chunk.as_ref()?.file
    }

    #[test]
    fn each_worker_has_a_table_and_then_half_of_anothers() {
        let mut queue = LoadQueue::new(vec![table("small", &[1]), table("large", &[2, 3, 4, 5, 6])]);
        let (first, second) = (queue.next(None), queue.next(None));
        assert_eq!((file(&first), file(&second)), (Some(2), Some(1)));
        let (first, second) = (first.unwrap().run, second.unwrap().run);
        assert!(queue.finish(second, Tally::default()).is_some());
        let stolen = queue.next(Some(second));
        assert_eq!(file(&stolen), Some(5));
        assert_eq!(file(&queue.next(Some(first))), Some(3));
        assert_eq!(file(&queue.next(Some(stolen.unwrap().run))), Some(6));
        assert_eq!(file(&queue.next(Some(first))), Some(4));
        assert!(queue.next(Some(first)).is_none());
    }

    #[test]
    fn a_table_is_done_with_its_last_chunk_and_one_without_chunks_at_once() {
        let mut queue = LoadQueue::new(vec![table("two", &[1, 2]), table("none", &[])]);
        let first = queue.next(None).unwrap();
        let second = queue.next(Some(first.run)).unwrap();
        let one = Tally {
            rows: 1,
            bytes: 10,
            sum: 5,
            kept: 0,
            ranges: 1,
        };
        assert!(queue.finish(first.run, one).is_none());
        let (_, report) = queue.finish(second.run, one).unwrap();
        assert_eq!((report.rows, report.checksum.as_str()), (2, "10"));
        let empty = queue.next(Some(second.run)).unwrap();
        assert!(empty.chunk.is_none());
        assert_eq!(
            queue.finish(empty.run, Tally::default()).unwrap().0.table.name,
            "none"
        );
        assert!(queue.next(Some(empty.run)).is_none());
    }
}
