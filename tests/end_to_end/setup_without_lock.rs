//! A MariaDB primary on which dbha's account may not lock: no RELOAD, so the snapshot has to find it still.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dbha_copy::{CopyError, CopyOptions};
use dbha_testkit::{PrivateServer, Release, ServerPair};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::copy_fidelity::{assert_equal, copy_from, endpoint_of, filled_pair};
use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::{
    assert_all_threads_run, assert_nothing_left_behind, assert_same_contents, fresh_pair, pair_with_sample,
};
use crate::session::Session;
use crate::writers::{Writers, assert_kept};

const USER: &str = "unlocking";
const PASSWORD: &str = "mayNotLockAnything1";

/// What `dbha preflight` asks for on a MariaDB primary, but for RELOAD.
fn privileges(release: Release) -> String {
    let mut all = "PROCESS, CREATE USER, REPLICATION SLAVE, SELECT, INSERT, DELETE, CREATE, SHOW VIEW, TRIGGER, EVENT, \
                   SUPER, REPLICATION MASTER ADMIN, BINLOG MONITOR, SLAVE MONITOR"
        .to_owned();
    if release != Release::MariaDb10_5 {
        all.push_str(", READ_ONLY ADMIN");
    }
    if release == Release::MariaDb11_8 {
        all.push_str(", REPLICATION SLAVE ADMIN, BINLOG ADMIN, CONNECTION ADMIN");
    }
    all
}

async fn account_without_reload(server: &PrivateServer) {
    let mut root = Session::open(server).await;
    root.run(&format!("CREATE USER '{USER}'@'%' IDENTIFIED BY '{PASSWORD}'"))
        .await;
    let list = privileges(server.release());
    root.run(&format!("GRANT {list} ON *.* TO '{USER}'@'%' WITH GRANT OPTION"))
        .await;
}

fn operator_without_reload(pair: &ServerPair) -> Operator {
    let mut operator = Operator::of(pair);
    operator.primary_password_file = operator.password_file("unlocking", PASSWORD);
    operator
}

/// Somebody who repeats statements without a pause until told to stop.
struct Restless {
    go_on: Arc<AtomicBool>,
    task: JoinHandle<u64>,
}

impl Restless {
    async fn start(server: &PrivateServer, statements: &'static [&'static str]) -> Self {
        let mut session = Session::open(server).await;
        let go_on = Arc::new(AtomicBool::new(true));
        let goes_on = Arc::clone(&go_on);
        let task = tokio::spawn(async move {
            let mut round: u64 = 0;
            while goes_on.load(Ordering::Relaxed) {
                round += 1;
                for statement in statements {
                    session.run(&statement.replace("{n}", &round.to_string())).await;
                }
            }
            round
        });
        Self { go_on, task }
    }

    async fn stop(self) -> u64 {
        self.go_on.store(false, Ordering::Relaxed);
        self.task.await.unwrap()
    }
}

async fn copy_without_reload(
    pair: &ServerPair,
    options: &CopyOptions,
) -> Result<dbha_copy::CopyReport, CopyError> {
    let source = endpoint_of(&pair.primary, USER, PASSWORD);
    copy_from(&source, pair, options, &|_| (), &CancellationToken::new()).await
}

on_releases!(everything_is_carried_without_a_lock: mariadb_10_5, mariadb_10_11, mariadb_11_8);

async fn everything_is_carried_without_a_lock(release: Release) {
    let pair = filled_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    primary
        .run("DROP TABLE fid.myi, fid.mem, fid.csvt, fid.aria, fid.aria_options")
        .await;
    account_without_reload(&pair.primary).await;
    let options = CopyOptions {
        workers: 4,
        ..CopyOptions::default()
    };
    let report = copy_without_reload(&pair, &options).await.unwrap();
    assert_eq!(report.lock_held, Duration::ZERO);
    assert_equal(&pair).await;
    let position = primary.value("SELECT @@GLOBAL.gtid_binlog_pos").await;
    assert_eq!(report.position.to_string(), position);
}

on_releases!(a_pair_comes_up_without_a_lock_under_writers: mariadb_10_5, mariadb_10_11, mariadb_11_8);

async fn a_pair_comes_up_without_a_lock_under_writers(release: Release) {
    let pair = pair_with_sample(release, 200).await;
    account_without_reload(&pair.primary).await;
    let operator = operator_without_reload(&pair);
    let seen = operator.run("preflight", ["--primary-user", USER]).await.exits(0);
    assert!(
        seen.stdout.contains("DBHA-P74") && seen.stdout.contains("GRANT RELOAD"),
        "{seen}"
    );
    let writers = Writers::start(&pair.primary, 4).await;
    let ran = operator
        .setup(["--primary-user", USER, "--writers", "both"])
        .await
        .exits(0);
    ran.says("at most 0 ms").says("shows when its link is made");
    let written = writers.stop().await;
    assert!(written.iter().all(|one| one.entries > 5), "{written:?}");
    assert_kept(&pair.primary, &written).await;
    assert_all_threads_run(&pair).await;
    assert_same_contents(&pair).await;
    assert_kept(&pair.secondary, &written).await;
    assert_nothing_left_behind(&pair).await;
    operator
        .setup(["--primary-user", USER, "--writers", "both"])
        .await
        .exits(0);
}

const DEFINITIONS: &[&str] = &[
    "CREATE TABLE rental_shop.comes_and_goes (id INT PRIMARY KEY, n INT) ENGINE=InnoDB",
    "INSERT INTO rental_shop.comes_and_goes VALUES (1, {n})",
    "CREATE OR REPLACE PROCEDURE rental_shop.comes() SELECT {n}",
    "ALTER TABLE rental_shop.comes_and_goes ADD COLUMN more INT DEFAULT 7",
    "CREATE OR REPLACE VIEW rental_shop.seen AS SELECT {n} AS n",
    "CREATE OR REPLACE USER comes@'%' IDENTIFIED BY 'nobody {n}'",
    "TRUNCATE TABLE rental_shop.comes_and_goes",
    "DROP TABLE rental_shop.comes_and_goes",
    "DO SLEEP(0.5)",
];

on_releases!(scenario_41_definitions_that_change_without_a_lock_are_copied_as_they_are: mariadb_10_5, mariadb_10_11, mariadb_11_8);

/// Bursts of definitions with half a second between them, in which a copy fits or not; what it says is true.
async fn scenario_41_definitions_that_change_without_a_lock_are_copied_as_they_are(release: Release) {
    let pair = pair_with_sample(release, 20).await;
    account_without_reload(&pair.primary).await;
    let operator = operator_without_reload(&pair);
    let restless = Restless::start(&pair.primary, DEFINITIONS).await;
    let mut tries = 0;
    loop {
        let ran = operator.setup(["--primary-user", USER]).await;
        tries += 1;
        if ran.code == Some(0) || tries == 6 {
            ran.exits(0);
            break;
        }
        ran.exits(8).says_one_error_with_a_fix();
    }
    assert!(restless.stop().await > 0);
    assert_all_threads_run(&pair).await;
    assert_same_contents(&pair).await;
}

on_releases!(what_never_stands_still_needs_a_lock: mariadb_10_5, mariadb_10_11, mariadb_11_8);

async fn what_never_stands_still_needs_a_lock(release: Release) {
    let pair = fresh_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    for statement in [
        "CREATE DATABASE restless",
        "CREATE TABLE restless.t (id INT PRIMARY KEY)",
        "CREATE SEQUENCE restless.s NOCACHE",
    ] {
        primary.run(statement).await;
    }
    account_without_reload(&pair.primary).await;
    let drawing = Restless::start(&pair.primary, &["DO NEXTVAL(restless.s)"]).await;
    let begun = std::time::Instant::now();
    let options = CopyOptions {
        lock_wait: Duration::from_secs(2),
        ..CopyOptions::default()
    };
    let refusal = copy_without_reload(&pair, &options).await.unwrap_err();
    assert!(matches!(refusal, CopyError::NeverStill { .. }), "{refusal:?}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    drawing.stop().await;
    copy_without_reload(&pair, &options).await.unwrap();
    assert_equal(&pair).await;
}

// Not on 10.5, whose applier can deadlock with itself on an XA COMMIT (1942: 1213 on mysql.gtid_slave_pos).
on_releases!(prepared_transactions_are_not_missed_without_a_lock: mariadb_10_11, mariadb_11_8);

/// Scenario 42: each is prepared, stays so for a moment, and is committed: none may be lost between log and snapshot.
async fn prepared_transactions_are_not_missed_without_a_lock(release: Release) {
    let pair = pair_with_sample(release, 20).await;
    account_without_reload(&pair.primary).await;
    let mut primary = Session::open(&pair.primary).await;
    primary
        .run("CREATE TABLE rental_shop.trips (id INT AUTO_INCREMENT PRIMARY KEY, n BIGINT)")
        .await;
    let travelling = Restless::start(
        &pair.primary,
        &[
            "XA START 'trip'",
            "INSERT INTO rental_shop.trips (n) VALUES ({n})",
            "XA END 'trip'",
            "XA PREPARE 'trip'",
            "DO SLEEP(0.002)",
            "XA COMMIT 'trip'",
            "DO SLEEP(0.06)",
        ],
    )
    .await;
    let operator = operator_without_reload(&pair);
    // A moment without any of them comes seldom on a busy machine.
    let patient = ["--primary-user", USER, "--lock-wait-timeout", "60"];
    operator.setup(patient).await.exits(0);
    assert!(travelling.stop().await > 5);
    assert_all_threads_run(&pair).await;
    assert_same_contents(&pair).await;
}

on_releases!(tables_without_snapshots_need_the_lock: mariadb_10_5, mariadb_10_11, mariadb_11_8);

async fn tables_without_snapshots_need_the_lock(release: Release) {
    let pair = pair_with_sample(release, 5).await;
    account_without_reload(&pair.primary).await;
    let mut primary = Session::open(&pair.primary).await;
    primary
        .run("CREATE TABLE rental_shop.old (id INT PRIMARY KEY) ENGINE=Aria")
        .await;
    let operator = operator_without_reload(&pair);
    let seen = operator.run("preflight", ["--primary-user", USER]).await.exits(3);
    assert!(
        seen.stdout.contains("DBHA-P06") && seen.stdout.contains("lacks RELOAD"),
        "{seen}"
    );
    let refusal = copy_without_reload(&pair, &CopyOptions::default())
        .await
        .unwrap_err();
    let source = std::error::Error::source(&refusal).map(ToString::to_string);
    assert!(source.is_some_and(|text| text.contains("RELOAD")), "{refusal}");
}
