//! Servers that no longer agree: what stopped is named, nothing is skipped, and what can be mended is.

use dbha_testkit::{PrivateServer, Release, ServerPair};

use crate::eventually::eventually;
use crate::operator::Operator;
use crate::refusal::refused;
use crate::releases::on_releases;
use crate::servers::{
    assert_all_threads_run, assert_same_contents, cross, pair_with_sample, purge_old_logs, threads,
};
use crate::session::Session;

async fn pair_of_two_writers(release: Release) -> (ServerPair, Operator) {
    let pair = pair_with_sample(release, 5).await;
    let operator = Operator::of(&pair);
    operator.setup(["--writers", "both"]).await.exits(0);
    (pair, operator)
}

/// Begins new binary logs and throws the old ones away.
async fn purge_logs(server: &PrivateServer) {
    let mut session = Session::open(server).await;
    session
        .run("CREATE TABLE IF NOT EXISTS rental_shop.written_before_the_purge (id INT)")
        .await;
    purge_old_logs(server).await;
}

on_releases!(scenario_51_a_row_in_the_way_stops_and_explains_and_is_never_skipped: mariadb_10_11, mysql_9_7);

async fn scenario_51_a_row_in_the_way_stops_and_explains_and_is_never_skipped(release: Release) {
    const ROW: &str = "INSERT INTO rental_shop.category (category_id, name) VALUES (90, 'conflict')";
    let (pair, operator) = pair_of_two_writers(release).await;
    let mut secondary = Session::open(&pair.secondary).await;
    secondary.run("SET SESSION sql_log_bin=0").await;
    secondary.run(ROW).await;
    Session::open(&pair.primary).await.run(ROW).await;
    eventually(
        "the applier of the secondary stops",
        async || threads(&pair.secondary).await.1,
        |sql| sql == "No",
    )
    .await;

    let status = operator.status().await.exits(5);
    assert!(status.stdout.contains("1062"), "{status}");
    let refused = operator.setup(["--writers", "both"]).await;
    assert!(matches!(refused.code, Some(5 | 8)), "{refused}");
    refused.says("1062").says("diverged").says_one_error_with_a_fix();
    assert_eq!(threads(&pair.secondary).await.1, "No", "nothing was skipped");

    secondary
        .run("DELETE FROM rental_shop.category WHERE category_id=90")
        .await;
    operator.setup(["--writers", "both"]).await.exits(0);
    assert_all_threads_run(&pair).await;
    assert_same_contents(&pair).await;
}

on_releases!(scenario_50_a_secondary_whose_logs_were_purged_is_built_anew_by_name: mariadb_10_11, mysql_9_7);

async fn scenario_50_a_secondary_whose_logs_were_purged_is_built_anew_by_name(release: Release) {
    let (pair, operator) = pair_of_two_writers(release).await;
    Session::open(&pair.secondary).await.run("STOP REPLICA").await;
    purge_logs(&pair.primary).await;

    let refused = operator.setup(["--writers", "both"]).await;
    // MySQL shows what it purged, so there it is found before anything is tried.
    assert!(matches!(refused.code, Some(3 | 5 | 8)), "{refused}");
    refused
        .says("1236")
        .says("--overwrite-secondary")
        .says_one_error_with_a_fix();
    Session::open(&pair.secondary).await.run("START REPLICA").await;
    eventually(
        "status says that logs were purged",
        async || operator.status().await,
        |status| status.code == Some(5) && status.stdout.contains("purged"),
    )
    .await;
    operator
        .setup(["--writers", "both", "--overwrite-secondary", "secondary"])
        .await
        .exits(0);
    assert_all_threads_run(&pair).await;
    assert_same_contents(&pair).await;
}

on_releases!(scenario_62_the_way_back_runs_again_after_its_logs_were_purged: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

/// The primary wrote while its own link stood still, and the secondary has purged the logs that held these events.
async fn scenario_62_the_way_back_runs_again_after_its_logs_were_purged(release: Release) {
    let (pair, operator) = pair_of_two_writers(release).await;
    Session::open(&pair.primary).await.run("STOP REPLICA").await;
    cross("Ada", &pair.primary, &pair.secondary).await;
    purge_old_logs(&pair.secondary).await;

    operator.setup(["--writers", "both"]).await.exits(0);
    assert_all_threads_run(&pair).await;
    cross("Grace", &pair.secondary, &pair.primary).await;
    assert_same_contents(&pair).await;
}

on_releases!(scenario_58_a_primary_that_was_given_another_number_is_named: mariadb_10_11, mysql_9_7);

/// dbha never changes the primary's number; somebody did.
async fn scenario_58_a_primary_that_was_given_another_number_is_named(release: Release) {
    let (pair, operator) = pair_of_two_writers(release).await;
    let mut primary = Session::open(&pair.primary).await;
    primary.run("SET GLOBAL server_id=77").await;
    let status = operator.status().await.exits(5);
    assert!(status.stdout.contains("the pair knows it as 1"), "{status}");
    refused(&pair, &operator, ["--writers", "both"], 3)
        .await
        .says("DBHA-P49")
        .says("SET GLOBAL server_id = 1");
    primary.run("SET GLOBAL server_id=1").await;
    operator.setup(["--writers", "both"]).await.exits(0);
    operator.status().await.exits(0);
    cross("Ada", &pair.primary, &pair.secondary).await;
}
