//! What else goes on on the primary while it is copied: definitions change, transactions stay open, logs are purged,
//! accounts come and go.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use dbha_testkit::{PrivateServer, Release};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::contents_of_server::{accounts, differences};
use crate::copy_meets_purges::remove_binary_logs;
use crate::eventually::eventually;
use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::{assert_all_threads_run, assert_same_contents, pair_with_sample};
use crate::session::Session;
use crate::stopped_at::StoppedAt;

/// Somebody who repeats a few statements until told to stop.
struct Busy {
    go_on: Arc<AtomicBool>,
    task: JoinHandle<u32>,
}

impl Busy {
    /// Runs the statements over and over, a pause after each; `{n}` in them is the number of the round.
    async fn start(server: &PrivateServer, statements: &'static [&'static str], pause: Duration) -> Self {
        let mut session = Session::open(server).await;
        let go_on = Arc::new(AtomicBool::new(true));
        let goes_on = Arc::clone(&go_on);
        let task = tokio::spawn(async move {
            let mut round = 0;
            while goes_on.load(Ordering::Relaxed) {
                round += 1;
                for statement in statements {
                    session.run(&statement.replace("{n}", &round.to_string())).await;
                    sleep(pause).await;
                }
            }
            round
        });
        Self { go_on, task }
    }

    /// Lets the round end, and returns how many there were.
    async fn stop(self) -> u32 {
        self.go_on.store(false, Ordering::Relaxed);
        self.task.await.unwrap()
    }
}

const DEFINITIONS: &[&str] = &[
    "CREATE TABLE rental_shop.comes_and_goes (id INT PRIMARY KEY, n INT) ENGINE=InnoDB",
    "INSERT INTO rental_shop.comes_and_goes VALUES (1, {n})",
    "ALTER TABLE rental_shop.comes_and_goes ADD COLUMN more INT DEFAULT 7",
    "TRUNCATE TABLE rental_shop.comes_and_goes",
    "RENAME TABLE rental_shop.comes_and_goes TO rental_shop.went",
    "DROP TABLE rental_shop.went",
];

on_releases!(scenario_41_definitions_that_change_all_the_time_are_copied_as_they_are: mariadb_10_11, mysql_9_7);

async fn scenario_41_definitions_that_change_all_the_time_are_copied_as_they_are(release: Release) {
    let pair = pair_with_sample(release, 100).await;
    let operator = Operator::of(&pair);
    let busy = Busy::start(&pair.primary, DEFINITIONS, Duration::from_millis(150)).await;
    // Where too much changes under the copy it says so, and the next run copies anew.
    let mut tries = 0;
    loop {
        let ran = operator.setup([]).await;
        tries += 1;
        if ran.code == Some(0) || tries == 5 {
            ran.exits(0);
            break;
        }
        ran.exits(8).says_one_error_with_a_fix();
    }
    assert!(busy.stop().await > 0);
    assert_all_threads_run(&pair).await;
    assert_same_contents(&pair).await;
}

const ACCOUNTS: &[&str] = &[
    "CREATE USER comes_{n}@'%' IDENTIFIED BY 'a password of nobody'",
    "GRANT SELECT ON rental_shop.* TO comes_{n}@'%'",
    "CREATE PROCEDURE rental_shop.comes_{n}() SELECT {n}",
    "CREATE EVENT rental_shop.comes_{n} ON SCHEDULE EVERY 1 YEAR DO SET @n = {n}",
    "REVOKE SELECT ON rental_shop.* FROM comes_{n}@'%'",
];

on_releases!(scenario_45_accounts_routines_and_events_made_meanwhile_are_not_missed: mariadb_10_11, mysql_9_7);

async fn scenario_45_accounts_routines_and_events_made_meanwhile_are_not_missed(release: Release) {
    let pair = pair_with_sample(release, 100).await;
    let operator = Operator::of(&pair);
    let busy = Busy::start(&pair.primary, ACCOUNTS, Duration::from_millis(20)).await;
    operator.setup(["--writers", "both"]).await.exits(0);
    assert!(busy.stop().await > 2);
    assert_all_threads_run(&pair).await;
    assert_same_contents(&pair).await;
    let mut primary = Session::open(&pair.primary).await;
    let mut secondary = Session::open(&pair.secondary).await;
    let comes = |all: crate::contents_of_server::Contents| -> crate::contents_of_server::Contents {
        all.into_iter()
            .filter(|(name, _)| name.contains("comes_"))
            .collect()
    };
    let (of_primary, of_secondary) = (
        comes(accounts(&mut primary).await),
        comes(accounts(&mut secondary).await),
    );
    assert!(of_primary.len() > 2, "{of_primary:?}");
    let differing = differences(&of_primary, &of_secondary);
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

on_releases!(scenario_42_transactions_that_stay_open_are_not_lost: mariadb_10_11, mysql_9_7);

/// One is open from before the set-up until after it, one is prepared: that one cannot be copied around.
async fn scenario_42_transactions_that_stay_open_are_not_lost(release: Release) {
    const ROW: &str = "INSERT INTO rental_shop.category (name) VALUES ";
    let pair = pair_with_sample(release, 10).await;
    let operator = Operator::of(&pair);
    let mut open = Session::open(&pair.primary).await;
    open.run("BEGIN").await;
    open.run(&format!("{ROW} ('open')")).await;
    let mut prepared = Session::open(&pair.primary).await;
    for statement in [
        "XA START 'a trip'",
        &format!("{ROW} ('prepared')"),
        "XA END 'a trip'",
        "XA PREPARE 'a trip'",
    ] {
        prepared.run(statement).await;
    }

    let ran = operator.setup(["--lock-wait-timeout", "1"]).await;
    assert!(matches!(ran.code, Some(3 | 8)), "{ran}");
    ran.says("a trip").says("XA COMMIT").says_one_error_with_a_fix();
    prepared.run("XA COMMIT 'a trip'").await;
    operator.setup([]).await.exits(0);
    open.run("COMMIT").await;

    let mut secondary = Session::open(&pair.secondary).await;
    let count = "SELECT COUNT(*) FROM rental_shop.category WHERE name IN ('open', 'prepared')";
    eventually(
        "both rows are there",
        async || secondary.value(count).await,
        |rows| rows == "2",
    )
    .await;
    assert_same_contents(&pair).await;
}

on_releases!(scenario_44_logs_that_were_purged_meanwhile_lead_to_a_new_copy: mariadb_10_11, mysql_9_7);

async fn scenario_44_logs_that_were_purged_meanwhile_lead_to_a_new_copy(release: Release) {
    let pair = pair_with_sample(release, 10).await;
    let operator = Operator::of(&pair);
    let mut command = operator.command("setup", ["--yes"]);
    let run = StoppedAt::reach(&operator, &mut command, "before:follow_primary").await;
    let mut primary = Session::open(&pair.primary).await;
    primary
        .run("CREATE TABLE rental_shop.written_meanwhile (id INT PRIMARY KEY)")
        .await;
    remove_binary_logs(&mut primary).await;

    let ran = run.go_on(&operator).await;
    ran.exits(8)
        .says_one_error_with_a_fix()
        .says("has removed binary logs");
    let again = operator.setup([]).await.exits(0);
    again.says("copy the primary's data and compare it");
    assert_all_threads_run(&pair).await;
    assert_same_contents(&pair).await;
}

on_releases!(scenario_33_a_secondary_without_room_ends_the_copy_with_the_servers_words: mariadb_10_11, slow_mysql_9_7);

/// Memory that may not grow takes the place of a full disk: the server says the same of both (1114).
async fn scenario_33_a_secondary_without_room_ends_the_copy_with_the_servers_words(release: Release) {
    const ROOM: &str = "SET GLOBAL max_heap_table_size=";
    let pair = pair_with_sample(release, 10).await;
    let operator = Operator::of(&pair);
    let mut primary = Session::open(&pair.primary).await;
    primary
        .run("CREATE TABLE rental_shop.large (id INT PRIMARY KEY, text CHAR(250)) ENGINE=MEMORY")
        .await;
    let numbers =
        "(SELECT 0 AS n UNION SELECT 1 UNION SELECT 2 UNION SELECT 3 UNION SELECT 4 UNION SELECT 5)";
    let rows = format!(
        "INSERT INTO rental_shop.large SELECT a.n * 216 + b.n * 36 + c.n * 6 + d.n, REPEAT('x', 250) \
         FROM {numbers} a, {numbers} b, {numbers} c, {numbers} d"
    );
    primary.run(&rows).await;
    let mut secondary = Session::open(&pair.secondary).await;
    secondary.run(&format!("{ROOM}65536")).await;

    let ran = operator.setup([]).await.exits(8);
    ran.says("rental_shop.large")
        .says("is full")
        .says_one_error_with_a_fix();
    assert_eq!(primary.value("SELECT @@GLOBAL.read_only").await, "0");
    secondary.run(&format!("{ROOM}67108864")).await;
    operator.setup([]).await.exits(0);
    assert_all_threads_run(&pair).await;
    assert_same_contents(&pair).await;
}
