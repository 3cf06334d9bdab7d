use super::*;
use crate::table::tests::table_with_key;

fn waiting(rows: u64, keyed: bool) -> WaitingTable {
    let mut table = table_with_key(&[("id", if keyed { "int" } else { "double" }, false)]);
    (table.rows_estimate, table.bytes_estimate) = (rows, rows * 100);
    WaitingTable {
        table: Arc::new(table),
        later: None,
        kept: None,
        counter: None,
    }
}

fn rows(rows: u64) -> Tally {
    Tally {
        rows,
        bytes: rows * 100,
        ..Tally::default()
    }
}

fn bound(at: u64) -> Bound {
    vec![at.to_string()]
}

/// Ranges of a thousand rows.
fn schedule(tables: Vec<WaitingTable>) -> Schedule {
    Schedule::new(tables, 100_000)
}

#[test]
fn the_largest_table_goes_first_and_the_last_piece_ends_it() {
    let mut schedule = schedule(vec![waiting(10, true), waiting(500, true)]);
    let (Next::Piece(first), Next::Piece(second)) = (schedule.next(), schedule.next()) else {
        panic!("two pieces were ready");
    };
    assert_eq!(schedule.table_of(first).unwrap().0.table.rows_estimate, 500);
    assert_eq!(schedule.next(), Next::Nothing);
    schedule.advance(second, rows(10), None);
    assert_eq!(schedule.finish(second).unwrap().1.rows, 10);
    assert!(schedule.finish(first).is_some());
}

#[test]
fn a_worker_without_a_table_takes_half_of_the_largest_rest() {
    let mut schedule = schedule(vec![waiting(10_000, true)]);
    let Next::Piece(first) = schedule.next() else {
        panic!()
    };
    assert_eq!(schedule.reserve(first).unwrap().rows, 1_000);
    let Next::Split(split) = schedule.next() else {
        panic!()
    };
    assert_eq!(split.rows, 5_500);
    // Nobody else splits the same piece meanwhile.
    assert_eq!(schedule.next(), Next::Nothing);
    schedule.advance(first, rows(1_000), Some(bound(1_000)));
    schedule.reserve(first).unwrap();
    let second = schedule.split(&split, Some(bound(5_501))).unwrap();
    assert_eq!(schedule.reserve(second).unwrap().piece.after, Some(bound(5_501)));
    let left = schedule.reserve(first).unwrap().piece;
    assert_eq!(
        (left.after, left.through),
        (Some(bound(1_000)), Some(bound(5_501)))
    );
    assert!(schedule.finish(first).is_none(), "the other half is still open");
    assert!(schedule.finish(second).is_some());
}

#[test]
fn a_place_that_the_other_may_have_passed_is_no_place_to_cut() {
    let mut schedule = schedule(vec![waiting(4_000, true)]);
    let Next::Piece(first) = schedule.next() else {
        panic!()
    };
    let Next::Split(split) = schedule.next() else {
        panic!()
    };
    for end in [1_000, 2_000] {
        schedule.reserve(first).unwrap();
        schedule.advance(first, rows(1_000), Some(bound(end)));
    }
    schedule.reserve(first).unwrap();
    assert_eq!(schedule.split(&split, Some(bound(2_001))), None);
}

#[test]
fn a_table_without_a_key_and_a_small_rest_are_not_shared() {
    let mut schedule = schedule(vec![waiting(100_000, false)]);
    let Next::Piece(first) = schedule.next() else {
        panic!()
    };
    assert_eq!(schedule.next(), Next::Nothing);
    schedule.finish(first);
    let mut schedule = self::schedule(vec![waiting(1_500, true)]);
    assert!(matches!(schedule.next(), Next::Piece(_)));
    assert_eq!(schedule.next(), Next::Nothing);
}

#[test]
fn an_estimate_that_was_wrong_is_tried_once_beyond_its_end() {
    let mut schedule = schedule(vec![waiting(1_000, true)]);
    let Next::Piece(first) = schedule.next() else {
        panic!()
    };
    schedule.reserve(first).unwrap();
    schedule.advance(first, rows(1_000), Some(bound(1_000)));
    schedule.reserve(first).unwrap();
    let Next::Split(split) = schedule.next() else {
        panic!()
    };
    assert_eq!(split.rows, 2_000);
    assert_eq!(schedule.split(&split, None), None);
    assert_eq!(schedule.next(), Next::Nothing);
}

#[test]
fn what_an_earlier_run_has_copied_is_looked_at_and_what_lies_between_is_copied() {
    let range = |place: u64, after: Option<u64>, through: Option<u64>| CopiedRange {
        partition: None,
        place,
        after: after.map(bound),
        through: through.map(bound),
        bytes: 1,
    };
    let mut table = waiting(10_000, true);
    table.kept = Some(vec![range(0, None, Some(10)), range(5_000, Some(20), Some(30))]);
    let mut schedule = schedule(vec![table]);
    let mut seen = vec![];
    for _ in 0..4 {
        let Next::Piece(id) = schedule.next() else {
            panic!()
        };
        let kept = schedule.kept(id).is_some();
        let range = schedule.reserve(id).unwrap();
        seen.push((range.piece.after, range.piece.through, kept, range.place.unwrap()));
    }
    let bounds: Vec<_> = seen
        .iter()
        .map(|(after, through, ..)| (after.clone(), through.clone()))
        .collect();
    let wanted = [
        (None, Some(10)),
        (Some(10), Some(20)),
        (Some(20), Some(30)),
        (Some(30), None),
    ];
    assert_eq!(bounds, wanted.map(|(a, b)| (a.map(bound), b.map(bound))));
    assert_eq!(
        seen.iter().map(|one| one.2).collect::<Vec<_>>(),
        [true, false, true, false]
    );
    assert!(seen.iter().map(|one| one.3).is_sorted());
}

#[test]
fn the_first_range_is_small_and_the_next_by_what_rows_really_are() {
    let mut schedule = Schedule::new(vec![waiting(1_000_000, true)], 32 << 20);
    let Next::Piece(first) = schedule.next() else {
        panic!()
    };
    assert_eq!(schedule.reserve(first).unwrap().rows, FIRST_ROWS);
    let done = Tally {
        rows: FIRST_ROWS,
        bytes: FIRST_ROWS << 20,
        ..Tally::default()
    };
    schedule.advance(first, done, Some(bound(1)));
    assert_eq!(schedule.reserve(first).unwrap().rows, 32);
}
