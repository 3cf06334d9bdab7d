//! `dbha verify`: a running pair is compared at one position, and what differs is named by table and key.

use dbha_testkit::{PrivateServer, Release, ServerPair};
use serde_json::{Value, json};

use crate::eventually::eventually;
use crate::operator::Operator;
use crate::ran::Ran;
use crate::releases::{on_every_release, on_releases};
use crate::servers::{assert_all_threads_run, cross, pair_with_sample, positions};
use crate::session::Session;
use crate::setup_adopt::hand_made;
use crate::snapshot_of_server::SnapshotOfPair;
use crate::writers::{Writers, assert_kept};

/// A pair that stands, by default with a read-only secondary.
pub(crate) async fn standing_pair(release: Release, arguments: &[&str]) -> (ServerPair, Operator) {
    let pair = pair_with_sample(release, 10).await;
    let operator = Operator::of(&pair);
    operator.setup(arguments.iter().copied()).await.exits(0);
    (pair, operator)
}

/// Waits until the secondary has every transaction of the primary.
async fn caught_up(pair: &ServerPair) {
    let own = async |server: &PrivateServer| positions(server).await[0].clone();
    let wanted = own(&pair.primary).await;
    eventually(
        "the secondary has everything",
        async || own(&pair.secondary).await,
        |have| wanted.split(',').all(|part| have.contains(part.trim())),
    )
    .await;
}

/// Opens a session whose changes stay on its own server, also on a standby.
async fn unlogged(server: &PrivateServer) -> Session {
    let mut session = Session::open(server).await;
    if server.release().is_mysql() {
        session.run("SET GLOBAL super_read_only=0").await;
    }
    session.run("SET SESSION sql_log_bin=0").await;
    session
}

/// Waits until no session of a comparison is left.
pub(crate) async fn assert_gone(server: &PrivateServer) {
    let mut session = Session::open(server).await;
    for lock in ["dbha.setup", "dbha.copy.0", "dbha.copy.1"] {
        eventually(
            "no lock is held",
            async || session.value(&format!("SELECT IS_USED_LOCK('{lock}')")).await,
            |holder| holder == "NULL",
        )
        .await;
    }
}

async fn compare(operator: &Operator) -> Ran {
    operator.run("verify", ["-o", "json"]).await
}

/// Writes a named difference in short: table, kind, values of the key, columns.
fn short(difference: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_owned();
    let key = difference["key"].as_array().unwrap().iter();
    let key: Vec<String> = key.map(|part| text(&part["value"])).collect();
    let columns = difference["columns"].as_array().into_iter().flatten();
    let columns: Vec<String> = columns.map(text).collect();
    let (table, kind) = (text(&difference["table"]), text(&difference["kind"]));
    format!("{table} {kind} ({}) {}", key.join(", "), columns.join(" "))
        .trim_end()
        .to_owned()
}

fn all_short(ran: &Ran) -> Vec<String> {
    let json = ran.json();
    json["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(short)
        .collect()
}

on_every_release!(a_pair_is_equal_under_writers_and_nothing_is_written_on_either_server);

async fn a_pair_is_equal_under_writers_and_nothing_is_written_on_either_server(release: Release) {
    let (pair, operator) = standing_pair(release, &[]).await;
    let before = SnapshotOfPair::take(&pair).await;
    let ran = compare(&operator).await.exits(0);
    before.assert_unchanged(&pair).await;
    assert_eq!(ran.json()["not_compared"], json!([]), "{ran}");
    assert_eq!(ran.json()["accounts"], json!([]), "{ran}");

    let writers = Writers::start(&pair.primary, 2).await;
    for _ in 0..3 {
        let ran = compare(&operator).await.exits(0);
        let result = ran.json();
        assert_eq!(result["schema_version"], 1, "{ran}");
        assert_eq!(result["equal"], true, "{ran}");
        assert_eq!(result["differences"], json!([]), "{ran}");
        assert!(result["tables"].as_u64().unwrap() > 10, "{ran}");
        assert!(result["rows"].as_u64().unwrap() > 100, "{ran}");
        assert!(result["lock_held_ms"].as_f64().unwrap() > 0.0, "{ran}");
    }
    let written = writers.stop().await;
    caught_up(&pair).await;
    assert_kept(&pair.secondary, &written).await;
    assert_all_threads_run(&pair).await;
    for server in [&pair.primary, &pair.secondary] {
        assert_gone(server).await;
    }
}

on_releases!(two_writing_servers_are_compared_at_a_position_that_both_have: mariadb_10_11, mysql_9_7);

async fn two_writing_servers_are_compared_at_a_position_that_both_have(release: Release) {
    let (pair, operator) = standing_pair(release, &["--writers", "both"]).await;
    let writers = Writers::start(&pair.primary, 1).await;
    let mut other = Session::open(&pair.secondary).await;
    let run = operator.run("verify", ["-o", "json", "--wait", "20"]);
    let mut run = std::pin::pin!(run);
    let ran = loop {
        // Some ten transactions a second on the secondary.
        tokio::select! {
            ran = &mut run => break ran.exits(0),
            () = tokio::time::sleep(std::time::Duration::from_millis(100)) => {}
        }
        other
            .run("UPDATE rental_shop.category SET name = CONCAT('n', RAND()) WHERE category_id = 2")
            .await;
    };
    assert_eq!(ran.json()["equal"], true, "{ran}");
    writers.stop().await;
}

on_every_release!(rows_that_differ_are_named_by_table_and_key);

async fn rows_that_differ_are_named_by_table_and_key(release: Release) {
    let (pair, operator) = standing_pair(release, &[]).await;
    let mut primary = Session::open(&pair.primary).await;
    for statement in [
        "CREATE SCHEMA cmp",
        "CREATE TABLE cmp.plain (id BIGINT PRIMARY KEY, a INT, b VARCHAR(20), c DOUBLE)",
        "INSERT INTO cmp.plain VALUES (1,1,'x',1.5),(2,2,NULL,2.5),(3,3,'z',NULL),(5,5,'',0),(9,9,'end',9)",
        "CREATE TABLE cmp.pair (s VARCHAR(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin, n INT UNSIGNED, v INT, \
         PRIMARY KEY (s, n DESC))",
        "INSERT INTO cmp.pair VALUES ('a',1,1),('a',2,2),('é''s',1,3),('z',7,4)",
        "CREATE TABLE cmp.bytes (k VARBINARY(8) PRIMARY KEY, v JSON)",
        "INSERT INTO cmp.bytes VALUES (X'00ff','[1]'),(X'01','[2]'),('','[3]')",
        "CREATE TABLE cmp.keyless (a INT, b TEXT)",
        "INSERT INTO cmp.keyless VALUES (1,'x'),(1,'x')",
        "CREATE TABLE cmp.empty (id INT PRIMARY KEY)",
        "CREATE TABLE cmp.parts (id INT PRIMARY KEY, v INT) PARTITION BY HASH (id) PARTITIONS 3",
        "INSERT INTO cmp.parts VALUES (1,1),(2,2),(3,3),(4,4)",
    ] {
        primary.run(statement).await;
    }
    caught_up(&pair).await;
    compare(&operator).await.exits(0);

    let mut secondary = unlogged(&pair.secondary).await;
    for statement in [
        // One value, and a row that both have but is NULL on one side.
        "UPDATE cmp.plain SET c = 1.25 WHERE id = 1",
        "UPDATE cmp.plain SET b = '' WHERE id = 2",
        "DELETE FROM cmp.plain WHERE id = 3",
        // Before the first key, between two, behind the last.
        "INSERT INTO cmp.plain VALUES (-7,0,'',0),(4,0,'',0),(99,0,'',0)",
        // Two rows that exchanged a value.
        "UPDATE cmp.pair SET v = 3 - v WHERE s = 'a'",
        "UPDATE cmp.pair SET v = 0 WHERE s = 'é''s'",
        "UPDATE cmp.bytes SET v = '[9]' WHERE k = X'00ff'",
        "DELETE FROM cmp.bytes WHERE k = ''",
        "INSERT INTO cmp.keyless VALUES (2,'y')",
        "INSERT INTO cmp.empty VALUES (5)",
        "UPDATE cmp.parts SET v = 0 WHERE id = 3",
    ] {
        secondary.run(statement).await;
    }
    let before = SnapshotOfPair::take(&pair).await;
    let ran = compare(&operator).await.exits(5);
    before.assert_unchanged(&pair).await;

    let mut found = all_short(&ran);
    found.sort();
    let mut wanted = [
        "plain differs (1) c",
        "plain differs (2) b",
        "plain only_on_primary (3)",
        "plain only_on_secondary (-7)",
        "plain only_on_secondary (4)",
        "plain only_on_secondary (99)",
        "pair differs ('a', 1) v",
        "pair differs ('a', 2) v",
        "pair differs ('é''s', 1) v",
        "bytes differs (X'00ff') v",
        "bytes only_on_primary (X'')",
        "empty only_on_secondary (5)",
        "parts differs (3) v",
    ];
    wanted.sort_unstable();
    assert_eq!(found, wanted, "{ran}");
    let json = ran.json();
    assert_eq!(json["differences_total"], 13, "{ran}");
    let keyless = json["differing_tables"].as_array().unwrap().iter();
    let keyless: Vec<_> = keyless.filter(|table| table["table"] == "keyless").collect();
    assert_eq!(keyless.len(), 1, "{ran}");
    assert_eq!(
        [&keyless[0]["rows_on_primary"], &keyless[0]["rows_on_secondary"]],
        [2, 3],
        "{ran}"
    );
    let human = operator.run("verify", []).await.exits(5);
    for text in [
        "is not equal",
        "s = 'a', n = 1: differs in v",
        "cmp.keyless: not the same",
    ] {
        assert!(human.stdout.contains(text), "{text}\n{human}");
    }
}

on_releases!(whatever_is_defined_otherwise_is_named_and_rows_that_can_be_compared_are: mariadb_10_11, mysql_9_7);

async fn whatever_is_defined_otherwise_is_named_and_rows_that_can_be_compared_are(release: Release) {
    let (pair, operator) = standing_pair(release, &[]).await;
    let mut primary = Session::open(&pair.primary).await;
    for statement in [
        "CREATE SCHEMA cmp",
        "CREATE TABLE cmp.indexed (id INT PRIMARY KEY, v INT)",
        "INSERT INTO cmp.indexed VALUES (1,1),(2,2)",
        "CREATE TABLE cmp.widened (id INT PRIMARY KEY, v INT)",
        "CREATE TABLE cmp.missing (id INT PRIMARY KEY)",
        "CREATE TABLE cmp.unsafe (id INT PRIMARY KEY) ENGINE=MyISAM",
        "INSERT INTO cmp.unsafe VALUES (1)",
        "CREATE VIEW cmp.seen AS SELECT id FROM cmp.indexed",
    ] {
        primary.run(statement).await;
    }
    caught_up(&pair).await;
    let ran = compare(&operator).await.exits(0);
    assert_eq!(ran.json()["not_compared"][0]["what"], "cmp.unsafe", "{ran}");
    let human = operator.run("verify", []).await.exits(0);
    assert!(human.stdout.contains("! not compared: cmp.unsafe"), "{human}");

    let mut secondary = unlogged(&pair.secondary).await;
    for statement in [
        "CREATE INDEX more ON cmp.indexed (v)",
        "UPDATE cmp.indexed SET v = 7 WHERE id = 2",
        "ALTER TABLE cmp.widened MODIFY v BIGINT",
        "DROP TABLE cmp.missing",
        "CREATE TABLE cmp.extra (id INT PRIMARY KEY)",
        "CREATE OR REPLACE VIEW cmp.seen AS SELECT 1 AS id",
        "CREATE USER stranger@'%'",
    ] {
        secondary.run(statement).await;
    }
    let ran = compare(&operator).await.exits(5);
    let json = ran.json();
    let definitions = json["definitions"].as_array().unwrap().iter();
    let definitions: Vec<String> = definitions
        .map(|one| {
            format!(
                "{} {}",
                one["what"].as_str().unwrap(),
                one["kind"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        definitions,
        [
            "cmp.indexed differs",
            "cmp.widened differs",
            "table cmp.extra only_on_secondary",
            "table cmp.missing only_on_primary",
            "view cmp.seen differs",
        ],
        "{ran}"
    );
    assert_eq!(all_short(&ran), ["indexed differs (2) v"], "{ran}");
    let not_compared = json["not_compared"].as_array().unwrap().iter();
    let not_compared: Vec<&str> = not_compared.map(|one| one["what"].as_str().unwrap()).collect();
    assert_eq!(not_compared, ["cmp.unsafe", "cmp.widened"], "{ran}");
    assert_eq!(json["accounts"][0]["what"], "account stranger@%", "{ran}");
}

on_releases!(many_rows_that_differ_are_all_counted_and_the_first_named: mariadb_10_11, mysql_9_7);

async fn many_rows_that_differ_are_all_counted_and_the_first_named(release: Release) {
    let (pair, operator) = standing_pair(release, &[]).await;
    let mut primary = Session::open(&pair.primary).await;
    primary
        .run("CREATE TABLE rental_shop.many (id INT AUTO_INCREMENT PRIMARY KEY, v INT)")
        .await;
    primary.run("INSERT INTO rental_shop.many (v) VALUES (0)").await;
    for _ in 0..14 {
        primary
            .run("INSERT INTO rental_shop.many (v) SELECT v FROM rental_shop.many")
            .await;
    }
    let rows = primary.number("SELECT COUNT(*) FROM rental_shop.many").await;
    caught_up(&pair).await;
    let mut secondary = unlogged(&pair.secondary).await;
    secondary.run("UPDATE rental_shop.many SET v = 1").await;
    let last = secondary.number("SELECT MAX(id) FROM rental_shop.many").await;
    // More rows on the secondary than the primary has keys around them.
    let more = format!("INSERT INTO rental_shop.many SELECT id + {last}, 5 FROM rental_shop.many");
    secondary.run(&more).await;

    let ran = operator
        .run("verify", ["-o", "json", "--limit", "7"])
        .await
        .exits(5);
    let json = ran.json();
    assert_eq!(json["differences"].as_array().unwrap().len(), 7, "{ran}");
    assert_eq!(json["differences_total"], 2 * rows, "{ran}");
    let table = &json["differing_tables"][0];
    assert_eq!(
        [&table["differing"], &table["only_on_secondary"]],
        [rows, rows],
        "{ran}"
    );
}

on_releases!(scenario_61_one_row_changed_on_both_sides_is_found: mariadb_10_11, mysql_9_7);

/// Each server gets the other's change after its own, and keeps it: both links run, and nothing else tells of it.
async fn scenario_61_one_row_changed_on_both_sides_is_found(release: Release) {
    let (pair, operator) = standing_pair(release, &["--writers", "both"]).await;
    let (mut primary, mut secondary) = (
        Session::open(&pair.primary).await,
        Session::open(&pair.secondary).await,
    );
    for session in [&mut primary, &mut secondary] {
        session.run("STOP REPLICA").await;
    }
    let change =
        |name: &str| format!("UPDATE rental_shop.category SET name = '{name}' WHERE category_id = 3");
    primary.run(&change("of the primary")).await;
    secondary.run(&change("of the secondary")).await;
    for session in [&mut primary, &mut secondary] {
        session.run("START REPLICA").await;
    }
    cross("Ada", &pair.primary, &pair.secondary).await;
    cross("Grace", &pair.secondary, &pair.primary).await;
    operator.status().await.exits(0);

    let ran = compare(&operator).await.exits(5);
    assert_eq!(all_short(&ran), ["category differs (3) name"], "{ran}");
    assert_all_threads_run(&pair).await;
}

on_releases!(a_pair_that_was_made_by_hand_is_compared_like_any_other: mariadb_10_11, mysql_9_7);

async fn a_pair_that_was_made_by_hand_is_compared_like_any_other(release: Release) {
    let pair = hand_made(release, false).await;
    let operator = Operator::of(&pair);
    compare(&operator).await.exits(0);
    // What was written there reaches the primary by no link, and is no reason not to compare.
    let mut secondary = Session::open(&pair.secondary).await;
    secondary
        .run("UPDATE rental_shop.category SET name = 'elsewhere' WHERE category_id = 4")
        .await;
    let ran = compare(&operator).await.exits(5);
    assert_eq!(all_short(&ran), ["category differs (4) name"], "{ran}");
    if release.is_mysql() {
        assert!(ran.json()["errant"].is_string(), "{ran}");
    }
}

on_releases!(an_account_that_may_only_look_is_enough_and_what_it_lacks_is_named: mariadb_10_11, mysql_9_7);

async fn an_account_that_may_only_look_is_enough_and_what_it_lacks_is_named(release: Release) {
    let (pair, mut operator) = standing_pair(release, &[]).await;
    let password = "Look-0nly-At-Both";
    let file = operator.password_file("looker", password);
    for server in [&pair.primary, &pair.secondary] {
        let mut session = unlogged(server).await;
        session
            .run(&format!(
                "CREATE USER looker@'127.0.0.1' IDENTIFIED BY '{password}'"
            ))
            .await;
        session
            .run("GRANT SELECT ON rental_shop.* TO looker@'127.0.0.1'")
            .await;
    }
    operator.primary_password_file.clone_from(&file);
    operator.secondary_password_file.clone_from(&file);
    let as_looker = ["-o", "json", "--user", "looker"];
    let refused = operator.run("verify", as_looker).await.exits(3);
    let refused = refused.says("DBHA-P06").says("lacks SELECT, SHOW VIEW");
    for server in [&pair.primary, &pair.secondary] {
        let role = if std::ptr::eq(server, &pair.primary) {
            "primary"
        } else {
            "secondary"
        };
        let findings = refused.json()["findings"].clone();
        let finding = findings.as_array().unwrap().iter();
        let finding = finding
            .clone()
            .find(|one| one["side"] == role || one["server"] == role);
        let grant = finding.unwrap()["lines"][0].as_str().unwrap().to_owned();
        unlogged(server).await.run(&grant).await;
    }
    let ran = operator.run("verify", as_looker).await.exits(0);
    assert!(ran.json()["tables"].as_u64().unwrap() > 10, "{ran}");
}

on_releases!(definitions_that_change_all_the_time_are_no_difference: mariadb_10_11, mysql_9_7, slow_mariadb_11_8);

async fn definitions_that_change_all_the_time_are_no_difference(release: Release) {
    let (pair, operator) = standing_pair(release, &[]).await;
    let mut session = Session::open(&pair.primary).await;
    for statement in [
        "CREATE TABLE rental_shop.left_one (id INT AUTO_INCREMENT PRIMARY KEY, v INT)",
        "CREATE TABLE rental_shop.right_one (id INT AUTO_INCREMENT PRIMARY KEY, v INT)",
        "INSERT INTO rental_shop.left_one (v) VALUES (1),(2),(3)",
    ] {
        session.run(statement).await;
    }
    let changes = tokio::spawn(async move {
        let mut round = 0;
        loop {
            round += 1;
            for statement in [
                "ALTER TABLE rental_shop.left_one ADD COLUMN more INT DEFAULT 7 FIRST",
                "RENAME TABLE rental_shop.left_one TO rental_shop.swap, rental_shop.right_one TO rental_shop.left_one, \
                 rental_shop.swap TO rental_shop.right_one",
                "INSERT INTO rental_shop.left_one (v) VALUES (4)",
                "ALTER TABLE rental_shop.right_one DROP COLUMN more, FORCE",
                "TRUNCATE TABLE rental_shop.right_one",
                "INSERT INTO rental_shop.right_one (v) VALUES (5),(6)",
                "CREATE TABLE rental_shop.passing (id INT PRIMARY KEY) SELECT 1 AS id",
                "CREATE OR REPLACE VIEW rental_shop.glance AS SELECT COUNT(*) AS many FROM rental_shop.passing",
                "DROP VIEW rental_shop.glance",
                "DROP TABLE rental_shop.passing",
            ] {
                session.run(statement).await;
                tokio::time::sleep(std::time::Duration::from_millis(round % 5 * 3)).await;
            }
        }
    });
    for _ in 0..8 {
        let ran = compare(&operator).await.exits(0);
        assert_eq!(ran.json()["equal"], true, "{ran}");
    }
    assert!(!changes.is_finished());
    changes.abort();
    assert_all_threads_run(&pair).await;
}
