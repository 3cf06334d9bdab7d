//! What `dbha preflight` finds on servers that have lived: one unlucky pair for many findings, because servers cost.

use dbha_testkit::{Release, ServerOptions, ServerPair};
use serde_json::Value;

use crate::operator::Operator;
use crate::refusal::refused;
use crate::releases::{on_every_release, on_releases};
use crate::servers::fresh_pair;
use crate::session::Session;
use crate::snapshot_of_server::SnapshotOfPair;

/// Returns the findings with a code.
fn with_code<'a>(document: &'a Value, code: &str) -> Vec<&'a Value> {
    let findings = document["findings"].as_array().unwrap();
    findings
        .iter()
        .filter(|finding| finding["code"] == code)
        .collect()
}

/// Fails the test unless a finding with this code, about this side, says all of this in its text or lines.
#[track_caller]
fn says(document: &Value, code: &str, side: Option<&str>, words: &[&str]) {
    let found = with_code(document, code);
    let fits = |finding: &&&Value| {
        let text = format!("{} {}", finding["text"].as_str().unwrap(), finding["lines"]);
        finding["side"].as_str() == side && words.iter().all(|word| text.contains(word))
    };
    assert!(
        found.iter().any(|finding| fits(&finding)),
        "no {code} about {side:?} says {words:?}:\n{document:#}"
    );
}

/// Tables, an event, accounts and time zones that deserve a word.
async fn make_unlucky(primary: &mut Session) {
    for statement in [
        "CREATE DATABASE shop",
        "CREATE TABLE shop.log (note INT)",
        "CREATE TABLE shop.counted (id INT PRIMARY KEY) ENGINE=MyISAM",
        "CREATE TABLE shop.fleeting (id INT PRIMARY KEY) ENGINE=MEMORY",
        "CREATE EVENT shop.tidy ON SCHEDULE EVERY 1 DAY STARTS '2037-01-01 00:00:00' DO DO 1",
        "CREATE USER 'careless'@'%'",
        "CREATE USER ''@'%' IDENTIFIED BY 'x'",
        "GRANT SELECT ON `test`.* TO ''@'%'",
        "INSERT INTO mysql.time_zone_name VALUES ('Europe/Berlin', 1)",
    ] {
        primary.run(statement).await;
    }
}

/// Every finding says all that a reader of the document needs.
#[track_caller]
fn assert_documents_are_complete(found: &Value) {
    for finding in found["findings"].as_array().unwrap() {
        for field in ["title", "text", "why", "fix"] {
            assert!(
                finding[field].as_str().is_some_and(|text| !text.is_empty()),
                "{finding:#}"
            );
        }
        assert!(
            finding["ignorable"].is_boolean() && finding["lines"].is_array(),
            "{finding:#}"
        );
    }
}

on_every_release!(two_fresh_servers_are_told_next_to_nothing);

async fn two_fresh_servers_are_told_next_to_nothing(release: Release) {
    let pair = fresh_pair(release).await;
    let found = Operator::of(&pair)
        .run("preflight", ["-o", "json"])
        .await
        .exits(0)
        .json();
    let codes: Vec<&str> = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|f| f["code"].as_str().unwrap())
        .collect();
    let expected: &[&str] = match release.is_mysql() {
        true => &[],
        // Commits will wait for the disk, settings do not outlive a restart (of each server), logs grow for ever.
        false => &["DBHA-P23", "DBHA-P22", "DBHA-P22", "DBHA-P65"],
    };
    assert_eq!(codes, expected, "{found:#}");
}

on_releases!(scenario_15_and_19_and_20_and_21_and_26_and_30a_on_an_unlucky_pair: mariadb_10_11, mysql_9_7);

async fn scenario_15_and_19_and_20_and_21_and_26_and_30a_on_an_unlucky_pair(release: Release) {
    let mysql = release.is_mysql();
    let skip_errors = if mysql {
        "replica_skip_errors"
    } else {
        "slave_skip_errors"
    };
    let of_primary = ServerOptions::new()
        .set("binlog_do_db", "shop")
        .set("binlog_format", "STATEMENT")
        .set("read_only", "ON")
        .set("event_scheduler", "ON")
        .set("max_allowed_packet", 32 << 20);
    let of_primary = match mysql {
        true => of_primary.set("binlog_expire_logs_seconds", 3600),
        false => of_primary.set("expire_logs_days", "0.04"),
    };
    let of_secondary = ServerOptions::new()
        .set(skip_errors, "1062")
        .set("replicate_do_db", "shop")
        .set("event_scheduler", "OFF")
        .set("max_connections", 10)
        .set("max_allowed_packet", 8 << 20);
    let pair = ServerPair::start_each((release, &of_primary), (release, &of_secondary))
        .await
        .unwrap();
    let operator = Operator::of(&pair);
    let mut primary = Session::open(&pair.primary).await;
    make_unlucky(&mut primary).await;
    let mut secondary = Session::open(&pair.secondary).await;
    secondary.run("CREATE DATABASE brief").await;
    secondary.run("DROP DATABASE brief").await;
    let executed = if mysql {
        "SELECT @@GLOBAL.gtid_executed"
    } else {
        "SELECT @@GLOBAL.gtid_binlog_pos"
    };
    let executed = secondary.value(executed).await.replace('\n', "");
    let own = primary.value("SELECT CONNECTION_ID()").await;
    let mut crowd = Vec::new();
    for _ in 0..4 {
        crowd.push(Session::open(&pair.secondary).await);
    }

    let before = SnapshotOfPair::take(&pair).await;
    let found = operator.run("preflight", ["-o", "json"]).await.exits(3).json();
    before.assert_unchanged(&pair).await;

    assert_documents_are_complete(&found);
    let (p, s) = (Some("primary"), Some("secondary"));
    says(&found, "DBHA-P24", s, &[&executed]);
    says(
        &found,
        "DBHA-P25",
        p,
        &[
            "binlog_format=STATEMENT",
            &format!("{own} root@"),
            &format!("KILL CONNECTION {own};"),
        ],
    );
    says(
        &found,
        "DBHA-P20",
        p,
        &[
            "MyISAM",
            "shop.counted",
            "ALTER TABLE `shop`.`counted` ENGINE=InnoDB;",
        ],
    );
    says(&found, "DBHA-P20", p, &["MEMORY", "shop.fleeting"]);
    says(&found, "DBHA-P52", p, &["1 table without", "shop.log"]);
    says(&found, "DBHA-P15", p, &["binlog_do_db=shop"]);
    says(
        &found,
        "DBHA-P15",
        s,
        &[&format!("{skip_errors}=1062"), "replicate_do_db=shop"],
    );
    says(&found, "DBHA-P70", s, &["time zone", "tzinfo"]);
    says(
        &found,
        "DBHA-P62",
        s,
        &["of 10 connections free", "max_connections = "],
    );
    says(
        &found,
        "DBHA-P28",
        p,
        &["''@%", "careless@%", "test", "DROP USER ''@'%';"],
    );
    says(&found, "DBHA-P53", p, &["read_only=ON", "SET"]);
    says(&found, "DBHA-P64", p, &["binlog_expire_logs_seconds=604800"]);
    says(&found, "DBHA-P66", s, &["1 events", "event_scheduler=ON"]);
    says(&found, "DBHA-P32", s, &["max_allowed_packet"]);
    refused(&pair, &operator, [], 3)
        .await
        .says("DBHA-P15")
        .says("DBHA-P53")
        .says("DBHA-P62");
    let ran = operator
        .run(
            "preflight",
            ["--ignore", "DBHA-P20", "--ignore", "p52", "-o", "json"],
        )
        .await
        .exits(3);
    let document = ran.json();
    for code in ["DBHA-P20", "DBHA-P52"] {
        let found = with_code(&document, code);
        assert!(
            !found.is_empty() && found.iter().all(|finding| finding["severity"] == "note"),
            "{ran}"
        );
    }
}

on_releases!(scenario_30a_mysql_names_exactly_the_sessions_that_are_old: mysql_9_7);

async fn scenario_30a_mysql_names_exactly_the_sessions_that_are_old(release: Release) {
    let pair = fresh_pair(release).await;
    let operator = Operator::of(&pair);
    let mut old = Session::open(&pair.primary).await;
    let mut new = Session::open(&pair.primary).await;
    old.run("SET SESSION binlog_format = 'STATEMENT'").await;
    new.run("SET SESSION auto_increment_increment = 2").await;
    let (old, new) = (
        old.value("SELECT CONNECTION_ID()").await,
        new.value("SELECT CONNECTION_ID()").await,
    );

    let found = operator.run("preflight", ["-o", "json"]).await.exits(0).json();

    says(
        &found,
        "DBHA-P25",
        Some("primary"),
        &["binlog_format=STATEMENT", &format!("KILL CONNECTION {old};")],
    );
    let of_new = format!("KILL CONNECTION {new};");
    assert!(
        !with_code(&found, "DBHA-P25")[0]["lines"]
            .to_string()
            .contains(&of_new),
        "{found:#}"
    );
}

on_releases!(scenario_16_a_server_without_an_id_is_told_to_restart: mysql_9_7);

/// MySQL that was started with 0 refuses every statement about links (1794), whatever is set later.
async fn scenario_16_a_server_without_an_id_is_told_to_restart(release: Release) {
    let none = ServerOptions::new().set("server_id", 0);
    let mut pair = ServerPair::start_each((release, &ServerOptions::new()), (release, &none))
        .await
        .unwrap();
    let operator = Operator::of(&pair);
    refused(&pair, &operator, [], 3)
        .await
        .says("DBHA-P50")
        .says("server_id=2");
    pair.secondary.append_options("server_id=2").unwrap();
    pair.secondary.restart().await.unwrap();
    operator.setup([]).await.exits(0);
}

on_releases!(scenario_24_servers_that_were_initialised_differently: mariadb_10_11, slow_mysql_9_7);

async fn scenario_24_servers_that_were_initialised_differently(release: Release) {
    let other = ServerOptions::new()
        .set("lower_case_table_names", 1)
        .set("innodb_page_size", 8192);
    let pair = ServerPair::start_each((release, &ServerOptions::new()), (release, &other))
        .await
        .unwrap();
    let operator = Operator::of(&pair);
    refused(&pair, &operator, [], 3)
        .await
        .says("DBHA-P18")
        .says("lower_case_table_names is 0");
    let found = operator.run("preflight", ["-o", "json"]).await.exits(3).json();
    says(&found, "DBHA-P19", None, &["16384", "8192"]);
}
