//! What breaks in a finished pair is mended by the same command, and only that.

use dbha_testkit::{Release, ServerPair};
use serde_json::Value;

use crate::operator::Operator;
use crate::ran::Ran;
use crate::releases::on_releases;
use crate::servers::{
    assert_all_threads_run, assert_nothing_left_behind, assert_same_contents, cross, pair_with_sample,
};
use crate::session::Session;

/// Makes a pair of which the secondary has a row of its own.
async fn finished_pair(release: Release) -> (ServerPair, Operator) {
    let pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    operator.setup(["--writers", "both"]).await.exits(0);
    cross("Grace", &pair.secondary, &pair.primary).await;
    (pair, operator)
}

/// Runs the set-up again, and fails the test unless the pair is whole afterwards; returns what was done.
async fn mend(pair: &ServerPair, operator: &Operator) -> Vec<String> {
    let mended = operator
        .setup(["--writers", "both", "-o", "ndjson"])
        .await
        .exits(0)
        .changed_steps();
    assert_all_threads_run(pair).await;
    assert_verdict(operator.status().await.exits(0), "healthy");
    cross("Ada", &pair.primary, &pair.secondary).await;
    cross("Grete", &pair.secondary, &pair.primary).await;
    assert_same_contents(pair).await;
    assert_nothing_left_behind(pair).await;
    let nothing = operator
        .setup(["--writers", "both", "-o", "ndjson"])
        .await
        .exits(0);
    assert_eq!(nothing.changed_steps(), [""; 0]);
    mended
}

#[track_caller]
fn assert_verdict(ran: Ran, verdict: &str) -> Value {
    let status = ran.json();
    assert_eq!(status["verdict"], verdict, "{status:#}");
    status
}

/// Leaves out what may or may not be needed: the time until the other server has caught up.
fn without_waiting(steps: Vec<String>) -> Vec<String> {
    steps.into_iter().filter(|step| step != "catch_up").collect()
}

on_releases!(a_stopped_sql_thread_is_named_and_started: mariadb_10_11, mysql_9_7);

async fn a_stopped_sql_thread_is_named_and_started(release: Release) {
    let (pair, operator) = finished_pair(release).await;
    let mut secondary = Session::open(&pair.secondary).await;
    let stop = if release.is_mysql() {
        "STOP REPLICA SQL_THREAD"
    } else {
        "STOP SLAVE SQL_THREAD"
    };
    secondary.run(stop).await;

    let status = assert_verdict(operator.status().await.exits(5), "broken");
    let reason = status["reason"].as_str().unwrap();
    assert!(
        reason.contains("SQL thread") && reason.contains(&pair.secondary.address()),
        "{reason}"
    );
    assert_eq!(status["links"][0]["sql"], "stopped", "{status:#}");
    assert_eq!(status["links"][0]["io"], "running", "{status:#}");
    assert_eq!(status["links"][0]["lag_seconds"], Value::Null, "{status:#}");

    let mended = without_waiting(mend(&pair, &operator).await);
    assert_eq!(mended, ["follow_primary", "prove_links"]);
}

on_releases!(scenario_60_a_drifted_key_step_is_named_and_put_back: mariadb_10_11, mysql_9_7);

async fn scenario_60_a_drifted_key_step_is_named_and_put_back(release: Release) {
    let (pair, operator) = finished_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    primary.run("SET GLOBAL auto_increment_increment=1").await;

    let status = assert_verdict(operator.status().await.exits(5), "degraded");
    let reason = status["reason"].as_str().unwrap();
    assert!(reason.contains("auto_increment_increment"), "{reason}");

    let mended = without_waiting(mend(&pair, &operator).await);
    assert_eq!(mended, ["configure_primary", "prove_links"]);
}

on_releases!(a_standby_that_somebody_opened_is_named_and_closed: mariadb_10_11, slow_mysql_9_7);

async fn a_standby_that_somebody_opened_is_named_and_closed(release: Release) {
    let pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    operator.setup([]).await.exits(0);
    let mut secondary = Session::open(&pair.secondary).await;
    secondary.run("SET GLOBAL read_only=0").await;

    let status = assert_verdict(operator.status().await.exits(5), "degraded");
    assert_eq!(status["writers"], "both", "{status:#}");

    operator.setup([]).await.exits(0);
    assert_eq!(secondary.value("SELECT @@GLOBAL.read_only").await, "1");
    assert_verdict(operator.status().await.exits(0), "healthy");
}

on_releases!(a_link_that_was_thrown_away_is_made_again_without_a_copy: mariadb_10_11, mysql_9_7, slow_mariadb_10_5);

async fn a_link_that_was_thrown_away_is_made_again_without_a_copy(release: Release) {
    let (pair, operator) = finished_pair(release).await;
    let mut secondary = Session::open(&pair.secondary).await;
    let statements = if release.is_mysql() {
        ["STOP REPLICA", "RESET REPLICA ALL"]
    } else {
        ["STOP SLAVE", "RESET SLAVE ALL"]
    };
    for statement in statements {
        secondary.run(statement).await;
    }
    // Written while nobody listens, and still to be fetched.
    let mut primary = Session::open(&pair.primary).await;
    primary
        .run("INSERT INTO rental_shop.category (name) VALUES ('meanwhile')")
        .await;
    let status = operator.status().await.exits(5).json();
    assert!(
        ["broken", "degraded"].contains(&status["verdict"].as_str().unwrap()),
        "{status:#}"
    );

    let mended = mend(&pair, &operator).await;
    assert!(mended.contains(&"follow_primary".to_owned()), "{mended:?}");
    assert!(!mended.contains(&"copy_data".to_owned()), "{mended:?}");
}

on_releases!(replication_accounts_that_were_dropped_are_made_again: mariadb_10_11, mysql_9_7);

async fn replication_accounts_that_were_dropped_are_made_again(release: Release) {
    let (pair, operator) = finished_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    let names = "SELECT CONCAT(QUOTE(User), '@', QUOTE(Host)) FROM mysql.user WHERE User='dbha_repl'";
    let found = primary.column(names).await;
    assert!(!found.is_empty());
    for name in found {
        primary.run(&format!("DROP USER {name}")).await;
    }

    let mended = mend(&pair, &operator).await;
    assert!(mended.contains(&"ensure_accounts".to_owned()), "{mended:?}");
    assert!(!mended.contains(&"copy_data".to_owned()), "{mended:?}");
    assert!(!primary.column(names).await.is_empty());
}

on_releases!(scenario_53_a_replication_password_that_somebody_changed_is_replaced: mariadb_10_11, mysql_9_7);

async fn scenario_53_a_replication_password_that_somebody_changed_is_replaced(release: Release) {
    let (pair, operator) = finished_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    let names = "SELECT CONCAT(QUOTE(User), '@', QUOTE(Host)) FROM mysql.user WHERE User='dbha_repl'";
    for name in primary.column(names).await {
        primary
            .run(&format!("ALTER USER {name} IDENTIFIED BY 'somebody-changed-it'"))
            .await;
    }
    let mut secondary = Session::open(&pair.secondary).await;
    let statements = if release.is_mysql() {
        ["STOP REPLICA IO_THREAD", "START REPLICA IO_THREAD"]
    } else {
        ["STOP SLAVE IO_THREAD", "START SLAVE IO_THREAD"]
    };
    for statement in statements {
        secondary.run(statement).await;
    }
    crate::eventually::eventually(
        "status sees that the login is refused",
        async || operator.status().await.exits(5).json()["links"][0]["last_error"]["code"].clone(),
        |code| *code == 1045,
    )
    .await;

    let mended = mend(&pair, &operator).await;
    assert!(mended.contains(&"ensure_accounts".to_owned()), "{mended:?}");
    assert!(!mended.contains(&"copy_data".to_owned()), "{mended:?}");
}
