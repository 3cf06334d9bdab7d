//! A second run on a finished pair looks, finds everything as wanted, and writes nothing.

use dbha_testkit::{Release, ServerPair};

use crate::operator::Operator;
use crate::releases::{on_every_release, on_releases};
use crate::servers::{assert_nothing_left_behind, pair_with_sample, positions};
use crate::snapshot_of_server::SnapshotOfPair;

on_every_release!(a_second_run_changes_nothing_and_says_so);

async fn a_second_run_changes_nothing_and_says_so(release: Release) {
    let pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    operator.setup(["--writers", "both"]).await.exits(0);
    let before = SnapshotOfPair::take(&pair).await;
    let [primary, secondary] = of_both(&pair).await;
    assert_ne!(primary[0], "", "the pair has a position");

    let again = operator.setup(["--writers", "both"]).await.exits(0);

    assert!(again.stderr.contains("nothing was changed"), "{again}");
    assert_eq!(of_both(&pair).await, [primary, secondary]);
    before.assert_unchanged(&pair).await;
    assert_nothing_left_behind(&pair).await;
}

on_releases!(a_second_run_needs_no_yes_and_no_terminal: mariadb_10_11, slow_mysql_9_7);

async fn a_second_run_needs_no_yes_and_no_terminal(release: Release) {
    let pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    operator.setup([]).await.exits(0);
    let before = of_both(&pair).await;

    let again = operator.run("setup", ["-o", "json"]).await.exits(0).json();
    assert_eq!(again["changed"], false, "{again:#}");
    assert_eq!(again["status"]["verdict"], "healthy", "{again:#}");
    assert_eq!(of_both(&pair).await, before);

    // Only when asked to does it write, and then a marker on each server and no more.
    let proven = operator
        .setup(["--prove", "-o", "ndjson"])
        .await
        .exits(0)
        .changed_steps();
    assert_eq!(proven, ["prove_links"]);
    assert_ne!(of_both(&pair).await, before);
}

async fn of_both(pair: &ServerPair) -> [[String; 3]; 2] {
    [positions(&pair.primary).await, positions(&pair.secondary).await]
}
