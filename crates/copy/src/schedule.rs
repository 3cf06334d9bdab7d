use crate::{
    TableReport, copied_ranges::CopiedRange, piece::Piece, places::Places, range_key::Bound,
    tables::WaitingTable,
};
use std::{collections::VecDeque, sync::Arc};

/// Most rows in the first range of a table: how large its rows are is an estimate until some were read.
const FIRST_ROWS: u64 = 4_096;
/// Most rows in one range.
const MOST_ROWS: u64 = 1_000_000;

/// Who copies what: whole tables first, the largest first, then halves of what others have still ahead of them.
///
/// Pure: it knows rows and bytes by number only, and never talks to a server.
pub(crate) struct Schedule {
    tables: Vec<TableState>,
    ready: VecDeque<Ready>,
    running: Vec<Running>,
    range_bytes: u64,
    next_id: u64,
}

/// A table on its way.
struct TableState {
    waiting: Arc<WaitingTable>,
    /// Pieces that are ready or running.
    open: usize,
    done: Tally,
}

/// Rows that were stored and proven.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Rows.
    pub(crate) rows: u64,
    /// Bytes of their values.
    pub(crate) bytes: u64,
    /// Sum of the checksums of all rows.
    pub(crate) sum: u128,
    /// Rows among them that an earlier run had stored.
    pub(crate) kept: u64,
    /// Ranges that they lie in.
    pub(crate) ranges: u64,
}

impl Tally {
    /// Adds what else was done.
    pub(crate) fn add(&mut self, more: Tally) {
        self.rows += more.rows;
        self.bytes += more.bytes;
        self.sum = self.sum.wrapping_add(more.sum);
        self.kept += more.kept;
        self.ranges += more.ranges;
    }
}

struct Ready {
    table: usize,
    piece: Piece,
    rows_left: u64,
    places: Places,
    /// What an earlier run has noted of it.
    kept: Option<CopiedRange>,
}

struct Running {
    id: u64,
    table: usize,
    /// What is left of it, from the beginning of the range that is on its way.
    piece: Piece,
    /// Rows that lie ahead, as far as is known.
    rows_left: u64,
    /// Rows that the range on its way may have.
    reserved: u64,
    /// Rows since the piece began.
    walked: u64,
    being_split: bool,
    places: Places,
    kept: Option<CopiedRange>,
}

/// What a worker does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// Copies a piece, range by range.
    Piece(u64),
    /// Looks for the place at which another worker's piece can be cut in two.
    Split(Split),
    /// Has nothing to do: what is left is too small to be shared.
    Nothing,
}

/// A piece that is to be cut in two.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Split {
    id: u64,
    walked: u64,
    /// What the other worker has ahead of it.
    pub(crate) piece: Piece,
    /// Rows behind its beginning after which it is to be cut.
    pub(crate) rows: u64,
}

/// A range that is about to be copied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Range {
    /// The rows from its beginning to the end of the piece.
    pub(crate) piece: Piece,
    /// Most rows that it may have, in the order of the key.
    pub(crate) rows: u64,
    /// Its number among the ranges of its table; `None` where it is not noted.
    pub(crate) place: Option<u64>,
    /// Whether nothing of its table was proven before it was reserved.
    pub(crate) first: bool,
}

impl Schedule {
    pub(crate) fn new(mut tables: Vec<WaitingTable>, range_bytes: u64) -> Self {
        tables.sort_by_key(|waiting| std::cmp::Reverse(waiting.table.bytes_estimate));
        let mut schedule = Self {
            tables: vec![],
            ready: VecDeque::new(),
            running: vec![],
            range_bytes: range_bytes.max(1),
            next_id: 0,
        };
        for waiting in tables {
            let table = schedule.tables.len();
            let pieces = Piece::first_of(&waiting.table);
            let rows_left = waiting.table.rows_estimate / pieces.len().max(1) as u64;
            let parts = pieces
                .into_iter()
                .flat_map(|piece| parted(piece, waiting.kept.as_deref()));
            let ready: Vec<Ready> = parts
                .map(|(piece, places, kept)| Ready {
                    table,
                    piece,
                    rows_left,
                    places,
                    kept,
                })
                .collect();
            schedule.tables.push(TableState {
                open: ready.len(),
                waiting: Arc::new(waiting),
                done: Tally::default(),
            });
            schedule.ready.extend(ready);
        }
        schedule
    }

    /// Gives a worker something to do.
    pub(crate) fn next(&mut self) -> Next {
        match self.ready.pop_front() {
            Some(ready) => Next::Piece(self.run(ready)),
            None => self.split_largest(),
        }
    }

    fn run(&mut self, ready: Ready) -> u64 {
        self.next_id += 1;
        self.running.push(Running {
            id: self.next_id,
            table: ready.table,
            piece: ready.piece,
            rows_left: ready.rows_left,
            reserved: 0,
            walked: 0,
            // What is there already is looked at, not shared.
            being_split: ready.kept.is_some(),
            places: ready.places,
            kept: ready.kept,
        });
        self.next_id
    }

    fn split_largest(&mut self) -> Next {
        let largest = (0..self.running.len())
            .filter(|at| !self.running[*at].being_split && self.running[*at].piece.key.is_some())
            .filter_map(|at| Some((at, self.worth_splitting(&self.running[at])?)))
            .max_by_key(|(at, rows)| rows.saturating_mul(self.row_bytes(self.running[*at].table)));
        let Some((at, ahead)) = largest else {
            return Next::Nothing;
        };
        let running = &mut self.running[at];
        running.being_split = true;
        Next::Split(Split {
            id: running.id,
            walked: running.walked,
            piece: running.piece.clone(),
            rows: running.reserved + (ahead - running.reserved) / 2,
        })
    }

    /// Returns how many rows a piece has ahead where that is enough for two.
    fn worth_splitting(&self, running: &Running) -> Option<u64> {
        let range = self.range_rows(running.table);
        // An estimate that is used up says nothing about what follows.
        let ahead = match running.rows_left {
            0 => running.reserved + 2 * range,
            rows => rows,
        };
        (ahead >= running.reserved + 2 * range).then_some(ahead)
    }

    /// Cuts a piece in two at the place that was found, if the one who copies it has not come so far meanwhile, and
    /// hands the second half out.
    pub(crate) fn split(&mut self, split: &Split, at: Option<Bound>) -> Option<u64> {
        let place = self.running.iter().position(|running| running.id == split.id)?;
        let running = &mut self.running[place];
        let came = running.walked - split.walked + running.reserved;
        let Some(bound) = at.filter(|_| came <= split.rows) else {
            // Nothing lies there: the estimate was wrong, and this piece is left alone.
            running.being_split = came <= split.rows;
            return None;
        };
        running.being_split = false;
        let second = running
            .piece
            .between(Some(bound.clone()), running.piece.through.clone());
        running.piece.through = Some(bound);
        let gone = running.walked - split.walked;
        let first = (split.rows - gone).min(running.rows_left);
        let rows_left = running.rows_left - first;
        running.rows_left = first;
        let places = running.places.split();
        let table = running.table;
        self.tables[table].open += 1;
        Some(self.run(Ready {
            table,
            piece: second,
            rows_left,
            places,
            kept: None,
        }))
    }

    /// Reserves the next range of a piece.
    pub(crate) fn reserve(&mut self, id: u64) -> Option<Range> {
        let table = self.running.iter().find(|running| running.id == id)?.table;
        let rows = self.range_rows(table);
        let first = self.tables[table].done.rows == 0;
        let running = self.running.iter_mut().find(|running| running.id == id)?;
        running.reserved = rows;
        Some(Range {
            piece: running.piece.clone(),
            rows,
            place: running.places.take(),
            first,
        })
    }

    /// Returns a piece and what an earlier run has noted of it.
    pub(crate) fn kept(&self, id: u64) -> Option<(Piece, CopiedRange)> {
        let running = self.running.iter().find(|running| running.id == id)?;
        Some((running.piece.clone(), running.kept.clone()?))
    }

    /// Notes that a range was stored and proven; `end` is its last key where the piece goes on.
    pub(crate) fn advance(&mut self, id: u64, done: Tally, end: Option<Bound>) {
        let Some(running) = self.running.iter_mut().find(|running| running.id == id) else {
            return;
        };
        running.reserved = 0;
        running.walked += done.rows;
        running.rows_left = running.rows_left.saturating_sub(done.rows);
        if let Some(bound) = end {
            running.piece.after = Some(bound);
        }
        let table = running.table;
        self.tables[table].done.add(done);
    }

    /// Notes that a piece is done; returns its table when it was the last piece of it.
    pub(crate) fn finish(&mut self, id: u64) -> Option<(Arc<WaitingTable>, Tally)> {
        let place = self.running.iter().position(|running| running.id == id)?;
        let running = self.running.swap_remove(place);
        let table = &mut self.tables[running.table];
        table.open -= 1;
        (table.open == 0).then(|| (table.waiting.clone(), table.done))
    }

    /// Returns the table of a running piece and what of it is done.
    pub(crate) fn table_of(&self, id: u64) -> Option<(Arc<WaitingTable>, Tally)> {
        let running = self.running.iter().find(|running| running.id == id)?;
        let table = &self.tables[running.table];
        Some((table.waiting.clone(), table.done))
    }

    /// Returns how many rows make a range.
    fn range_rows(&self, table: usize) -> u64 {
        let rows = (self.range_bytes / self.row_bytes(table)).clamp(1, MOST_ROWS);
        match self.tables[table].done.rows {
            0 => rows.min(FIRST_ROWS),
            _ => rows,
        }
    }

    /// Returns the bytes of a row: measured where some were read, else as the source estimates.
    fn row_bytes(&self, table: usize) -> u64 {
        let state = &self.tables[table];
        let (bytes, rows) = match state.done.rows {
            0 => (
                state.waiting.table.bytes_estimate,
                state.waiting.table.rows_estimate,
            ),
            rows => (state.done.bytes, rows),
        };
        (bytes / rows.max(1)).max(1)
    }
}

/// Cuts a piece into what an earlier run has noted of it and what lies between.
fn parted(piece: Piece, kept: Option<&[CopiedRange]>) -> Vec<(Piece, Places, Option<CopiedRange>)> {
    let of_piece = |range: &&CopiedRange| range.partition == piece.partition;
    let kept: Vec<&CopiedRange> = kept.unwrap_or_default().iter().filter(of_piece).collect();
    let (mut parts, mut after, mut free) = (vec![], None, Places::ALL);
    for (at, range) in kept.iter().enumerate() {
        let end = kept.get(at + 1).map_or(Places::END, |next| next.place);
        let (own, behind) = Places::around(range.place, end);
        if range.after != after {
            let gap = Places::between(free.start(), range.place);
            parts.push((piece.between(after, range.after.clone()), gap, None));
        }
        let whole = piece.between(range.after.clone(), range.through.clone());
        parts.push((whole, own, Some((*range).clone())));
        (after, free) = (range.through.clone(), behind);
        if after.is_none() {
            return parts;
        }
    }
    parts.push((piece.between(after, None), free, None));
    parts
}

/// Makes the report of a finished table.
pub(crate) fn report(waiting: &WaitingTable, done: Tally) -> TableReport {
    TableReport {
        schema: waiting.table.schema.clone(),
        table: waiting.table.name.clone(),
        rows: done.rows,
        kept: done.kept,
        bytes: done.bytes,
        checksum: done.sum.to_string(),
    }
}

#[cfg(test)]
mod tests;
