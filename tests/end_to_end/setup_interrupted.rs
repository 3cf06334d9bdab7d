//! A set-up that is cut off: the next run goes on from there, and the one after changes nothing.

use std::time::{Duration, SystemTime};

use dbha_testkit::{Release, ServerPair};
use nix::sys::signal::Signal;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::time::sleep;

use crate::contents_of_server::{Contents, contents, differences};
use crate::operator::Operator;
use crate::processes::{end_of, send};
use crate::releases::on_releases;
use crate::servers::{
    assert_all_threads_run, assert_nothing_left_behind, assert_same_contents, cross, pair_with_sample,
};
use crate::session::Session;

const SETUP: [&str; 5] = ["--writers", "both", "--yes", "-o", "ndjson"];

/// Every step of a first set-up that has something to do.
const STEPS: [&str; 11] = [
    "configure_primary",
    "configure_secondary",
    "ensure_registry",
    "ensure_accounts",
    "check_reach",
    "claim_secondary",
    "copy_data",
    "follow_primary",
    "catch_up",
    "follow_secondary",
    "prove_links",
];

/// When a run is cut off.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// So long after a step has begun.
    InStep(&'static str, Duration),
    /// So long after the program was started.
    After(Duration),
}

/// How a run ended that was cut off.
struct CutOff {
    code: Option<i32>,
    events: Vec<Value>,
}

/// Runs a set-up and sends it a signal at a moment, if it has not ended by then.
async fn cut_off(operator: &Operator, moment: Moment, signal: Signal) -> CutOff {
    let mut child = operator.command("setup", SETUP).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut events = Vec::new();
    if let Moment::After(delay) = moment {
        sleep(delay).await;
        send(&child, signal);
    }
    // A killed program may leave half a line.
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(event) = serde_json::from_str::<Value>(&line) else {
            break;
        };
        if let Moment::InStep(step, delay) = moment
            && event["event"] == "step_started"
            && event["step"] == step
        {
            sleep(delay).await;
            send(&child, signal);
        }
        events.push(event);
    }
    CutOff {
        code: end_of(&mut child).await,
        events,
    }
}

/// Cuts a first set-up off, and fails the test unless the next two runs end as they must.
async fn cut_off_and_go_on(release: Release, moment: Moment, signal: Signal) -> CutOff {
    eprintln!("{signal} {moment:?}");
    let pair = pair_with_sample(release, 30).await;
    let operator = Operator::of(&pair);
    let before = contents_of_primary(&pair).await;

    let cut = cut_off(&operator, moment, signal).await;

    assert_primary_is_unharmed(&pair, &before).await;
    operator.setup(["--writers", "both"]).await.exits(0);
    assert_all_threads_run(&pair).await;
    assert_same_contents(&pair).await;
    assert_nothing_left_behind(&pair).await;
    cross("Ada", &pair.primary, &pair.secondary).await;
    cross("Grace", &pair.secondary, &pair.primary).await;
    let third = operator
        .setup(["--writers", "both", "-o", "ndjson"])
        .await
        .exits(0);
    assert_eq!(third.changed_steps(), [""; 0]);
    cut
}

async fn contents_of_primary(pair: &ServerPair) -> Contents {
    contents(&mut Session::open(&pair.primary).await).await
}

/// Scenario 30: the primary is never left read-only, locked or changed.
async fn assert_primary_is_unharmed(pair: &ServerPair, before: &Contents) {
    let changed = differences(before, &contents_of_primary(pair).await);
    assert!(changed.is_empty(), "{}", changed.join("\n"));
    let mut primary = Session::open(&pair.primary).await;
    assert_eq!(primary.value("SELECT @@GLOBAL.read_only").await, "0");
    primary
        .run("SET SESSION lock_wait_timeout=15, innodb_lock_wait_timeout=15")
        .await;
    primary
        .run("UPDATE rental_shop.category SET name='written after the cut' WHERE category_id=1")
        .await;
    primary
        .run("CREATE TABLE rental_shop.made_after_the_cut (id INT PRIMARY KEY)")
        .await;
}

const IN_THE_COPY: Moment = Moment::InStep("copy_data", Duration::from_millis(60));

on_releases!(scenario_30_a_copy_that_was_killed_is_made_anew: mariadb_10_11, mysql_9_7);

async fn scenario_30_a_copy_that_was_killed_is_made_anew(release: Release) {
    let cut = cut_off_and_go_on(release, IN_THE_COPY, Signal::SIGKILL).await;
    assert_eq!(cut.code, None, "it was killed");
}

on_releases!(scenario_30_an_interrupted_run_says_so_and_exits_with_130: mariadb_10_11, mysql_9_7);

async fn scenario_30_an_interrupted_run_says_so_and_exits_with_130(release: Release) {
    let cut = cut_off_and_go_on(release, IN_THE_COPY, Signal::SIGINT).await;
    assert_eq!(cut.code, Some(130));
    let last = cut.events.last().unwrap();
    assert_eq!(last["event"], "failed", "{last:#}");
    assert_eq!(last["exit_code"], 130, "{last:#}");
}

on_releases!(slow_scenario_30_killed_in_any_step_the_next_run_goes_on: mariadb_10_5, mariadb_10_11, mysql_9_7);

async fn slow_scenario_30_killed_in_any_step_the_next_run_goes_on(release: Release) {
    for step in STEPS {
        cut_off_and_go_on(release, Moment::InStep(step, Duration::ZERO), Signal::SIGKILL).await;
    }
}

on_releases!(slow_scenario_30_killed_at_any_time_the_next_run_goes_on: mariadb_10_11, mariadb_11_8, mysql_9_7);

/// Every run of the test takes other moments; they are printed.
async fn slow_scenario_30_killed_at_any_time_the_next_run_goes_on(release: Release) {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let mut random = u64::from(now.subsec_nanos());
    for _ in 0..8 {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        let delay = Duration::from_millis(50 + (random >> 33) % 1_500);
        cut_off_and_go_on(release, Moment::After(delay), Signal::SIGKILL).await;
    }
}

on_releases!(slow_scenario_30_asked_to_stop_in_any_step_the_next_run_goes_on: mariadb_10_11, mysql_9_7);

async fn slow_scenario_30_asked_to_stop_in_any_step_the_next_run_goes_on(release: Release) {
    for (at, step) in STEPS.into_iter().enumerate() {
        let signal = [Signal::SIGINT, Signal::SIGTERM][at % 2];
        let cut = cut_off_and_go_on(release, Moment::InStep(step, Duration::ZERO), signal).await;
        // The last step may have been done when the signal came.
        assert!(
            cut.code == Some(130) || (step == "prove_links" && cut.code == Some(0)),
            "{step}: {:?}",
            cut.code
        );
    }
}
