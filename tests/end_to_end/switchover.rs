//! `dbha switchover`: nothing that was acknowledged is lost, and never do both servers take writes.

use std::time::{Duration, Instant};

use dbha_testkit::{Direction, Fault, FaultProxy, Release, ServerPair, Trigger};
use nix::sys::signal::Signal;
use tokio::process::Command;
use tokio::time::sleep;

use crate::eventually::eventually;
use crate::operator::Operator;
use crate::processes::send;
use crate::ran::Ran;
use crate::releases::{on_every_release, on_releases};
use crate::roaming_writers::{RoamingWriters, assert_all_kept, assert_moved};
use crate::servers::{
    assert_all_threads_run, assert_nothing_left_behind, assert_same_contents, pair_with_sample, positions,
};
use crate::session::Session;
use crate::snapshot_of_server::SnapshotOfPair;
use crate::stopped_at::StoppedAt;

/// How long writers work before and after something is done.
const A_WHILE: Duration = Duration::from_millis(400);

async fn finished_pair(release: Release) -> (ServerPair, Operator) {
    let pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    operator.setup([]).await.exits(0);
    (pair, operator)
}

async fn switchover<'a>(operator: &Operator, arguments: impl IntoIterator<Item = &'a str>) -> Ran {
    operator
        .finish(operator.command("switchover", arguments).arg("--yes"))
        .await
}

async fn is_writable(server: &dbha_testkit::PrivateServer) -> bool {
    Session::open(server)
        .await
        .value("SELECT @@global.read_only")
        .await
        == "0"
}

/// Tells which of the two take writes.
async fn writable(pair: &ServerPair) -> [bool; 2] {
    [
        is_writable(&pair.primary).await,
        is_writable(&pair.secondary).await,
    ]
}

on_every_release!(there_and_back_under_writers_loses_nothing);

async fn there_and_back_under_writers_loses_nothing(release: Release) {
    let (pair, operator) = finished_pair(release).await;
    let writers = RoamingWriters::start(&pair, 3).await;
    let began = Instant::now();
    sleep(A_WHILE).await;

    let there = switchover(&operator, ["-o", "json"]).await.exits(0).json();
    assert_eq!(there["to"], operator.secondary.as_str(), "{there:#}");
    assert_eq!(there["term"], 2, "{there:#}");
    assert_eq!(there["status"]["verdict"], "healthy", "{there:#}");
    sleep(A_WHILE).await;
    let between = Instant::now();
    sleep(A_WHILE).await;
    let back = switchover(&operator, ["--to", &operator.primary]).await.exits(0);
    back.says("takes the writes (term 3)");
    sleep(A_WHILE).await;

    let told = writers.stop().await;
    assert_moved(&told, 1, began..between);
    assert_moved(&told, 0, between..Instant::now());
    assert_eq!(writable(&pair).await, [true, false]);
    assert_all_threads_run(&pair).await;
    eventually_same(&pair).await;
    for server in [&pair.primary, &pair.secondary] {
        assert_all_kept(server, &told).await;
    }
    assert_nothing_left_behind(&pair).await;
}

async fn eventually_same(pair: &ServerPair) {
    eventually(
        "both servers have the same position",
        async || [positions(&pair.primary).await, positions(&pair.secondary).await],
        |[one, other]| one[0] == other[0],
    )
    .await;
    assert_same_contents(pair).await;
}

on_every_release!(afterwards_a_setup_in_the_new_order_has_nothing_to_do);

async fn afterwards_a_setup_in_the_new_order_has_nothing_to_do(release: Release) {
    let (pair, mut operator) = finished_pair(release).await;
    switchover(&operator, []).await.exits(0);
    // In the old order it would take the writes away again, without waiting for anything.
    let refused = operator.setup([]).await.exits(3);
    refused.says("are a pair whose primary is");
    // Nor is the writer emptied as if it were still the secondary.
    let undo = operator.command("undo", ["--yes"]).output().await.unwrap();
    let undo = operator.ran("undo".to_owned(), &undo).exits(6);
    undo.says("would be emptied");

    std::mem::swap(&mut operator.primary, &mut operator.secondary);
    std::mem::swap(
        &mut operator.primary_password_file,
        &mut operator.secondary_password_file,
    );
    let before = SnapshotOfPair::take(&pair).await;
    operator.setup([]).await.exits(0).says("nothing was changed");
    before.assert_unchanged(&pair).await;
    assert_eq!(writable(&pair).await, [false, true]);
}

on_releases!(events_run_where_writes_are_taken: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn events_run_where_writes_are_taken(release: Release) {
    let pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    let mut root = Session::open(&pair.primary).await;
    for (name, state) in [("awake", "ENABLE"), ("off", "DISABLE")] {
        root.run(&format!(
            "CREATE DEFINER='app'@'%' EVENT rental_shop.`{name} one` ON SCHEDULE EVERY 1 DAY {state} \
             DO SET @nothing = 1"
        ))
        .await;
    }
    operator.setup([]).await.exits(0);

    switchover(&operator, [])
        .await
        .exits(0)
        .says("rental_shop.awake one");

    let state = "SELECT CONCAT(STATUS, ' ', DEFINER) FROM information_schema.EVENTS WHERE EVENT_NAME IN \
                 ('awake one', 'off one') ORDER BY EVENT_NAME";
    let mut secondary = Session::open(&pair.secondary).await;
    assert_eq!(secondary.column(state).await, ["ENABLED app@%", "DISABLED app@%"]);
    // The switchover has ended every connection to the server that it closed.
    let mut root = Session::open(&pair.primary).await;
    eventually(
        "the event sleeps where it ran",
        async || root.column(state).await,
        |states| states[0].contains("SIDE_DISABLED app@%"),
    )
    .await;
}

on_releases!(whoever_is_in_the_way_is_disconnected: mariadb_10_11, mysql_9_7);

/// A long transaction has its time, and is rolled back then: its client is told, and no one else waits.
async fn whoever_is_in_the_way_is_disconnected(release: Release) {
    let (pair, operator) = finished_pair(release).await;
    let mut open = Session::open(&pair.primary).await;
    open.run("BEGIN").await;
    open.run("UPDATE rental_shop.film SET title = CONCAT(title, '!')")
        .await;
    let mut locker = Session::open(&pair.primary).await;
    locker.run("LOCK TABLES rental_shop.customer WRITE").await;
    sleep(Duration::from_millis(1100)).await;

    let ran = switchover(&operator, ["--grace", "1s"]).await.exits(0);

    ran.says("1 did not end in time and is rolled back");
    assert!(open.try_run("COMMIT").await.is_err(), "its client is told");
    assert!(locker.try_run("SELECT 1").await.is_err(), "its lock is gone");
    eventually_same(&pair).await;
}

on_releases!(what_cannot_be_applied_in_time_leaves_the_writes_where_they_are: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn what_cannot_be_applied_in_time_leaves_the_writes_where_they_are(release: Release) {
    let (pair, operator) = finished_pair(release).await;
    let mut blocker = Session::open(&pair.secondary).await;
    blocker.run("LOCK TABLES rental_shop.film READ").await;
    let mut root = Session::open(&pair.primary).await;
    root.run("UPDATE rental_shop.film SET title = CONCAT(title, '?')")
        .await;

    let ran = switchover(&operator, ["--catch-up", "500ms"]).await.exits(7);

    ran.says("takes the writes again").says_one_error_with_a_fix();
    assert_eq!(writable(&pair).await, [true, false]);
    blocker.run("UNLOCK TABLES").await;
    root = Session::open(&pair.primary).await;
    root.run("UPDATE rental_shop.film SET title = CONCAT(title, '.')")
        .await;
    eventually_same(&pair).await;
    switchover(&operator, []).await.exits(0);
}

on_releases!(refusals_name_every_reason_and_change_nothing: mariadb_10_11, mysql_9_7);

async fn refusals_name_every_reason_and_change_nothing(release: Release) {
    let (pair, operator) = finished_pair(release).await;
    let word = if release.is_mysql() { "REPLICA" } else { "SLAVE" };
    let mut root = Session::open(&pair.secondary).await;
    root.run(&format!("STOP {word} SQL_THREAD")).await;
    root.run("SET GLOBAL sync_binlog=0").await;
    let before = SnapshotOfPair::take(&pair).await;

    let refused = switchover(&operator, ["-o", "json"]).await.exits(6).json();
    let codes: Vec<&str> = refused["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect();
    for code in ["DBHA-P93", "DBHA-P94"] {
        assert!(codes.contains(&code), "{codes:?}");
    }
    switchover(&operator, ["--to", "nobody"]).await.exits(2);
    let there = switchover(&operator, ["--to", "primary"]).await.exits(6);
    there.says("DBHA-P91");
    before.assert_unchanged(&pair).await;
    assert_eq!(writable(&pair).await, [true, false]);
}

on_releases!(a_dry_run_shows_the_statements_and_changes_nothing: mariadb_10_11, mysql_9_7);

async fn a_dry_run_shows_the_statements_and_changes_nothing(release: Release) {
    let (pair, operator) = finished_pair(release).await;
    let before = SnapshotOfPair::take(&pair).await;
    let plan = operator
        .run("switchover", ["--dry-run", "-o", "json"])
        .await
        .exits(0)
        .json();
    let steps: Vec<&str> = plan["steps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["step"].as_str().unwrap())
        .collect();
    assert_eq!(
        steps,
        [
            "wait_for_transactions",
            "close",
            "catch_up",
            "open",
            "move_events"
        ]
    );
    let human = operator.run("switchover", ["--dry-run"]).await.exits(0);
    assert!(human.stdout.contains("dbha.term"), "{human}");
    before.assert_unchanged(&pair).await;
    assert_nothing_left_behind(&pair).await;
}

/// Where a run can be stopped, and which servers may take writes once it is dead.
const POINTS: [(&str, [bool; 2]); 5] = [
    ("before:close", [true, false]),
    ("applied:close", [false, false]),
    ("applied:catch_up", [false, false]),
    ("before:open", [false, false]),
    ("applied:open", [false, true]),
];

on_releases!(a_killed_run_leaves_no_two_writers_and_the_next_one_ends_it: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn a_killed_run_leaves_no_two_writers_and_the_next_one_ends_it(release: Release) {
    let (pair, operator) = finished_pair(release).await;
    let writers = RoamingWriters::start(&pair, 2).await;
    for (point, left) in POINTS {
        let to = operator.secondary.clone();
        let mut command = prepared(&operator, &to);
        StoppedAt::reach(&operator, &mut command, point)
            .await
            .kill()
            .await;
        assert_eq!(writable(&pair).await, left, "{point}");
        if left == [false, false] {
            // Which of them is "the other one" is not guessed.
            once_free(&operator, &[]).await.exits(6).says("DBHA-P92");
        }
        if left != [false, true] {
            once_free(&operator, &["--to", &to]).await.exits(0);
        }
        assert_eq!(writable(&pair).await, [false, true], "{point}");
        once_free(&operator, &["--to", "primary"]).await.exits(0);
        assert_eq!(writable(&pair).await, [true, false], "{point}");
    }
    let told = writers.stop().await;
    eventually_same(&pair).await;
    assert_all_kept(&pair.primary, &told).await;
    assert_nothing_left_behind(&pair).await;
}

fn prepared(operator: &Operator, to: &str) -> Command {
    let mut command = operator.command("switchover", ["--yes", "--to"]);
    command.arg(to);
    command
}

/// Runs it again while the lock of a dead run is held, for a bounded time.
async fn once_free(operator: &Operator, arguments: &[&str]) -> Ran {
    let end = Instant::now() + Duration::from_secs(15);
    loop {
        let ran = switchover(operator, arguments.iter().copied()).await;
        let held = ran.stderr.contains("DBHA-P29");
        if !held || Instant::now() > end {
            return ran;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

on_releases!(stopped_by_ctrl_c_the_old_writer_goes_on: mariadb_10_11, mysql_9_7);

async fn stopped_by_ctrl_c_the_old_writer_goes_on(release: Release) {
    let (pair, operator) = finished_pair(release).await;
    for point in ["before:close", "applied:close", "applied:catch_up"] {
        let file = operator.home().join("held");
        let mut command = prepared(&operator, &operator.secondary);
        command.env("DBHA_FAILPOINT", format!("{point}={}", file.display()));
        let child = command.spawn().unwrap();
        eventually("the point is reached", async || file.exists(), |there| *there).await;
        send(&child, Signal::SIGINT);
        let ran = operator.ran(point.to_owned(), &child.wait_with_output().await.unwrap());
        assert_eq!(ran.code, Some(130), "{ran}");
        assert_eq!(writable(&pair).await, [true, false], "{point}");
        let _ = std::fs::remove_file(&file);
    }
    assert_nothing_left_behind(&pair).await;
}

on_releases!(a_lost_answer_never_makes_two_writers: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

/// The decisive statements reach the new writer, and nobody hears of it: the old one stays closed.
async fn a_lost_answer_never_makes_two_writers(release: Release) {
    let (pair, mut operator) = finished_pair(release).await;
    let proxy = FaultProxy::start(pair.secondary.address()).await.unwrap();
    let direct = operator.secondary.clone();
    operator.secondary = format!("mysql://root@{}/?ssl-mode=disabled", proxy.address());
    for lost in [
        "REPLACE INTO dbha.term",
        "UPDATE dbha.server SET role",
        "read_only = OFF",
    ] {
        proxy.arm(
            Direction::ToServer,
            Trigger::any_of([lost]),
            Fault::Lose(Direction::ToClient),
        );
        let ran = switchover(&operator, ["--to", "secondary"]).await.exits(9);
        ran.says("is not known").says_one_error_with_a_fix();
        proxy.heal();
        assert!(
            !is_writable(&pair.primary).await,
            "{lost}: the old writer stays closed"
        );
        let again = once_free(&operator, &["--to", "secondary"]).await;
        // Where everything had arrived, there is nothing left to do.
        assert!(
            again.code == Some(0) || again.stderr.contains("DBHA-P91"),
            "{again}"
        );
        assert_eq!(writable(&pair).await, [false, true], "{lost}");
        once_free(&operator, &["--to", "primary"]).await.exits(0);
    }
    operator.secondary = direct;
    eventually_same(&pair).await;
}
