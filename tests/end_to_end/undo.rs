//! Taking a set-up back: from its receipt both servers become what they were.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use dbha_testkit::{Release, ServerPair};
use nix::sys::signal::Signal;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::operator::Operator;
use crate::processes::{end_of, send};
use crate::releases::{on_every_release, on_releases};
use crate::servers::{assert_all_threads_run, cross, fill_with_sample, fresh_pair, pair_with_sample};
use crate::session::Session;
use crate::snapshot_of_server::SnapshotOfPair;
use crate::stopped_at::StoppedAt;

/// Positions say what happened; nothing can take that back.
fn is_position(name: &str) -> bool {
    name == "positions" || name.starts_with("variable gtid_")
}

fn receipts(operator: &Operator) -> Vec<PathBuf> {
    let directory = operator.state_dir().join("receipts");
    let entries = fs::read_dir(directory).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn receipt(operator: &Operator) -> Value {
    let file = receipts(operator).pop().unwrap();
    serde_json::from_str::<Value>(&fs::read_to_string(file).unwrap()).unwrap()["receipt"].take()
}

on_every_release!(a_set_up_is_taken_back_and_can_be_made_again);

async fn a_set_up_is_taken_back_and_can_be_made_again(release: Release) {
    let pair = pair_with_sample(release, 20).await;
    let operator = Operator::of(&pair);
    let before = SnapshotOfPair::take(&pair).await;
    operator.setup([]).await.exits(0);
    assert_eq!(receipt(&operator)["state"], "finished");

    let shown = operator.run("undo", ["--dry-run"]).await.exits(0);
    assert!(
        shown.stdout.contains("rental_shop"),
        "what is dropped is shown\n{shown}"
    );
    assert_all_threads_run(&pair).await;
    operator.run("undo", ["--yes"]).await.exits(0);
    before.assert_unchanged_but(&pair, is_position).await;
    assert_eq!(receipt(&operator)["state"], "undone");
    operator
        .run("undo", ["--yes"])
        .await
        .exits(2)
        .says_one_error_with_a_fix();

    operator.setup(["--writers", "both"]).await.exits(0);
    cross("Ada", &pair.primary, &pair.secondary).await;
    cross("Grace", &pair.secondary, &pair.primary).await;
}

on_releases!(the_data_stays_on_the_secondary_where_it_was_named: mariadb_10_11, slow_mysql_9_7);

async fn the_data_stays_on_the_secondary_where_it_was_named(release: Release) {
    let pair = pair_with_sample(release, 20).await;
    let operator = Operator::of(&pair);
    operator.setup([]).await.exits(0);
    let ran = operator
        .run("undo", ["--yes", "--keep-data", "-o", "json"])
        .await
        .exits(0);
    assert!(ran.json()["stays"].to_string().contains("the data on"), "{ran}");
    let mut secondary = Session::open(&pair.secondary).await;
    assert_eq!(
        secondary.value("SELECT COUNT(*) FROM rental_shop.film").await,
        "20"
    );
    assert_eq!(secondary.value("SELECT @@GLOBAL.read_only").await, "0");
    assert_eq!(secondary.column("SHOW DATABASES LIKE 'dbha'").await, [""; 0]);
}

on_releases!(what_the_secondary_alone_has_is_never_dropped: mariadb_10_11, mysql_9_7);

async fn what_the_secondary_alone_has_is_never_dropped(release: Release) {
    let pair = pair_with_sample(release, 5).await;
    let operator = Operator::of(&pair);
    operator.setup(["--writers", "both"]).await.exits(0);
    // The primary no longer hears of what is written on the secondary.
    Session::open(&pair.primary).await.run("STOP REPLICA").await;
    let mut secondary = Session::open(&pair.secondary).await;
    secondary
        .run("CREATE TABLE rental_shop.precious (id INT PRIMARY KEY)")
        .await;
    let before = SnapshotOfPair::take(&pair).await;
    operator
        .run("undo", ["--yes"])
        .await
        .exits(6)
        .says_one_error_with_a_fix()
        .says("--keep-data");
    before.assert_unchanged(&pair).await;
}

on_releases!(what_somebody_changed_since_stays_and_is_named: mariadb_10_11, mysql_9_7);

async fn what_somebody_changed_since_stays_and_is_named(release: Release) {
    let pair = fresh_pair(release).await;
    let operator = Operator::of(&pair);
    operator.setup([]).await.exits(0);
    Session::open(&pair.primary)
        .await
        .run("SET GLOBAL sync_binlog=77")
        .await;
    let ran = operator
        .run("undo", ["--yes"])
        .await
        .exits(0)
        .says("sync_binlog on");
    assert!(ran.stderr.contains("77"), "{ran}");
    let mut primary = Session::open(&pair.primary).await;
    assert_eq!(primary.value("SELECT @@GLOBAL.sync_binlog").await, "77");
}

on_releases!(scenario_30_a_cut_off_set_up_is_taken_back: mariadb_10_11, slow_mysql_9_7);

/// Killed in the copy, and the receipt still knows what was there before.
async fn scenario_30_a_cut_off_set_up_is_taken_back(release: Release) {
    let pair = pair_with_sample(release, 20).await;
    let operator = Operator::of(&pair);
    let before = SnapshotOfPair::take(&pair).await;
    for step in ["ensure_registry", "copy_data", "follow_secondary"] {
        let mut command = operator.command("setup", ["--yes"]);
        let point = format!("before:{step}");
        StoppedAt::reach(&operator, &mut command, &point)
            .await
            .kill()
            .await;
    }
    assert_eq!(receipts(&operator).len(), 1, "one set-up, one receipt");
    operator.run("undo", ["--yes"]).await.exits(0);
    before.assert_unchanged_but(&pair, is_position).await;
}

on_releases!(scenario_30_an_undo_that_is_cut_off_is_gone_on_with: mariadb_10_11, slow_mysql_9_7);

async fn scenario_30_an_undo_that_is_cut_off_is_gone_on_with(release: Release) {
    let pair = pair_with_sample(release, 20).await;
    let operator = Operator::of(&pair);
    let before = SnapshotOfPair::take(&pair).await;
    operator.setup([]).await.exits(0);
    for kind in [
        "forget_link",
        "empty_secondary",
        "drop_accounts",
        "restore_schema",
    ] {
        kill_undo_after(&operator, kind).await;
    }
    operator.run("undo", ["--yes"]).await.exits(0);
    before.assert_unchanged_but(&pair, is_position).await;
}

/// Runs an undo and kills it when the first step of a kind is done.
async fn kill_undo_after(operator: &Operator, kind: &str) {
    let mut child = operator
        .command("undo", ["--yes", "-o", "ndjson"])
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if line.contains(r#""event":"taken_back""#) && line.contains(kind) {
            send(&child, Signal::SIGKILL);
            break;
        }
    }
    end_of(&mut child).await;
}

on_releases!(a_repair_is_taken_back_and_the_pair_stays_a_pair: mariadb_10_11);

async fn a_repair_is_taken_back_and_the_pair_stays_a_pair(release: Release) {
    let pair = pair_with_sample(release, 5).await;
    let operator = Operator::of(&pair);
    operator.setup([]).await.exits(0);
    Session::open(&pair.primary)
        .await
        .run("SET GLOBAL sync_binlog=77")
        .await;
    operator.setup([]).await.exits(0);
    assert_eq!(receipts(&operator).len(), 2);
    operator.run("undo", ["--yes"]).await.exits(0);
    let mut primary = Session::open(&pair.primary).await;
    assert_eq!(primary.value("SELECT @@GLOBAL.sync_binlog").await, "77");
    assert_all_threads_run(&pair).await;
    cross("Ada", &pair.primary, &pair.secondary).await;
}

on_releases!(scenario_35_a_receipt_that_cannot_be_used_is_refused_by_name: mariadb_10_11);

async fn scenario_35_a_receipt_that_cannot_be_used_is_refused_by_name(release: Release) {
    let pair = fresh_pair(release).await;
    let operator = Operator::of(&pair);
    operator.setup([]).await.exits(0);
    let file = receipts(&operator).pop().unwrap();
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    let good = fs::read_to_string(&file).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);

    let others = pair_with_sample(release, 1).await;
    let other_operator = Operator::of(&others);
    let before = SnapshotOfPair::take(&others).await;
    other_operator
        .run("undo", ["--yes", "--receipt", file.to_str().unwrap()])
        .await
        .exits(6)
        .says("is about other servers")
        .says(&name);
    before.assert_unchanged(&others).await;

    let before = SnapshotOfPair::take(&pair).await;
    fs::write(&file, good.replacen("sync_binlog", "sync_minlog", 1)).unwrap();
    let damaged = operator.run("undo", ["--yes"]).await.exits(6).says("is damaged");
    damaged.says(&name).says_one_error_with_a_fix();
    fs::write(
        &file,
        good.replacen("\"schema_version\": 1", "\"schema_version\": 99", 1),
    )
    .unwrap();
    operator
        .run("undo", ["--yes"])
        .await
        .exits(6)
        .says("has form 99")
        .says(&name);
    before.assert_unchanged(&pair).await;

    // A set-up needs no receipt: truth is on the servers.
    Session::open(&pair.primary)
        .await
        .run("SET GLOBAL sync_binlog=77")
        .await;
    operator.setup([]).await.exits(0).says("DBHA-P47");
    fs::remove_dir_all(operator.state_dir()).unwrap();
    Session::open(&pair.primary)
        .await
        .run("SET GLOBAL sync_binlog=77")
        .await;
    operator.setup([]).await.exits(0);
}

on_releases!(scenario_35_without_room_for_a_receipt_nothing_is_begun: mariadb_10_11);

async fn scenario_35_without_room_for_a_receipt_nothing_is_begun(release: Release) {
    let pair = fresh_pair(release).await;
    fill_with_sample(&pair.primary, 1).await;
    let operator = Operator::of(&pair);
    // A file stands where the directory should be: not even root can write there.
    fs::write(operator.state_dir(), "").unwrap();
    fs::set_permissions(operator.state_dir(), Permissions::from_mode(0o600)).unwrap();
    let before = SnapshotOfPair::take(&pair).await;
    let ran = operator.setup([]).await.exits(1).says("--state-dir");
    ran.says_one_error_with_a_fix();
    before.assert_unchanged(&pair).await;
}

on_releases!(a_run_that_changes_nothing_writes_no_receipt: mariadb_10_11);

async fn a_run_that_changes_nothing_writes_no_receipt(release: Release) {
    let pair: ServerPair = fresh_pair(release).await;
    let operator = Operator::of(&pair);
    operator.setup([]).await.exits(0);
    operator.setup([]).await.exits(0);
    assert_eq!(receipts(&operator).len(), 1);
}
