use crate::CopyCounts;
use dbha_copy::{CopyPhase, CopyProgress};
use std::collections::HashMap;

/// Adds up what the workers of a copy report, each for its own table.
#[derive(Debug, Default)]
pub(super) struct CopyTally {
    counts: CopyCounts,
    finished: (u64, u64),
    running: HashMap<(String, String), (u64, u64)>,
}

impl CopyTally {
    /// Takes one piece of news and returns where the copy stands.
    pub(super) fn take(&mut self, progress: CopyProgress) -> &CopyCounts {
        match progress {
            CopyProgress::Phase { phase } => self.counts.phase = phase_word(phase).to_owned(),
            CopyProgress::Totals { tables, rows, bytes } => {
                self.counts = CopyCounts {
                    phase: self.counts.phase.clone(),
                    tables,
                    rows,
                    bytes,
                    ..CopyCounts::default()
                };
            }
            CopyProgress::TableStarted { schema, table, .. } => {
                self.counts.table = Some(format!("{schema}.{table}"));
                self.running.insert((schema, table), (0, 0));
            }
            CopyProgress::TableRows {
                schema,
                table,
                rows,
                bytes,
            } => {
                self.running.insert((schema, table), (rows, bytes));
            }
            CopyProgress::TableFinished {
                schema,
                table,
                rows,
                bytes,
            } => {
                self.running.remove(&(schema, table));
                self.finished = (self.finished.0 + rows, self.finished.1 + bytes);
                self.counts.tables_done += 1;
            }
            CopyProgress::Again { .. } => *self = CopyTally::default(),
            _ => {}
        }
        let running = self
            .running
            .values()
            .fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
        self.counts.rows_done = self.finished.0 + running.0;
        self.counts.bytes_done = self.finished.1 + running.1;
        &self.counts
    }
}

fn phase_word(phase: CopyPhase) -> &'static str {
    match phase {
        CopyPhase::Snapshot => "snapshot",
        CopyPhase::Schema => "schema",
        CopyPhase::Data => "data",
        CopyPhase::Indexes => "indexes",
        CopyPhase::Objects => "objects",
        CopyPhase::Accounts => "accounts",
        CopyPhase::Check => "check",
        _ => "copy",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: u64) -> CopyProgress {
        CopyProgress::TableRows {
            schema: "s".into(),
            table: "t".into(),
            rows,
            bytes: rows * 10,
        }
    }

    #[test]
    fn rows_of_running_and_finished_tables_are_added() {
        let mut tally = CopyTally::default();
        tally.take(CopyProgress::Totals {
            tables: 2,
            rows: 10,
            bytes: 100,
        });
        tally.take(rows(3));
        assert_eq!(tally.take(rows(4)).rows_done, 4);
        let finished = CopyProgress::TableFinished {
            schema: "s".into(),
            table: "t".into(),
            rows: 5,
            bytes: 50,
        };
        let counts = tally.take(finished);
        assert_eq!(
            (
                counts.rows_done,
                counts.bytes_done,
                counts.tables_done,
                counts.tables
            ),
            (5, 50, 1, 2)
        );
    }

    #[test]
    fn a_copy_that_begins_again_counts_from_nothing() {
        let mut tally = CopyTally::default();
        tally.take(rows(3));
        let again = CopyProgress::Again {
            attempt: 2,
            reason: "DDL".into(),
        };
        assert_eq!(tally.take(again).rows_done, 0);
    }
}
