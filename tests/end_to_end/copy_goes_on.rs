//! A copy that was cut off goes on at the ranges that it has stored: what is still equal stays, the rest is copied.

use std::sync::atomic::{AtomicU64, Ordering};

use dbha_copy::{CopyError, CopyOptions, CopyProgress, CopyReport, copy};
use dbha_sql::Endpoint;
use dbha_testkit::{PrivateServer, Release, ServerPair};
use tokio_util::sync::CancellationToken;

use crate::releases::on_every_release;
use crate::servers::fresh_pair;
use crate::session::Session;

on_every_release!(scenario_30_a_copy_that_was_cut_off_goes_on_at_its_ranges);
on_every_release!(ranges_that_changed_meanwhile_are_copied_anew);
on_every_release!(a_table_that_is_another_now_is_copied_from_its_beginning);
on_every_release!(notes_that_lie_bring_no_wrong_contents);

/// Tables whose rows make many ranges, by keys of several kinds, and one that has none.
const TABLES: [(&str, &str); 4] = [
    (
        "numbers",
        "id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, v VARCHAR(200), n INT, KEY (n)",
    ),
    (
        "pairs",
        "a INT NOT NULL, b VARCHAR(30) NOT NULL, v VARCHAR(200), n INT, PRIMARY KEY (a, b), UNIQUE KEY (n)",
    ),
    (
        "words",
        "w VARCHAR(60) CHARACTER SET utf8mb4 NOT NULL PRIMARY KEY, v VARCHAR(200), n INT",
    ),
    ("heap", "v VARCHAR(200), n INT"),
];
const ROWS: u64 = 6_000;

async fn filled_pair(release: Release) -> ServerPair {
    let pair = fresh_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    primary.run("CREATE DATABASE g").await;
    primary.run("USE g").await;
    primary.run("CREATE TABLE digits (d INT PRIMARY KEY)").await;
    primary
        .run("INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)")
        .await;
    let number = "a.d + 10 * b.d + 100 * c.d + 1000 * e.d";
    let from = "digits a, digits b, digits c, digits e";
    for (name, columns) in TABLES {
        primary.run(&format!("CREATE TABLE {name} ({columns})")).await;
        let (keys, values) = match name {
            "numbers" => ("id,", format!("1 + {number},")),
            "pairs" => (
                "a, b,",
                format!("({number}) DIV 7, CONCAT('b', ({number}) MOD 7),"),
            ),
            "words" => ("w,", format!("CONCAT(LEFT(SHA2({number}, 256), 32), 'é'),")),
            _ => ("", String::new()),
        };
        let fill = format!(
            "INSERT INTO {name} ({keys} v, n) SELECT {values} REPEAT(CHAR(97 + a.d), 150), {number} FROM {from} \
             WHERE {number} < {ROWS}"
        );
        primary.run(&fill).await;
    }
    primary.run("ANALYZE TABLE numbers, pairs, words, heap").await;
    pair
}

fn endpoint(server: &PrivateServer) -> Endpoint {
    server.url().parse().unwrap()
}

/// Small ranges, so that there are many of them; keys are built behind the rows.
fn options(go_on: bool) -> CopyOptions {
    CopyOptions {
        range_bytes: 64 << 10,
        indexes_after_from_bytes: 1,
        go_on,
        ..CopyOptions::default()
    }
}

async fn run(
    pair: &ServerPair,
    go_on: bool,
    note: &(dyn Fn(CopyProgress) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<CopyReport, CopyError> {
    let (source, target) = (endpoint(&pair.primary), endpoint(&pair.secondary));
    copy(&source, &target, &options(go_on), note, cancel).await
}

/// Copies, and gives up once so many ranges are noted.
async fn cut_off(pair: &ServerPair, ranges: u64) {
    let cancel = CancellationToken::new();
    let watch = async {
        let mut secondary = Session::open(&pair.secondary).await;
        while secondary
            .try_rows("SELECT 1 FROM dbha.copied_range")
            .await
            .map_or(0, |rows| rows.len() as u64)
            < ranges
        {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        cancel.cancel();
    };
    let (ended, ()) = tokio::join!(run(pair, false, &|_| (), &cancel), watch);
    assert!(matches!(ended, Err(CopyError::Cancelled)), "{ended:?}");
}

/// Goes on to the end; returns the report, and how many ranges were found.
async fn gone_on(pair: &ServerPair) -> (CopyReport, u64) {
    let found = AtomicU64::new(0);
    let note = |news: CopyProgress| {
        if let CopyProgress::GoesOn { ranges, .. } = news {
            found.store(ranges, Ordering::Relaxed);
        }
    };
    let report = run(pair, true, &note, &CancellationToken::new()).await;
    let report = report.unwrap_or_else(|error| panic!("{error}: {:?}", std::error::Error::source(&error)));
    (report, found.load(Ordering::Relaxed))
}

/// Compares by the servers' own means: row by row and by definition.
async fn assert_equal(pair: &ServerPair) {
    let mut sides = vec![];
    for server in [&pair.primary, &pair.secondary] {
        let mut session = Session::open(server).await;
        let mut seen = vec![];
        for (name, _) in TABLES {
            let sums = session
                .rows(&format!("CHECKSUM TABLE g.{name}"))
                .await
                .pop()
                .unwrap();
            seen.push(sums.get("Checksum").cloned().unwrap_or_default());
            seen.push(session.value(&format!("SELECT COUNT(*) FROM g.{name}")).await);
            let create = session
                .rows(&format!("SHOW CREATE TABLE g.{name}"))
                .await
                .pop()
                .unwrap();
            seen.push(create.get("Create Table").cloned().unwrap_or_default());
        }
        sides.push(seen);
    }
    assert_eq!(sides[0], sides[1]);
}

fn kept(report: &CopyReport) -> u64 {
    report.tables.iter().map(|table| table.kept).sum()
}

async fn scenario_30_a_copy_that_was_cut_off_goes_on_at_its_ranges(release: Release) {
    let pair = filled_pair(release).await;
    cut_off(&pair, 12).await;
    let (report, found) = gone_on(&pair).await;
    assert!(found >= 12, "{found}");
    assert!(
        kept(&report) > 0 && kept(&report) < report.rows,
        "{}",
        kept(&report)
    );
    assert_equal(&pair).await;
    // And once more, when everything is there: nothing is copied twice.
    let (report, _) = gone_on(&pair).await;
    let whole = report.tables.iter().filter(|table| table.schema == "g");
    assert!(
        whole.clone().all(|table| table.kept == table.rows),
        "{:?}",
        report.tables
    );
    assert_equal(&pair).await;
}

async fn ranges_that_changed_meanwhile_are_copied_anew(release: Release) {
    let pair = filled_pair(release).await;
    let (report, _) = gone_on(&pair).await;
    assert_eq!(kept(&report), 0);
    let mut primary = Session::open(&pair.primary).await;
    for statement in [
        "UPDATE g.numbers SET v = 'changed' WHERE id = 17",
        "DELETE FROM g.numbers WHERE id BETWEEN 3000 AND 3500",
        "INSERT INTO g.numbers (v, n) VALUES ('at the end', 1)",
        "UPDATE g.pairs SET b = 'z' WHERE a = 11 AND b = 'b3'",
        "INSERT INTO g.pairs VALUES (-1, 'first', 'at the beginning', -1)",
        "UPDATE g.words SET v = CONCAT(v, 'x') WHERE n = 5",
        "DELETE FROM g.heap WHERE n = 5",
    ] {
        primary.run(statement).await;
    }
    let (report, _) = gone_on(&pair).await;
    assert_equal(&pair).await;
    let of = |name: &str| report.tables.iter().find(|table| table.table == name).unwrap();
    for name in ["numbers", "pairs", "words"] {
        let table = of(name);
        assert!(
            table.kept > table.rows / 2 && table.kept < table.rows,
            "{name}: {table:?}"
        );
    }
    assert_eq!(of("heap").kept, 0);
}

async fn a_table_that_is_another_now_is_copied_from_its_beginning(release: Release) {
    let pair = filled_pair(release).await;
    gone_on(&pair).await;
    let mut primary = Session::open(&pair.primary).await;
    primary.run("ALTER TABLE g.words ADD COLUMN more INT").await;
    primary.run("DROP TABLE g.digits").await;
    let mut secondary = Session::open(&pair.secondary).await;
    // What somebody else put there does not stay.
    secondary.run("SET sql_log_bin = 0").await;
    secondary.run("CREATE TABLE g.foreign_ (id INT)").await;
    secondary.run("CREATE DATABASE other").await;
    let (report, _) = gone_on(&pair).await;
    assert_equal(&pair).await;
    let of = |name: &str| report.tables.iter().find(|table| table.table == name).unwrap();
    assert_eq!((of("words").kept, of("numbers").kept), (0, ROWS));
    let tables =
        secondary.column("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = 'g'");
    assert_eq!(tables.await.len(), TABLES.len());
    let other = "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = 'other'";
    assert_eq!(secondary.number(other).await, 0);
}

async fn notes_that_lie_bring_no_wrong_contents(release: Release) {
    let pair = filled_pair(release).await;
    gone_on(&pair).await;
    let mut secondary = Session::open(&pair.secondary).await;
    for statement in [
        "SET sql_log_bin = 0",
        // One that would run as SQL, one that reaches over others, rows that went behind its back.
        "UPDATE dbha.copied_range SET through_key = '1 OR SLEEP(30)' WHERE table_name = 'numbers' LIMIT 1",
        "UPDATE dbha.copied_range SET through_key = NULL WHERE table_name = 'pairs' AND after_key IS NULL",
        "DELETE FROM g.words ORDER BY w LIMIT 10",
    ] {
        secondary.run(statement).await;
    }
    let (report, _) = gone_on(&pair).await;
    assert_equal(&pair).await;
    let of = |name: &str| report.tables.iter().find(|table| table.table == name).unwrap();
    assert_eq!(of("numbers").kept, 0);
    // Notes in a wrong order are found out as well, and forgotten.
    secondary
        .run("UPDATE dbha.copied_range SET place = 4611686018427387903 - place WHERE table_name = 'words'")
        .await;
    gone_on(&pair).await;
    assert_equal(&pair).await;
}
