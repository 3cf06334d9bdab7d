//! The source is read once: what dbha adds up of the rows that it reads is what a server adds up of the rows that it has
//! stored, for every type that dbha says so of; and what is stored differently is still found.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use dbha_copy::{CopyError, CopyOptions};
use dbha_testkit::{PrivateServer, Release, ServerPair};
use tokio_util::sync::CancellationToken;

use crate::copy_fidelity::run_copy;
use crate::eventually::LIMIT;
use crate::releases::{on_every_release, on_releases};
use crate::servers::fresh_pair;
use crate::session::Session;
use values::{Values, values_of};

mod values;

on_every_release!(the_sum_of_what_is_read_is_the_servers_for_every_type);
on_every_release!(a_value_that_is_stored_differently_ends_the_copy_with_its_range);
on_releases!(whole_ranges_are_summed_as_single_rows_are: mariadb_10_11, mysql_9_7);

/// How the source says in its log that it was asked for a proof.
const ASKED: &str = "SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log \
                     WHERE argument LIKE 'SELECT COUNT(*) AS row_count%'";

/// One row a range, one after the other.
fn row_by_row() -> CopyOptions {
    CopyOptions {
        range_bytes: 1,
        workers: 1,
        ..CopyOptions::default()
    }
}

/// Starts a pair whose primary has a table for each type, with its values in all places beside NULL, and writes down
/// what it is asked.
async fn pair_with_values(release: Release) -> (ServerPair, Vec<Values>) {
    let pair = fresh_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    for statement in [
        "SET SESSION sql_mode = 'ALLOW_INVALID_DATES'",
        "SET time_zone = '+00:00'",
        "SET NAMES utf8mb4",
        "CREATE DATABASE once",
    ] {
        primary.run(statement).await;
    }
    let tables = values_of(release);
    for (number, table) in tables.iter().enumerate() {
        let kind = &table.kind;
        let create = format!(
            "CREATE TABLE once.t{number} (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v {kind} NULL, w {kind} NULL{})",
            table.beside
        );
        primary.run(&create).await;
        // The source itself proves the first row.
        let mut rows = vec!["(NULL, NULL)".to_owned()];
        for value in &table.values {
            rows.push(format!("({value}, {value}), (NULL, {value})"));
        }
        let fill = format!("INSERT INTO once.t{number} (v, w) VALUES {}", rows.join(", "));
        primary.run(&fill).await;
    }
    for statement in ["SET GLOBAL log_output = 'TABLE'", "SET GLOBAL general_log = ON"] {
        primary.run(statement).await;
    }
    (pair, tables)
}

/// Counts for each table how often the source was asked for a proof.
async fn proofs_asked_for(source: &PrivateServer) -> BTreeMap<String, usize> {
    let mut asked = BTreeMap::new();
    for statement in Session::open(source).await.column(ASKED).await {
        let (_, behind) = statement.split_once(" FROM `once`.`").unwrap();
        let (name, _) = behind.split_once('`').unwrap();
        *asked.entry(name.to_owned()).or_default() += 1;
    }
    asked
}

/// Says of each table whose proof was not made as it is said to be.
fn otherwise(asked: &BTreeMap<String, usize>, tables: &[Values]) -> Vec<String> {
    let mut said = vec![];
    for (number, table) in tables.iter().enumerate() {
        let times = asked.get(&format!("t{number}")).copied().unwrap_or_default();
        // The first rows of each table are proven by the source as well, whoever sums up the others.
        let as_said = if table.summed { times == 1 } else { times > 1 };
        if !as_said {
            said.push(format!(
                "t{number} {}: the source was asked {times} times",
                table.kind
            ));
        }
    }
    said
}

async fn assert_same_values(pair: &ServerPair, tables: &[Values]) {
    let names: Vec<String> = (0..tables.len())
        .map(|number| format!("once.t{number}"))
        .collect();
    let sums = format!("CHECKSUM TABLE {}", names.join(", "));
    let here = Session::open(&pair.secondary).await.rows(&sums).await;
    assert_eq!(here, Session::open(&pair.primary).await.rows(&sums).await);
}

async fn the_sum_of_what_is_read_is_the_servers_for_every_type(release: Release) {
    let (pair, tables) = pair_with_values(release).await;
    let copied = run_copy(&pair, &row_by_row(), &|_| (), &CancellationToken::new()).await;
    let report = copied.unwrap_or_else(|error| panic!("{error}: {:?}", std::error::Error::source(&error)));
    let asked = proofs_asked_for(&pair.primary).await;
    // The source is asked once more wherever a sum is not the one of what is stored.
    assert_eq!(otherwise(&asked, &tables), [""; 0]);
    let rows: u64 = report
        .tables
        .iter()
        .filter(|table| table.schema == "once")
        .map(|table| table.rows)
        .sum();
    let wanted: usize = tables.iter().map(|table| 2 * table.values.len() + 1).sum();
    assert_eq!(rows, wanted as u64);
    assert_same_values(&pair, &tables).await;
}

async fn whole_ranges_are_summed_as_single_rows_are(release: Release) {
    let pair = fresh_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    for statement in [
        "CREATE DATABASE once",
        "CREATE TABLE once.t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v VARCHAR(200), n BIGINT, d DECIMAL(20,6), \
         m DATETIME(6))",
        "INSERT INTO once.t (v, n, d, m) VALUES ('v', -1, -1.5, '2020-01-02 03:04:05.000006'), (NULL, 2, NULL, NULL)",
    ] {
        primary.run(statement).await;
    }
    for doubling in 0..15 {
        let double = format!(
            "INSERT INTO once.t (v, n, d, m) SELECT CONCAT(v, '{doubling}'), n * 3 + {doubling}, d * 2, \
             m + INTERVAL n MICROSECOND FROM once.t"
        );
        primary.run(&double).await;
    }
    for statement in [
        "ANALYZE TABLE once.t",
        "SET GLOBAL log_output = 'TABLE'",
        "SET GLOBAL general_log = ON",
    ] {
        primary.run(statement).await;
    }
    let options = CopyOptions {
        range_bytes: 256 << 10,
        workers: 1,
        ..CopyOptions::default()
    };
    let report = run_copy(&pair, &options, &|_| (), &CancellationToken::new())
        .await
        .unwrap();
    assert!(report.tables.iter().any(|table| table.rows == 65_536));
    let asked = proofs_asked_for(&pair.primary).await;
    assert_eq!(asked.get("t"), Some(&1));
    let sums = "CHECKSUM TABLE once.t";
    let here = Session::open(&pair.secondary).await.rows(sums).await;
    assert_eq!(here, primary.rows(sums).await);
}

/// The target bends one value of a row that only dbha has summed up.
async fn a_value_that_is_stored_differently_ends_the_copy_with_its_range(release: Release) {
    let pair = fresh_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    for statement in [
        "CREATE DATABASE a",
        "CREATE TABLE a.a (id INT PRIMARY KEY, v VARCHAR(20))",
        "INSERT INTO a.a VALUES (1, 'a'), (2, 'b'), (3, 'c'), (7, 'd'), (8, 'e')",
    ] {
        primary.run(statement).await;
    }
    // While they are created the trap is set.
    for number in 0..100 {
        let create = format!("CREATE TABLE a.z{number} (id INT PRIMARY KEY)");
        primary.run(&create).await;
    }
    let trap =
        "CREATE TRIGGER a.bend BEFORE INSERT ON a.a FOR EACH ROW SET NEW.v = IF(NEW.id = 7, 'D', NEW.v)";
    let set_it = async {
        let mut secondary = Session::open(&pair.secondary).await;
        secondary.run("SET SESSION sql_log_bin = 0").await;
        let end = Instant::now() + LIMIT;
        while let Err(error) = secondary.try_run(trap).await {
            assert!(Instant::now() < end, "{error}");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    let (options, cancel) = (row_by_row(), CancellationToken::new());
    let (ended, ()) = tokio::join!(run_copy(&pair, &options, &|_| (), &cancel), set_it);
    let error = ended.unwrap_err();
    let CopyError::Mismatch {
        table,
        source_side,
        target_side,
    } = &error
    else {
        panic!("{error:?}");
    };
    assert_eq!(table, "a.a, (id) after (3) up to (7)");
    assert_ne!(source_side, target_side);
    assert!(source_side.starts_with("1 rows") && target_side.starts_with("1 rows"));
    let mut secondary = Session::open(&pair.secondary).await;
    assert_eq!(secondary.column("SELECT id FROM a.a").await, ["1", "2", "3"]);
}
