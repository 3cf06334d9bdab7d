//! Servers that restart in the middle of a set-up: the same command makes them a pair all the same.

use dbha_testkit::Release;

use crate::releases::on_releases;
use crate::trial::Trial;

on_releases!(slow_scenario_34_both_servers_restart_in_the_middle_and_come_back_as_a_pair: mariadb_10_5, mariadb_10_11, mysql_9_7);

async fn slow_scenario_34_both_servers_restart_in_the_middle_and_come_back_as_a_pair(release: Release) {
    let wanted = Trial::undisturbed(release).await;
    for point in [
        "before:follow_primary",
        "applied:follow_primary",
        "applied:follow_secondary",
    ] {
        let mut trial = Trial::begin(release).await;
        let held = trial.hold(point).await.unwrap();
        let pair = &mut trial.pair;
        tokio::try_join!(pair.primary.restart(), pair.secondary.restart()).unwrap();
        held.let_go();
        let first = held.end(&trial).await;
        assert_ne!(first.code, Some(0), "{first}");
        trial.judge(&wanted, point).await;
    }
}

on_releases!(slow_scenario_34_both_servers_are_killed_in_the_middle_and_come_back_as_a_pair: mariadb_10_11, mysql_9_7);

/// As a power failure would; with sync_binlog and flush set by then, no acknowledged row is lost.
async fn slow_scenario_34_both_servers_are_killed_in_the_middle_and_come_back_as_a_pair(release: Release) {
    let wanted = Trial::undisturbed(release).await;
    for point in ["applied:copy_data", "applied:catch_up"] {
        let mut trial = Trial::begin(release).await;
        let held = trial.hold(point).await.unwrap();
        let pair = &mut trial.pair;
        tokio::try_join!(pair.primary.kill(), pair.secondary.kill()).unwrap();
        tokio::try_join!(pair.primary.start(), pair.secondary.start()).unwrap();
        held.let_go();
        let first = held.end(&trial).await;
        assert_ne!(first.code, Some(0), "{first}");
        trial.judge(&wanted, point).await;
    }
}
