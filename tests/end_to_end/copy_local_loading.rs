//! MySQL takes rows by LOAD DATA LOCAL: nothing that it only warns about is believed, and `local_infile` is as it was
//! whatever way a copy ends.

use std::time::{Duration, Instant};

use dbha_copy::{CopyError, CopyOptions, CopyReport, clear, copy};
use dbha_sql::{Endpoint, SessionProfile};
use dbha_testkit::{PrivateServer, Release, ServerPair};
use nix::sys::signal::Signal;
use tokio_util::sync::CancellationToken;

use crate::eventually::LIMIT;
use crate::operator::Operator;
use crate::processes::send;
use crate::releases::on_releases;
use crate::servers::{assert_same_contents, fresh_pair};
use crate::session::Session;

const SWITCH: &str = "SELECT @@GLOBAL.local_infile";
const NOTE: &str = "SELECT COUNT(*) FROM dbha.claim WHERE id = 4";
/// Loads by the way that is tested here, as the server counts them.
const LOADS: &str = "SHOW GLOBAL STATUS LIKE 'Com_load'";

on_releases!(rows_come_by_load_data_and_the_switch_goes_back: mysql_9_7);
on_releases!(a_switch_that_was_on_stays_on: mysql_9_7);
on_releases!(an_account_that_may_not_switch_it_on_copies_by_statements: mysql_9_7);
on_releases!(a_cancelled_copy_switches_it_off: mysql_9_7);
on_releases!(scenario_30_a_killed_copy_leaves_a_note_by_which_the_next_run_switches_it_off: mysql_9_7);
on_releases!(scenario_30_undo_switches_off_what_a_killed_copy_left: mysql_9_7);
on_releases!(nothing_that_load_data_only_warns_about_is_swallowed: mysql_9_7);
on_releases!(bytes_that_mean_something_in_a_line_come_over: mysql_9_7);

fn endpoint(server: &PrivateServer) -> Endpoint {
    server.url().parse().unwrap()
}

async fn copied_from(
    (source, target): (&Endpoint, &Endpoint),
    cancel: &CancellationToken,
) -> Result<CopyReport, CopyError> {
    copy(source, target, &CopyOptions::default(), &|_| (), cancel).await
}

async fn copied(pair: &ServerPair) -> Result<CopyReport, CopyError> {
    let ends = (&endpoint(&pair.primary), &endpoint(&pair.secondary));
    copied_from(ends, &CancellationToken::new()).await
}

/// A pair whose primary has one table of so many thousand rows.
async fn pair_with_rows(release: Release, thousands: u32) -> ServerPair {
    let pair = fresh_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    for statement in [
        "CREATE DATABASE g",
        "CREATE TABLE g.t (id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, v VARCHAR(200), e ENUM('2', '1'))",
        "SET SESSION cte_max_recursion_depth = 1000",
        "CREATE TABLE g.n (n INT PRIMARY KEY) AS WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c \
         WHERE n < 1000) SELECT n FROM c",
    ] {
        primary.run(statement).await;
    }
    let fill = format!(
        "INSERT INTO g.t (v, e) SELECT REPEAT(CHAR(97 + n.n MOD 26), 190), 1 + n.n MOD 2 FROM g.n, \
         (SELECT n FROM g.n WHERE n <= {thousands}) k"
    );
    primary.run(&fill).await;
    pair
}

async fn assert_same_rows(pair: &ServerPair) {
    let sums = "CHECKSUM TABLE g.t, g.n";
    let mut secondary = Session::open(&pair.secondary).await;
    let here = secondary.rows(sums).await;
    assert_eq!(here, Session::open(&pair.primary).await.rows(sums).await);
}

async fn loads(server: &mut Session) -> u64 {
    server.rows(LOADS).await[0]["Value"].parse().unwrap()
}

async fn rows_come_by_load_data_and_the_switch_goes_back(release: Release) {
    let pair = pair_with_rows(release, 5).await;
    let mut secondary = Session::open(&pair.secondary).await;
    assert_eq!(secondary.value(SWITCH).await, "0", "MySQL's default");
    let before = loads(&mut secondary).await;
    copied(&pair).await.unwrap();
    assert!(loads(&mut secondary).await > before);
    assert_eq!(secondary.value(SWITCH).await, "0");
    assert_eq!(secondary.value(NOTE).await, "0");
    assert_same_rows(&pair).await;
}

async fn a_switch_that_was_on_stays_on(release: Release) {
    let pair = pair_with_rows(release, 1).await;
    let mut secondary = Session::open(&pair.secondary).await;
    secondary.run("SET GLOBAL local_infile = ON").await;
    copied(&pair).await.unwrap();
    assert_eq!(secondary.value(SWITCH).await, "1");
    assert_same_rows(&pair).await;
}

async fn an_account_that_may_not_switch_it_on_copies_by_statements(release: Release) {
    let pair = pair_with_rows(release, 5).await;
    let mut secondary = Session::open(&pair.secondary).await;
    for statement in [
        "SET sql_log_bin = 0",
        "CREATE USER loader@'%' IDENTIFIED BY 'x'",
        "GRANT ALL ON *.* TO loader@'%' WITH GRANT OPTION",
        "REVOKE SUPER, SYSTEM_VARIABLES_ADMIN ON *.* FROM loader@'%'",
    ] {
        secondary.run(statement).await;
    }
    let url = format!("mysql://loader:x@{}/", pair.secondary.address());
    let target: Endpoint = url.parse().unwrap();
    let before = loads(&mut secondary).await;
    let ends = (&endpoint(&pair.primary), &target);
    copied_from(ends, &CancellationToken::new()).await.unwrap();
    assert_eq!(loads(&mut secondary).await, before);
    assert_eq!(secondary.value(NOTE).await, "0");
    assert_same_rows(&pair).await;
}

/// Waits until the copy loads.
async fn until_it_loads(pair: &ServerPair) {
    let mut secondary = Session::open(&pair.secondary).await;
    let (before, end) = (loads(&mut secondary).await, Instant::now() + LIMIT);
    while loads(&mut secondary).await == before {
        assert!(Instant::now() < end, "nothing is loaded");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    assert_eq!(secondary.value(SWITCH).await, "1");
    assert_eq!(secondary.value(NOTE).await, "1");
}

async fn a_cancelled_copy_switches_it_off(release: Release) {
    let pair = pair_with_rows(release, 300).await;
    let cancel = CancellationToken::new();
    let ends = (&endpoint(&pair.primary), &endpoint(&pair.secondary));
    let watch = async {
        until_it_loads(&pair).await;
        cancel.cancel();
    };
    let (ended, ()) = tokio::join!(copied_from(ends, &cancel), watch);
    assert!(matches!(ended, Err(CopyError::Cancelled)), "{ended:?}");
    let mut secondary = Session::open(&pair.secondary).await;
    assert_eq!(secondary.value(SWITCH).await, "0");
    assert_eq!(secondary.value(NOTE).await, "0");
}

/// Kills a set-up while rows are loaded.
async fn killed_while_loading(pair: &ServerPair, operator: &Operator) {
    let mut child = operator.command("setup", ["--yes"]).spawn().unwrap();
    until_it_loads(pair).await;
    send(&child, Signal::SIGKILL);
    child.wait().await.unwrap();
    let mut secondary = Session::open(&pair.secondary).await;
    assert_eq!(secondary.value(SWITCH).await, "1");
    assert_eq!(secondary.value(NOTE).await, "1");
}

async fn scenario_30_a_killed_copy_leaves_a_note_by_which_the_next_run_switches_it_off(release: Release) {
    let pair = pair_with_rows(release, 300).await;
    let operator = Operator::of(&pair);
    killed_while_loading(&pair, &operator).await;
    operator.setup([]).await.exits(0);
    let mut secondary = Session::open(&pair.secondary).await;
    assert_eq!(secondary.value(SWITCH).await, "0");
    assert_same_contents(&pair).await;
}

async fn scenario_30_undo_switches_off_what_a_killed_copy_left(release: Release) {
    let pair = pair_with_rows(release, 300).await;
    let operator = Operator::of(&pair);
    killed_while_loading(&pair, &operator).await;
    let ran = operator.run("undo", ["--yes"]).await.exits(0);
    let mut secondary = Session::open(&pair.secondary).await;
    assert_eq!(secondary.value(SWITCH).await, "0", "{ran}");
    assert_eq!(secondary.column("SHOW DATABASES LIKE 'dbha'").await, [""; 0]);
}

/// What is done to the target's empty table, and what the server says of the row that does not fit then.
const TRAPS: [(&str, &str); 5] = [
    ("INSERT INTO a.a (id) VALUES (2)", "Duplicate entry '2'"),
    (
        "ALTER TABLE a.a MODIFY v VARCHAR(3)",
        "Data truncated for column 'v'",
    ),
    ("ALTER TABLE a.a MODIFY d DATE", "Data truncated for column 'd'"),
    (
        "ALTER TABLE a.a MODIFY b VARCHAR(20) CHARACTER SET utf8mb4",
        "Incorrect string value: '\\xC3'",
    ),
    (
        "ALTER TABLE a.a ADD CONSTRAINT no_two CHECK (id <> 2)",
        "Check constraint 'no_two' is violated",
    ),
];

/// The table is changed on the target behind the back of the copy, which still creates other ones.
async fn nothing_that_load_data_only_warns_about_is_swallowed(release: Release) {
    let pair = fresh_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    for statement in [
        "CREATE DATABASE a",
        "CREATE TABLE a.a (id INT PRIMARY KEY, v VARCHAR(20), d VARCHAR(20), b VARBINARY(20))",
        "INSERT INTO a.a VALUES (1, 'a', '2020-01-01', 'a'), (2, 'abcd', '2020-13-01', X'61C3'), (3, 'a', NULL, '')",
    ] {
        primary.run(statement).await;
    }
    for number in 0..60 {
        let create = format!("CREATE TABLE a.z{number} (id INT PRIMARY KEY)");
        primary.run(&create).await;
    }
    let target = endpoint(&pair.secondary);
    for (trap, words) in TRAPS {
        let set_it = async {
            let mut secondary = Session::open(&pair.secondary).await;
            let end = Instant::now() + LIMIT;
            while let Err(error) = secondary.try_run(trap).await {
                assert!(Instant::now() < end, "{trap}: {error}");
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        };
        let (ended, ()) = tokio::join!(copied(&pair), set_it);
        let error = ended.unwrap_err();
        assert!(
            matches!(&error, CopyError::RowsBent { table, text, .. } if table.contains("a.a") && text.contains(words)),
            "{trap}: {error:?}"
        );
        let mut secondary = Session::open(&pair.secondary).await;
        let kept = "SELECT COUNT(*) FROM a.a WHERE id <> 2";
        assert_eq!(secondary.value(kept).await, "0", "{trap}");
        assert_eq!(secondary.value(SWITCH).await, "0");
        let mut session = dbha_sql::Session::connect(&target, SessionProfile::Control)
            .await
            .unwrap();
        clear(&mut session).await.unwrap();
    }
}

async fn bytes_that_mean_something_in_a_line_come_over(release: Release) {
    let pair = fresh_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    for statement in [
        "CREATE DATABASE b",
        "CREATE TABLE b.b (id INT AUTO_INCREMENT PRIMARY KEY, b LONGBLOB, t TEXT CHARACTER SET utf8mb4, \
         w VARCHAR(40) CHARACTER SET utf16, e ENUM('2', '1', '') , j JSON)",
        "INSERT INTO b.b (b, t, w, e, j) VALUES ('\\\\N', '\\\\N', '\\\\N', '1', '\"\\\\\\\\N\\\\t\"'), \
         (X'5C', '\\t\\n\\r\\\\', '\\t\\n\\\\', '2', NULL), (X'00091A0A0D5C5C4E0A', 'ß\\\\', '😀', '', '{}'), \
         ('', '', '', NULL, 'null'), (NULL, NULL, NULL, NULL, NULL), ('NULL', 'NULL', 'NULL', 1, '[\"NULL\"]')",
        "INSERT INTO b.b (b) VALUES (REPEAT('\\t', 1000000)), (REPEAT('\\\\', 3000000)), (REPEAT('\\n', 4200000))",
    ] {
        primary.run(statement).await;
    }
    // Each byte, and each pair with one that means something.
    for byte in 0..=255 {
        let row = format!(
            "INSERT INTO b.b (b) VALUES (X'{byte:02X}'), (X'5C{byte:02X}'), (X'{byte:02X}5C'), (X'09{byte:02X}0A')"
        );
        primary.run(&row).await;
    }
    copied(&pair).await.unwrap();
    let sum = "SELECT CONCAT_WS(':', COUNT(*), SUM(CRC32(CONCAT_WS('-', id, HEX(b), HEX(t), HEX(w), e + 0, j))), \
               SUM(b IS NULL), SUM(t IS NULL), SUM(w IS NULL), SUM(e IS NULL), SUM(j IS NULL)) FROM b.b";
    let mut secondary = Session::open(&pair.secondary).await;
    assert_eq!(secondary.value(sum).await, primary.value(sum).await);
}
