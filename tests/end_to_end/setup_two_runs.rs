//! Two runs at once: one goes on, the other says who is there, and neither acts on what it saw before.

use dbha_testkit::Release;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::operator::Operator;
use crate::processes::end_of;
use crate::refusal::refused;
use crate::releases::on_releases;
use crate::servers::pair_with_sample;
use crate::session::Session;

on_releases!(scenario_31_of_two_runs_at_once_one_goes_on_and_one_says_who_is_there: mariadb_10_11, mysql_9_7);

async fn scenario_31_of_two_runs_at_once_one_goes_on_and_one_says_who_is_there(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let operator = Operator::of(&pair);
    // The lock of a run, held by a session that can be named.
    let mut other = Session::open(&pair.secondary).await;
    assert_eq!(other.value("SELECT GET_LOCK('dbha.setup', 1)").await, "1");
    let holder = other.value("SELECT CONNECTION_ID()").await;
    refused(&pair, &operator, [], 3)
        .await
        .says("DBHA-P29")
        .says(&holder);
    other.run("DO RELEASE_LOCK('dbha.setup')").await;

    let (one, another) = tokio::join!(operator.setup([]), operator.setup([]));
    let mut codes = [one.code, another.code];
    codes.sort();
    // The second may also come late enough to find a finished pair.
    assert!(
        codes == [Some(0), Some(3)] || codes == [Some(0), Some(0)],
        "{one}\n{another}"
    );
    operator.status().await.exits(0);
}

on_releases!(scenario_31_what_happened_while_a_run_waited_for_another_is_seen: mariadb_10_11, mysql_9_7);

/// The run has judged an empty secondary when it begins to wait; what is written there meanwhile must not be lost.
async fn scenario_31_what_happened_while_a_run_waited_for_another_is_seen(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let operator = Operator::of(&pair);
    let mut other = Session::open(&pair.primary).await;
    assert_eq!(other.value("SELECT GET_LOCK('dbha.setup', 1)").await, "1");
    let mut secondary = Session::open(&pair.secondary).await;
    let mut run = operator
        .command("setup", ["--yes", "-o", "ndjson"])
        .spawn()
        .unwrap();
    let mut events = BufReader::new(run.stdout.take().unwrap()).lines();
    while let Some(event) = events.next_line().await.unwrap() {
        if event.contains(r#""event":"planned""#) {
            break;
        }
    }

    secondary.run("CREATE DATABASE precious").await;
    secondary
        .run("CREATE TABLE precious.thing (id INT PRIMARY KEY)")
        .await;
    secondary.run("INSERT INTO precious.thing VALUES (1)").await;
    other.run("DO RELEASE_LOCK('dbha.setup')").await;

    while events.next_line().await.unwrap().is_some() {}
    assert_eq!(end_of(&mut run).await, Some(3));
    let kept = "SELECT COUNT(*) FROM precious.thing";
    assert_eq!(secondary.value(kept).await, "1");
}
