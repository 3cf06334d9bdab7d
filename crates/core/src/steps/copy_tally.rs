use crate::CopyCounts;
use dbha_copy::{CopyPhase, CopyProgress};
use std::{
    collections::{HashMap, VecDeque},
    time::Duration,
};

/// Building a key costs this many times what storing as many bytes of rows costs: 51 ns against 18 ns a byte, measured.
const KEY_WEIGHT: u64 = 3;
/// The rate is that of so much time.
const RATE_OVER: Duration = Duration::from_secs(10);
/// A rate and a time left need some history to mean anything.
const FIRST_GUESS: Duration = Duration::from_secs(1);

/// Adds up what the workers of a copy report, each for its own table, and judges how far the whole is.
#[derive(Debug, Default)]
pub(crate) struct CopyTally {
    counts: CopyCounts,
    tables: HashMap<(String, String), TableTally>,
    /// When rows began to flow.
    began: Option<Duration>,
    /// Bytes that were there at earlier moments, the oldest first.
    history: VecDeque<(Duration, u64)>,
    /// Bytes of all rows and of all keys, estimated.
    total: (u64, u64),
    /// Bytes of files that have come, and in all, where files come over whole.
    cloned: Option<(u64, u64)>,
}

#[derive(Debug, Default)]
struct TableTally {
    rows: u64,
    bytes: u64,
    rows_estimate: u64,
    bytes_estimate: u64,
    key_bytes_estimate: u64,
    finished: bool,
}

impl TableTally {
    /// Returns the estimated work that is done, in bytes of rows.
    fn work_done(&self) -> u64 {
        if self.finished {
            return self.bytes_estimate + KEY_WEIGHT * self.key_bytes_estimate;
        }
        // A table has as many rows as it turns out to have; an estimate that was too low is used up, no more.
        let share = self.rows as f64 / self.rows_estimate.max(self.rows).max(1) as f64;
        (self.bytes_estimate as f64 * share) as u64
    }

    /// Returns by how much the bytes of its rows differ from what was estimated, as far as that is known.
    fn bytes_beyond_estimate(&self) -> i128 {
        match self.finished {
            true => i128::from(self.bytes) - i128::from(self.bytes_estimate),
            false => i128::from(self.bytes.saturating_sub(self.bytes_estimate)),
        }
    }
}

impl CopyTally {
    /// Takes one piece of news, that came so long after the copy began, and returns where the copy stands.
    pub(crate) fn take(&mut self, progress: CopyProgress, now: Duration) -> &CopyCounts {
        match progress {
            CopyProgress::Phase { phase } => {
                self.counts.phase = phase_word(phase).to_owned();
                if phase == CopyPhase::Data {
                    self.began.get_or_insert(now);
                }
            }
            CopyProgress::Cloned { bytes, of } => {
                self.began.get_or_insert(now);
                self.cloned = Some((bytes, of));
            }
            CopyProgress::Totals {
                tables,
                rows,
                bytes,
                key_bytes,
            } => {
                self.total = (bytes, key_bytes);
                (self.counts.tables, self.counts.rows) = (tables, rows);
            }
            CopyProgress::TableStarted {
                schema,
                table,
                rows_estimate,
                bytes_estimate,
                key_bytes_estimate,
            } => {
                self.counts.table = Some(format!("{schema}.{table}"));
                let tally = self.tables.entry((schema, table)).or_default();
                tally.rows_estimate = rows_estimate;
                tally.bytes_estimate = bytes_estimate;
                tally.key_bytes_estimate = key_bytes_estimate;
            }
            CopyProgress::TableRows {
                schema,
                table,
                rows,
                bytes,
            } => {
                let tally = self.tables.entry((schema, table)).or_default();
                // Several workers report about one table, and not always in order.
                tally.rows = tally.rows.max(rows);
                tally.bytes = tally.bytes.max(bytes);
            }
            CopyProgress::TableFinished {
                schema,
                table,
                rows,
                bytes,
            } => {
                let tally = self.tables.entry((schema, table)).or_default();
                (tally.rows, tally.bytes, tally.finished) = (rows, bytes, true);
                self.counts.tables_done += 1;
            }
            CopyProgress::Again { .. } => *self = CopyTally::default(),
            _ => {}
        }
        self.add_up();
        self.judge(now);
        &self.counts
    }

    fn add_up(&mut self) {
        if let Some((bytes, of)) = self.cloned {
            (self.counts.bytes_done, self.counts.bytes) = (bytes, of.max(bytes));
            self.counts.share_done = bytes as f64 / of.max(bytes).max(1) as f64;
            return;
        }
        let tables = || self.tables.values();
        self.counts.rows_done = tables().map(|table| table.rows).sum();
        self.counts.bytes_done = tables().map(|table| table.bytes).sum();
        let beyond: i128 = tables().map(TableTally::bytes_beyond_estimate).sum();
        let bytes = u64::try_from((i128::from(self.total.0) + beyond).max(0)).unwrap_or(u64::MAX);
        self.counts.bytes = bytes.max(self.counts.bytes_done);
        let work = self.total.0 + KEY_WEIGHT * self.total.1;
        let done: u64 = tables().map(TableTally::work_done).sum();
        self.counts.share_done = done as f64 / work.max(done).max(1) as f64;
    }

    fn judge(&mut self, now: Duration) {
        let Some(began) = self.began else { return };
        let bytes = self.counts.bytes_done;
        self.history.push_back((now, bytes));
        while self.history.len() > 2 && now.saturating_sub(self.history[1].0) >= RATE_OVER {
            self.history.pop_front();
        }
        let elapsed = now.saturating_sub(began);
        if elapsed < FIRST_GUESS {
            return;
        }
        if let Some((then, had)) = self.history.front() {
            let seconds = now.saturating_sub(*then).as_secs_f64().max(0.001);
            self.counts.bytes_per_second = (bytes.saturating_sub(*had) as f64 / seconds) as u64;
        }
        let share = self.counts.share_done;
        self.counts.seconds_left =
            (share > 0.0).then(|| (elapsed.as_secs_f64() * (1.0 - share) / share).ceil() as u64);
    }
}

fn phase_word(phase: CopyPhase) -> &'static str {
    match phase {
        CopyPhase::Files => "files",
        CopyPhase::Snapshot => "snapshot",
        CopyPhase::Schema => "schema",
        CopyPhase::Data => "data",
        CopyPhase::Indexes => "indexes",
        CopyPhase::Objects => "objects",
        CopyPhase::Accounts => "accounts",
        CopyPhase::Check => "check",
        CopyPhase::Clone => "clone",
        CopyPhase::Restart => "restart",
        _ => "copy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn started(table: &str, rows: u64) -> CopyProgress {
        CopyProgress::TableStarted {
            schema: "s".into(),
            table: table.into(),
            rows_estimate: rows,
            bytes_estimate: rows * 10,
            key_bytes_estimate: 0,
        }
    }

    fn rows(rows: u64) -> CopyProgress {
        CopyProgress::TableRows {
            schema: "s".into(),
            table: "t".into(),
            rows,
            bytes: rows * 10,
        }
    }

    fn finished(table: &str, rows: u64, bytes: u64) -> CopyProgress {
        CopyProgress::TableFinished {
            schema: "s".into(),
            table: table.into(),
            rows,
            bytes,
        }
    }

    fn begun(bytes: u64, key_bytes: u64) -> CopyTally {
        let mut tally = CopyTally::default();
        let totals = CopyProgress::Totals {
            tables: 2,
            rows: bytes / 10,
            bytes,
            key_bytes,
        };
        tally.take(totals, Duration::ZERO);
        let phase = CopyPhase::Data;
        tally.take(CopyProgress::Phase { phase }, Duration::ZERO);
        tally
    }

    #[test]
    fn rows_of_running_and_finished_tables_are_added() {
        let mut tally = begun(100, 0);
        tally.take(rows(3), SECOND);
        assert_eq!(tally.take(rows(4), SECOND).rows_done, 4);
        let counts = tally.take(finished("t", 5, 50), SECOND);
        assert_eq!((counts.rows_done, counts.bytes_done), (5, 50));
        assert_eq!((counts.tables_done, counts.tables), (1, 2));
    }

    #[test]
    fn files_that_come_over_whole_are_counted_in_bytes() {
        let mut tally = CopyTally::default();
        let cloned = |bytes| CopyProgress::Cloned { bytes, of: 100 };
        tally.take(cloned(0), Duration::ZERO);
        let counts = tally.take(cloned(25), 2 * SECOND);
        assert_eq!((counts.bytes_done, counts.bytes, counts.tables), (25, 100, 0));
        assert_eq!(counts.seconds_left, Some(6));
    }

    #[test]
    fn a_table_larger_than_estimated_makes_the_whole_larger() {
        let mut tally = begun(100, 0);
        tally.take(started("t", 5), SECOND);
        assert_eq!(tally.take(rows(9), SECOND).bytes, 140);
        assert_eq!(tally.take(finished("t", 2, 20), SECOND).bytes, 70);
    }

    #[test]
    fn the_time_left_follows_from_the_work_that_is_done_keys_included() {
        // 100 bytes of rows and 100 bytes of keys, which cost thrice as much: rows alone are a quarter of it.
        let mut tally = begun(100, 100);
        tally.take(started("t", 10), Duration::ZERO);
        let counts = tally.take(rows(10), 10 * SECOND);
        assert_eq!(counts.share_done, 0.25);
        assert_eq!(counts.seconds_left, Some(30));
        assert_eq!(counts.bytes_per_second, 10);
    }

    #[test]
    fn nothing_is_guessed_in_the_first_second() {
        let mut tally = begun(100, 0);
        tally.take(started("t", 10), Duration::ZERO);
        assert_eq!(tally.take(rows(5), SECOND / 2).seconds_left, None);
    }

    #[test]
    fn a_copy_that_begins_again_counts_from_nothing() {
        let mut tally = begun(100, 0);
        tally.take(rows(3), SECOND);
        let again = CopyProgress::Again {
            attempt: 2,
            reason: "DDL".into(),
        };
        assert_eq!(tally.take(again, SECOND).rows_done, 0);
    }
}
