//! Both servers restart: with what dbha keeps or prints, the pair is whole again by itself.

use dbha_testkit::{Release, ServerPair};

use crate::eventually::eventually;
use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::{assert_same_contents, cross, pair_with_sample, write};

/// Appends to each server's option file what `dbha render my.cnf` prints for it; MySQL keeps settings by itself.
pub(crate) async fn keep_settings(pair: &ServerPair, operator: &Operator, writers: &str) {
    if pair.primary.release().is_mysql() {
        return;
    }
    let before = operator.status().await.exits(0).json();
    assert_eq!(before["restart_safe"], false, "{before:#}");
    for (side, server) in [("primary", &pair.primary), ("secondary", &pair.secondary)] {
        let arguments = ["--server", side, "--writers", writers];
        let file = operator.run("render my.cnf", arguments).await.exits(0).stdout;
        server.append_options(&file).unwrap();
    }
}

/// Restarts both at once, and waits until status says that all is well.
async fn restart(pair: &mut ServerPair, operator: &Operator) {
    tokio::try_join!(pair.primary.restart(), pair.secondary.restart()).unwrap();
    let status = eventually(
        "the pair is healthy again",
        async || operator.status().await.json(),
        |status| status["verdict"] == "healthy",
    )
    .await;
    assert_eq!(status["restart_safe"], true, "{status:#}");
    for server in status["servers"].as_array().unwrap() {
        assert_eq!(server["settings_persisted"], true, "{status:#}");
    }
}

on_releases!(scenario_60_after_a_restart_both_take_writes_with_their_own_keys: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn scenario_60_after_a_restart_both_take_writes_with_their_own_keys(release: Release) {
    let mut pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    operator.setup(["--writers", "both"]).await.exits(0);
    cross("Grace", &pair.secondary, &pair.primary).await;
    keep_settings(&pair, &operator, "both").await;

    restart(&mut pair, &operator).await;

    let on_primary = cross("Ada", &pair.primary, &pair.secondary).await;
    let on_secondary = cross("Grete", &pair.secondary, &pair.primary).await;
    assert_eq!((on_primary % 2, on_secondary % 2), (1, 0), "keys of each side");
    assert_same_contents(&pair).await;
    let again = operator
        .setup(["--writers", "both", "-o", "ndjson"])
        .await
        .exits(0);
    assert_eq!(again.changed_steps(), [""; 0]);
}

on_releases!(scenario_74_after_a_restart_the_standby_is_still_read_only: mariadb_10_11, mysql_9_7);

async fn scenario_74_after_a_restart_the_standby_is_still_read_only(release: Release) {
    let mut pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    operator.setup([]).await.exits(0);
    keep_settings(&pair, &operator, "one").await;

    restart(&mut pair, &operator).await;

    let status = operator.status().await.exits(0).json();
    assert_eq!(status["writers"], "one", "{status:#}");
    assert_eq!(status["servers"][1]["read_only"], true, "{status:#}");
    cross("Ada", &pair.primary, &pair.secondary).await;
    assert_same_contents(&pair).await;
}

on_releases!(scenario_60_a_row_that_was_not_sent_yet_is_sent_after_both_restarted: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

/// A file that gave the binary log another name would take from the primary what it has not sent yet.
async fn scenario_60_a_row_that_was_not_sent_yet_is_sent_after_both_restarted(release: Release) {
    let mut pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    operator.setup(["--writers", "both"]).await.exits(0);
    keep_settings(&pair, &operator, "both").await;

    pair.secondary.stop().await.unwrap();
    write("Ada", &pair.primary).await;
    pair.primary.restart().await.unwrap();
    write("Grace", &pair.primary).await;
    pair.secondary.start().await.unwrap();

    eventually(
        "the pair is healthy again",
        async || operator.status().await.json(),
        |status| status["verdict"] == "healthy",
    )
    .await;
    cross("Grete", &pair.secondary, &pair.primary).await;
    assert_same_contents(&pair).await;
}

on_releases!(scenario_74_settings_that_a_restart_lost_are_named_and_put_back: mariadb_10_11);

/// Without the lines in its option file, a secondary of MariaDB comes back with its peer's `server_id`.
async fn scenario_74_settings_that_a_restart_lost_are_named_and_put_back(release: Release) {
    let mut pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    operator.setup(["--writers", "both"]).await.exits(0);

    pair.secondary.restart().await.unwrap();

    let ran = operator.status().await.exits(5);
    assert!(ran.stdout.contains("server_id"), "{ran}");
    operator.setup(["--writers", "both"]).await.exits(0);
    operator.status().await.exits(0);
    cross("Ada", &pair.primary, &pair.secondary).await;
    cross("Grace", &pair.secondary, &pair.primary).await;
    assert_same_contents(&pair).await;
}

on_releases!(scenario_52_a_secondary_that_was_killed_follows_again_by_itself: mariadb_10_11, slow_mysql_9_7);

async fn scenario_52_a_secondary_that_was_killed_follows_again_by_itself(release: Release) {
    let mut pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    operator.setup([]).await.exits(0);
    keep_settings(&pair, &operator, "one").await;

    pair.secondary.kill().await.unwrap();
    let down = operator.status().await.exits(4).json();
    assert_eq!(down["verdict"], "unreachable", "{down:#}");
    write("Ada", &pair.primary).await;
    pair.secondary.start().await.unwrap();

    eventually(
        "the pair is healthy again",
        async || operator.status().await.json(),
        |status| status["verdict"] == "healthy",
    )
    .await;
    assert_same_contents(&pair).await;
}
