//! A pair that somebody made by hand, by file and position, is taken over without a copy, or left as it is.

use dbha_testkit::{PrivateServer, Release, ServerOptions, ServerPair};

use crate::eventually::eventually;
use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::{
    assert_all_threads_run, assert_nothing_left_behind, assert_same_contents, cross, fill_with_sample,
    positions, threads,
};
use crate::session::Session;
use crate::snapshot_of_server::SnapshotOfPair;
use crate::stopped_at::StoppedAt;
use crate::writers::{Writers, assert_kept};

const PASSWORD: &str = "Replicate-As-Ever-1";

/// Two servers of which the second follows the first; on MariaDB they share the domain 0.
pub(crate) async fn hand_made(release: Release, both_ways: bool) -> ServerPair {
    let mut options = ServerOptions::new();
    if release.is_mysql() {
        options = options
            .set("gtid_mode", "ON")
            .set("enforce_gtid_consistency", "ON");
    }
    let pair = ServerPair::start(release, &options).await.unwrap();
    Session::open(&pair.secondary)
        .await
        .run("SET GLOBAL server_id = 2")
        .await;
    follow(&pair.primary, &pair.secondary).await;
    if both_ways {
        follow(&pair.secondary, &pair.primary).await;
    }
    fill_with_sample(&pair.primary, 50).await;
    assert_same_contents(&pair).await;
    if both_ways {
        cross("Grace of old", &pair.secondary, &pair.primary).await;
    }
    pair
}

/// Makes one server follow another from where that one's log ends now, as guides have it: an account that may do all.
async fn follow(source: &PrivateServer, replica: &PrivateServer) {
    let mysql = source.release().is_mysql();
    let mut there = Session::open(source).await;
    there
        .run(if mysql {
            "SET sql_log_bin = 0"
        } else {
            "SET SESSION sql_log_bin = 0"
        })
        .await;
    there
        .run(&format!("CREATE USER 'repl'@'%' IDENTIFIED BY '{PASSWORD}'"))
        .await;
    there.run("GRANT ALL PRIVILEGES ON *.* TO 'repl'@'%'").await;
    let [_, file, offset] = positions(source).await;
    let port = source.port();
    let mut here = Session::open(replica).await;
    let (change, start) = if mysql {
        (
            format!(
                "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT={port}, SOURCE_USER='repl', \
                 SOURCE_PASSWORD='{PASSWORD}', SOURCE_LOG_FILE='{file}', SOURCE_LOG_POS={offset}, \
                 GET_SOURCE_PUBLIC_KEY=1"
            ),
            "START REPLICA",
        )
    } else {
        (
            format!(
                "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={port}, MASTER_USER='repl', \
                 MASTER_PASSWORD='{PASSWORD}', MASTER_LOG_FILE='{file}', MASTER_LOG_POS={offset}, MASTER_USE_GTID=no"
            ),
            "START SLAVE",
        )
    };
    here.run(&change).await;
    here.run(start).await;
    eventually(
        "the link runs",
        async || threads(replica).await,
        |threads| *threads == ("Yes".to_owned(), "Yes".to_owned()),
    )
    .await;
}

/// Sets the pair up under writers, and fails the test unless it was adopted and is whole.
async fn adopt(pair: &ServerPair) {
    let operator = Operator::of(pair);
    let writers = Writers::start(&pair.primary, 2).await;
    let ran = operator
        .setup(["--writers", "both", "-o", "ndjson"])
        .await
        .exits(0);
    let written = writers.stop().await;
    let changed = ran.changed_steps();
    assert!(changed.contains(&"adopt_secondary".to_owned()), "{ran}");
    assert!(!changed.contains(&"copy_data".to_owned()), "{ran}");
    assert!(ran.stdout.contains("DBHA-P73"), "{ran}");
    assert_all_threads_run(pair).await;
    cross("Ada", &pair.primary, &pair.secondary).await;
    cross("Grete", &pair.secondary, &pair.primary).await;
    assert_same_contents(pair).await;
    for server in [&pair.primary, &pair.secondary] {
        assert_kept(server, &written).await;
    }
    assert_nothing_left_behind(pair).await;
    let again = operator
        .setup(["--writers", "both", "-o", "ndjson"])
        .await
        .exits(0);
    assert_eq!(again.changed_steps(), [""; 0]);
}

on_releases!(a_one_way_replica_is_adopted_under_writers: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn a_one_way_replica_is_adopted_under_writers(release: Release) {
    adopt(&hand_made(release, false).await).await;
}

on_releases!(a_pair_with_links_both_ways_is_adopted_under_writers: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn a_pair_with_links_both_ways_is_adopted_under_writers(release: Release) {
    adopt(&hand_made(release, true).await).await;
}

on_releases!(data_that_differs_is_named_and_the_old_replication_goes_on: mariadb_10_11, mysql_9_7);

async fn data_that_differs_is_named_and_the_old_replication_goes_on(release: Release) {
    let pair = hand_made(release, true).await;
    let operator = Operator::of(&pair);
    let mut secondary = Session::open(&pair.secondary).await;
    secondary.run("SET SESSION sql_log_bin = 0").await;
    let other = "UPDATE rental_shop.employee SET active = 1 - active";
    secondary.run(other).await;
    let before = SnapshotOfPair::take(&pair).await;

    operator
        .setup([])
        .await
        .exits(5)
        .says("rental_shop.employee: ")
        .says("rows are not the same")
        .says("the old replication goes on");

    // The restart of a thread renews a relay log, and that is all.
    before
        .assert_unchanged_but(&pair, |name| {
            name.contains("replica") && name.contains("secondary")
        })
        .await;
    assert_all_threads_run(&pair).await;
    cross("Anna", &pair.primary, &pair.secondary).await;
    cross("Emma", &pair.secondary, &pair.primary).await;

    // Mended by its owner, the same command adopts it.
    secondary.run(other).await;
    adopt(&pair).await;
}

on_releases!(an_adoption_that_is_killed_is_made_again: mariadb_10_11, mysql_9_7);

async fn an_adoption_that_is_killed_is_made_again(release: Release) {
    let pair = hand_made(release, true).await;
    let operator = Operator::of(&pair);
    // So is the applier left where a run is killed that compares.
    let stop = if release.is_mysql() {
        "STOP REPLICA SQL_THREAD"
    } else {
        "STOP SLAVE SQL_THREAD"
    };
    Session::open(&pair.secondary).await.run(stop).await;
    let writers = Writers::start(&pair.primary, 2).await;

    for point in [
        "before:adopt_secondary",
        "applied:adopt_secondary",
        "applied:follow_primary",
    ] {
        let mut command = operator.command("setup", ["--yes", "--writers", "both"]);
        StoppedAt::reach(&operator, &mut command, point)
            .await
            .kill()
            .await;
    }
    let last = operator
        .setup(["--writers", "both", "-o", "ndjson"])
        .await
        .exits(0);
    assert!(!last.changed_steps().contains(&"copy_data".to_owned()), "{last}");

    let written = writers.stop().await;
    assert_all_threads_run(&pair).await;
    assert_same_contents(&pair).await;
    assert_kept(&pair.secondary, &written).await;
    assert_nothing_left_behind(&pair).await;
}
