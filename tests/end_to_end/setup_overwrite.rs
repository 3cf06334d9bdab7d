//! `--overwrite-secondary`: data is thrown away where its server is named, and nowhere else.

use dbha_testkit::Release;

use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::{assert_all_threads_run, assert_same_contents, pair_with_sample};
use crate::session::Session;
use crate::snapshot_of_server::SnapshotOfPair;

on_releases!(scenario_11_the_data_of_a_named_secondary_gives_way_to_the_primarys: mariadb_10_11, mysql_9_7);

async fn scenario_11_the_data_of_a_named_secondary_gives_way_to_the_primarys(release: Release) {
    let pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    let mut secondary = Session::open(&pair.secondary).await;
    for statement in [
        "CREATE DATABASE old",
        "CREATE TABLE old.things (id INT PRIMARY KEY)",
        "INSERT INTO old.things VALUES (1), (2)",
        "CREATE VIEW old.seen AS SELECT * FROM old.things",
        "CREATE DATABASE rental_shop",
        "CREATE TABLE rental_shop.category (other INT)",
        "CREATE USER 'old'@'%' IDENTIFIED BY 'old-password-of-old'",
    ] {
        secondary.run(statement).await;
    }

    let before = SnapshotOfPair::take(&pair).await;
    for name in ["primary", &pair.primary.address(), "another"] {
        operator
            .setup(["--overwrite-secondary", name])
            .await
            .exits(3)
            .says("DBHA-P09")
            .says("account old@%")
            .says("about 2 rows")
            .says("its own binary logs up to");
    }
    before.assert_unchanged(&pair).await;

    let name = pair.secondary.address();
    operator
        .setup(["--overwrite-secondary", &name])
        .await
        .exits(0)
        .says("the secondary loses");

    assert_all_threads_run(&pair).await;
    assert_same_contents(&pair).await;
    let schemas = secondary.column("SHOW DATABASES").await;
    assert!(!schemas.contains(&"old".to_owned()), "{schemas:?}");
    let left = "SELECT COUNT(*) FROM mysql.user WHERE User='old'";
    assert_eq!(secondary.value(left).await, "0");

    // The same command line again: an installer must not copy for ever.
    let again = operator
        .setup(["--overwrite-secondary", &name, "-o", "ndjson"])
        .await
        .exits(0);
    assert_eq!(again.changed_steps(), [""; 0]);
    assert!(again.stdout.contains("DBHA-P43"), "{again}");
}
