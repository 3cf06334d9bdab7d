//! A copy carries everything exactly: compared by value and by definition, on every release.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use dbha_copy::{CopyError, CopyOptions, CopyProgress, CopyReport, Inventory, clear, copy};
use dbha_sql::{Endpoint, SessionProfile};
use dbha_testkit::{PrivateServer, Release, ServerPair};
use tokio_util::sync::CancellationToken;

use crate::fidelity_schema::{files, fill};
use crate::holdings::assert_same_holdings;
use crate::releases::{on_every_release, on_releases};
use crate::servers::{fresh_pair, positions};
use crate::session::Session;

on_every_release!(everything_is_carried);
on_every_release!(a_second_copy_over_the_first_changes_nothing);
on_every_release!(the_targets_own_log_stands_still);
on_every_release!(the_claim_stays_where_it_is);
on_every_release!(accounts_of_the_machine_stay_and_others_are_made_equal);
on_every_release!(rows_as_large_as_a_packet_are_carried);
on_every_release!(a_large_table_gets_its_keys_after_its_rows);
on_every_release!(scenario_43_a_lock_that_is_not_granted_names_who_holds_it);
on_every_release!(a_cancelled_copy_leaves_no_session);
on_releases!(scenario_41_a_table_changed_under_the_copy_begins_it_anew: mariadb_10_5, mariadb_10_11, mariadb_11_8);
on_releases!(what_cannot_be_carried_is_named_first: mariadb_10_5);

async fn everything_is_carried(release: Release) {
    let pair = filled_pair(release).await;
    let report = copied(&pair).await;
    assert_equal(&pair).await;
    assert!(report.warnings.is_empty(), "{:?}", report.warnings);
    assert!(
        report.lock_held < Duration::from_secs(5),
        "{:?}",
        report.lock_held
    );
}

async fn a_second_copy_over_the_first_changes_nothing(release: Release) {
    let pair = filled_pair(release).await;
    copied(&pair).await;
    let again = copied(&pair).await;
    assert_eq!(again.accounts, []);
    assert_equal(&pair).await;
}

async fn the_targets_own_log_stands_still(release: Release) {
    let pair = filled_pair(release).await;
    let before = positions(&pair.secondary).await;
    copied(&pair).await;
    assert_eq!(positions(&pair.secondary).await, before);
}

async fn the_claim_stays_where_it_is(release: Release) {
    let pair = fresh_pair(release).await;
    for (server, run) in [(&pair.primary, "source's"), (&pair.secondary, "target's")] {
        let mut session = Session::open(server).await;
        session.run("CREATE DATABASE dbha").await;
        session
            .run("CREATE TABLE dbha.claim (run VARCHAR(64) PRIMARY KEY)")
            .await;
        session
            .run("CREATE TABLE dbha.marker (token VARCHAR(64) PRIMARY KEY)")
            .await;
        session
            .run(&format!("INSERT INTO dbha.claim VALUES (\"{run}\")"))
            .await;
        session
            .run(&format!("INSERT INTO dbha.marker VALUES (\"{run}\")"))
            .await;
    }
    copied(&pair).await;
    let mut session = Session::open(&pair.secondary).await;
    assert_eq!(session.column("SELECT run FROM dbha.claim").await, ["target's"]);
    assert_eq!(
        session.column("SELECT token FROM dbha.marker").await,
        ["source's"]
    );
}

async fn accounts_of_the_machine_stay_and_others_are_made_equal(release: Release) {
    let pair = fresh_pair(release).await;
    for (server, password) in [
        (&pair.primary, "of-the-source"),
        (&pair.secondary, "of-the-target"),
    ] {
        let mut session = Session::open(server).await;
        for account in ["'both'@'localhost'", "'both'@'%'"] {
            session
                .run(&format!("CREATE USER {account} IDENTIFIED BY '{password}'"))
                .await;
        }
        let only = password.replace('-', "_");
        session
            .run(&format!("CREATE USER '{only}'@'localhost', '{only}'@'%'"))
            .await;
    }
    let before = logins(&pair.secondary, "both", "localhost").await;
    copied(&pair).await;
    let mut secondary = Session::open(&pair.secondary).await;
    assert_eq!(logins(&pair.secondary, "both", "localhost").await, before);
    assert_eq!(
        logins(&pair.secondary, "both", "%").await,
        logins(&pair.primary, "both", "%").await
    );
    let ours =
        "SELECT CONCAT(User, '@', Host) FROM mysql.user WHERE User LIKE 'of\\_the\\_%' ORDER BY User, Host";
    assert_eq!(
        secondary.column(ours).await,
        [
            "of_the_source@%",
            "of_the_source@localhost",
            "of_the_target@localhost"
        ]
    );
}

async fn rows_as_large_as_a_packet_are_carried(release: Release) {
    let pair = fresh_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    let packet = primary.number("SELECT @@max_allowed_packet").await;
    for statement in [
        "CREATE DATABASE large",
        "CREATE TABLE large.rows_ (id INT AUTO_INCREMENT PRIMARY KEY, a LONGBLOB, b LONGTEXT CHARACTER SET latin1)",
        &format!(
            "INSERT INTO large.rows_ (a, b) VALUES (REPEAT('x', {packet}), ''), (NULL, REPEAT('y', {packet} - 60))"
        ),
        "INSERT INTO large.rows_ (a, b) VALUES ('', NULL), (REPEAT('z', 1000000), REPEAT('z', 300000))",
    ] {
        primary.run(statement).await;
    }
    copied(&pair).await;
    let sums = "SELECT GROUP_CONCAT(CONCAT_WS('-', id, LENGTH(a), LENGTH(b), SHA2(a, 256), SHA2(b, 256)) ORDER BY id) FROM large.rows_";
    let mut secondary = Session::open(&pair.secondary).await;
    assert_eq!(secondary.value(sums).await, primary.value(sums).await);
}

async fn a_large_table_gets_its_keys_after_its_rows(release: Release) {
    let pair = filled_pair(release).await;
    let options = CopyOptions {
        indexes_after_from_bytes: 0,
        ..CopyOptions::default()
    };
    let keyed = Mutex::new(BTreeSet::new());
    let note = |news: CopyProgress| {
        if let CopyProgress::TableIndexes { table, .. } = news {
            keyed.lock().unwrap().insert(table);
        }
    };
    run_copy(&pair, &options, &note, &CancellationToken::new())
        .await
        .unwrap();
    assert!(keyed.lock().unwrap().contains("keyed"));
    assert_equal(&pair).await;
}

async fn scenario_43_a_lock_that_is_not_granted_names_who_holds_it(release: Release) {
    let pair = filled_pair(release).await;
    let mut blocker = Session::open(&pair.primary).await;
    blocker.run("LOCK TABLES fid.myi WRITE").await;
    let busy = tokio::spawn(async move { blocker.run("SELECT SLEEP(6), 'not to be shown'").await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    let options = CopyOptions {
        lock_wait: Duration::from_secs(1),
        ..CopyOptions::default()
    };
    let refusal = run_copy(&pair, &options, &|_| (), &CancellationToken::new())
        .await
        .unwrap_err();
    assert!(matches!(refusal, CopyError::LockNotGranted { .. }), "{refusal:?}");
    let text = refusal.to_string();
    assert!(
        text.contains("SLEEP(6)") && !text.contains("not to be shown"),
        "{text}"
    );
    busy.await.unwrap();
    let mut primary = Session::open(&pair.primary).await;
    primary
        .run("INSERT INTO fid.myi (v) VALUES ('nothing is held')")
        .await;
}

async fn a_cancelled_copy_leaves_no_session(release: Release) {
    let pair = fresh_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    primary.run("CREATE DATABASE much").await;
    primary
        .run("CREATE TABLE much.rows_ (id INT AUTO_INCREMENT PRIMARY KEY, v VARCHAR(200))")
        .await;
    primary
        .run("INSERT INTO much.rows_ (v) VALUES (REPEAT('v', 200))")
        .await;
    for _ in 0..18 {
        primary
            .run("INSERT INTO much.rows_ (v) SELECT v FROM much.rows_")
            .await;
    }
    let cancel = CancellationToken::new();
    let at_the_first_row = |news: CopyProgress| {
        if matches!(news, CopyProgress::TableRows { .. }) {
            cancel.cancel();
        }
    };
    let begun = Mutex::new(None);
    let note = |news: CopyProgress| {
        at_the_first_row(news);
        if cancel.is_cancelled() {
            begun.lock().unwrap().get_or_insert_with(Instant::now);
        }
    };
    let refusal = run_copy(&pair, &CopyOptions::default(), &note, &cancel)
        .await
        .unwrap_err();
    assert!(matches!(refusal, CopyError::Cancelled), "{refusal:?}");
    let stopped_in = begun.lock().unwrap().unwrap().elapsed();
    assert!(stopped_in < Duration::from_secs(2), "{stopped_in:?}");
    tokio::time::sleep(Duration::from_secs(1)).await;
    for server in [&pair.primary, &pair.secondary] {
        let mut session = Session::open(server).await;
        for slot in 0..20 {
            let holder = format!("SELECT IS_USED_LOCK('dbha.copy.{slot}')");
            assert_eq!(session.value(&holder).await, "NULL");
        }
    }
}

async fn scenario_41_a_table_changed_under_the_copy_begins_it_anew(release: Release) {
    let pair = fresh_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    for statement in [
        "CREATE DATABASE moving",
        "CREATE TABLE moving.first (id INT PRIMARY KEY, v VARCHAR(200))",
        "INSERT INTO moving.first SELECT seq, REPEAT('v', 200) FROM moving.seq_1_to_20000",
        "CREATE TABLE moving.last (id INT PRIMARY KEY)",
        "INSERT INTO moving.last VALUES (1), (2)",
        "ANALYZE TABLE moving.first, moving.last",
    ] {
        primary.run(statement).await;
    }
    let url = pair.primary.url();
    let changed = Mutex::new(false);
    let attempts = Mutex::new(1);
    let change_once = |news: CopyProgress| match news {
        CopyProgress::TableStarted { table, .. } if table == "first" => {
            let mut changed = changed.lock().unwrap();
            if !std::mem::replace(&mut *changed, true) {
                rebuild_in_another_thread(&url);
            }
        }
        CopyProgress::Again { attempt, .. } => *attempts.lock().unwrap() = attempt,
        _ => {}
    };
    let options = CopyOptions {
        workers: 1,
        ..CopyOptions::default()
    };
    run_copy(&pair, &options, &change_once, &CancellationToken::new())
        .await
        .unwrap();
    assert_eq!(*attempts.lock().unwrap(), 2);
    assert_equal(&pair).await;
}

/// Waits until the table is rebuilt: news are told in between the steps of the copy, which waits as well.
fn rebuild_in_another_thread(url: &str) {
    let url = url.to_owned();
    let rebuild = async move {
        use mysql_async::prelude::Queryable;
        let options = mysql_async::OptsBuilder::from_opts(mysql_async::Opts::from_url(&url).unwrap());
        let mut connection = mysql_async::Conn::new(options.prefer_socket(false))
            .await
            .unwrap();
        connection.query_drop("TRUNCATE moving.last").await.unwrap();
        connection
            .query_drop("INSERT INTO moving.last VALUES (3)")
            .await
            .unwrap();
    };
    let runtime = || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
    };
    std::thread::spawn(move || runtime().block_on(rebuild))
        .join()
        .unwrap();
}

async fn what_cannot_be_carried_is_named_first(release: Release) {
    let pair = fresh_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    primary.run("CREATE DATABASE past").await;
    primary
        .run("CREATE TABLE past.rows_ (id INT PRIMARY KEY) WITH SYSTEM VERSIONING")
        .await;
    let refusal = run_copy(&pair, &CopyOptions::default(), &|_| (), &CancellationToken::new())
        .await
        .unwrap_err();
    assert!(refusal.to_string().contains("past.rows_"), "{refusal}");
    let mut session = dbha_sql::Session::connect(&endpoint(&pair.primary), SessionProfile::Control)
        .await
        .unwrap();
    let inventory = Inventory::take(&mut session).await.unwrap();
    assert_eq!(inventory.objects_that_cannot_be_copied().len(), 1);
}

fn endpoint(server: &PrivateServer) -> Endpoint {
    server.url().parse().unwrap()
}

/// Starts a pair whose primary holds one of everything that its release can hold.
pub(crate) async fn filled_pair(release: Release) -> ServerPair {
    let pair = fresh_pair(release).await;
    let mut session = Session::open(&pair.primary).await;
    fill(&mut session, &files(release)).await;
    pair
}

/// Clears the secondary and copies the primary to it.
async fn copied(pair: &ServerPair) -> CopyReport {
    match run_copy(pair, &CopyOptions::default(), &|_| (), &CancellationToken::new()).await {
        Ok(report) => report,
        Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
    }
}

pub(crate) async fn run_copy(
    pair: &ServerPair,
    options: &CopyOptions,
    note: &(dyn Fn(CopyProgress) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<CopyReport, CopyError> {
    copy_from(&endpoint(&pair.primary), pair, options, note, cancel).await
}

/// Returns the way to a server as another account than root.
pub(crate) fn endpoint_of(server: &PrivateServer, user: &str, password: &str) -> Endpoint {
    let url = server.url();
    let (_, place) = url.rsplit_once('@').unwrap();
    format!("mysql://{user}:{password}@{place}").parse().unwrap()
}

/// Clears the secondary and copies to it by a way of its own to the primary.
pub(crate) async fn copy_from(
    source: &Endpoint,
    pair: &ServerPair,
    options: &CopyOptions,
    note: &(dyn Fn(CopyProgress) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<CopyReport, CopyError> {
    let target = endpoint(&pair.secondary);
    let mut session = dbha_sql::Session::connect(&target, SessionProfile::Control)
        .await
        .unwrap();
    clear(&mut session).await?;
    session.close().await;
    copy(source, &target, options, note, cancel).await
}

/// Returns how an account is created, hash and all.
async fn logins(server: &PrivateServer, user: &str, host: &str) -> String {
    let mut session = Session::open(server).await;
    if server.release().is_mysql() {
        session.run("SET print_identified_with_as_hex = ON").await;
    }
    session
        .value(&format!("SHOW CREATE USER '{user}'@'{host}'"))
        .await
}

/// Compares both servers: definitions letter by letter, rows value by value, accounts with their grants.
pub(crate) async fn assert_equal(pair: &ServerPair) {
    let mut source = Session::open(&pair.primary).await;
    let mut target = Session::open(&pair.secondary).await;
    assert_same_holdings(&mut source, &mut target).await;
}
