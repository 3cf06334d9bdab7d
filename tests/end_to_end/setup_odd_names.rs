//! Scenario 4: schemas, tables and accounts with names that few people give, copied exactly.

use dbha_core::{quote_account, quote_identifier, quote_literal};
use dbha_testkit::Release;

use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::{assert_all_threads_run, fresh_pair};
use crate::session::Session;

const USERS: [&str; 6] = [
    "o'brien",
    "quo\"te",
    "back\\slash",
    "grave`accent",
    "üser-ñ",
    "semi;colon -- x",
];

/// Quotes of every kind, what looks like a comment, letters beyond ASCII, the longest, and two that differ in case only.
fn names() -> Vec<String> {
    let mut names: Vec<String> = [
        "a`b",
        "it's",
        "dou\"ble",
        "back\\slash",
        "semi;colon -- x",
        "ünï-日本",
        "Case",
        "case",
    ]
    .map(str::to_owned)
    .to_vec();
    names.push("x".repeat(64));
    names
}

on_releases!(scenario_4_odd_names_are_copied_exactly: mariadb_10_11, mysql_9_7);

async fn scenario_4_odd_names_are_copied_exactly(release: Release) {
    let pair = fresh_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    let mut secondary = Session::open(&pair.secondary).await;
    let of = |schema: &str, table: &str| format!("{}.{}", quote_identifier(schema), quote_identifier(table));
    let write = async |session: &mut Session, schema: &str, table: &str, value: &str| {
        let value = quote_literal(value);
        session
            .run(&format!("INSERT INTO {} (v) VALUES ({value})", of(schema, table)))
            .await;
    };
    for schema in names() {
        primary
            .run(&format!("CREATE DATABASE {}", quote_identifier(&schema)))
            .await;
        for table in names() {
            let columns = "(id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(200) CHARACTER SET utf8mb4)";
            primary
                .run(&format!("CREATE TABLE {} {columns}", of(&schema, &table)))
                .await;
            write(&mut primary, &schema, &table, &format!("{schema}/{table}")).await;
        }
    }
    for user in USERS {
        primary
            .run(&format!("CREATE USER {}", quote_account(user, "%")))
            .await;
    }

    Operator::of(&pair).setup(["--writers", "both"]).await.exits(0);

    assert_all_threads_run(&pair).await;
    for schema in names() {
        for table in names() {
            let found = secondary
                .column(&format!("SELECT v FROM {}", of(&schema, &table)))
                .await;
            assert_eq!(found, [format!("{schema}/{table}")]);
        }
    }
    for user in USERS {
        let asked = format!(
            "SELECT COUNT(*) FROM mysql.user WHERE CONVERT(User USING utf8mb4) = {}",
            quote_literal(user)
        );
        assert_eq!(secondary.value(&asked).await, "1", "{user}");
    }
}
