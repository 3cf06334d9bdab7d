//! `dbha failover` and `dbha rejoin`: the writes leave a server that is gone, and it comes back without doing harm.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use dbha_testkit::{Fault, FaultProxy, PrivateServer, Release, ServerPair};
use tokio::process::Command;
use tokio::time::sleep;

use crate::binlog_program::binlog_program;
use crate::eventually::eventually;
use crate::operator::Operator;
use crate::ran::Ran;
use crate::releases::{on_every_release, on_releases};
use crate::servers::{
    assert_all_threads_run, assert_nothing_left_behind, assert_same_contents, cross, pair_with_sample,
    positions, replica_status,
};
use crate::session::Session;
use crate::snapshot_of_server::SnapshotOfPair;
use crate::stopped_at::StoppedAt;

const COUNT: &str = "SELECT COUNT(*) FROM rental_shop.customer";

async fn finished_pair(release: Release) -> (ServerPair, Operator) {
    let pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    operator.setup([]).await.exits(0);
    eventually_same_position(&pair).await;
    (pair, operator)
}

fn failing_over(operator: &Operator, arguments: &[&str]) -> Command {
    let mut command = operator.command("failover", ["--to", "secondary", "--confirm", "primary"]);
    command.args(arguments);
    command
}

async fn failover(operator: &Operator, arguments: &[&str]) -> Ran {
    operator.finish(&mut failing_over(operator, arguments)).await
}

/// Runs it with the release's own program for binary logs at hand.
async fn rejoin(operator: &Operator, server: &PrivateServer, arguments: &[&str]) -> Ran {
    let mut command = operator.command("rejoin", ["--server", "primary"]);
    let path = std::env::var("PATH").unwrap_or_default();
    command.args(arguments);
    command.env(
        "PATH",
        format!("{}:{path}", binlog_program(operator, server).display()),
    );
    operator.finish(&mut command).await
}

async fn is_writable(server: &PrivateServer) -> bool {
    Session::open(server)
        .await
        .value("SELECT @@global.read_only")
        .await
        == "0"
}

async fn eventually_same_position(pair: &ServerPair) {
    eventually(
        "both servers have the same position",
        async || [positions(&pair.primary).await, positions(&pair.secondary).await],
        |[one, other]| one[0] == other[0],
    )
    .await;
}

fn word(server: &PrivateServer) -> &'static str {
    if server.release().is_mysql() {
        "REPLICA"
    } else {
        "SLAVE"
    }
}

/// Adds a customer whom only this server has.
async fn add_customer(server: &PrivateServer, name: &str) {
    let mut session = Session::open(server).await;
    session
        .run(&format!(
            "INSERT INTO rental_shop.customer (store_id, name, email, `member since`) \
             SELECT MIN(store_id), '{name}', '{name}@example.org', NOW() FROM rental_shop.store"
        ))
        .await;
}

async fn has_customer(server: &PrivateServer, name: &str) -> bool {
    let find = format!("{COUNT} WHERE name='{name}'");
    Session::open(server).await.number(&find).await == 1
}

on_every_release!(the_survivor_takes_over_and_the_old_writer_comes_back);

async fn the_survivor_takes_over_and_the_old_writer_comes_back(release: Release) {
    let (mut pair, mut operator) = finished_pair(release).await;
    pair.primary.kill().await.unwrap();

    let done = failover(&operator, &["-o", "json"]).await.exits(0).json();
    assert_eq!(done["term"], 2, "{done:#}");
    assert!(is_writable(&pair.secondary).await);
    assert!(
        replica_status(&pair.secondary).await.is_none(),
        "its link from the old writer is gone"
    );
    add_customer(&pair.secondary, "after").await;

    // The old writer returns, writable as it was, and takes a write before anybody looks.
    pair.primary.start().await.unwrap();
    eventually(
        "it follows the new writer by its own link",
        async || has_customer(&pair.primary, "after").await,
        |there| *there,
    )
    .await;
    rejoin(&operator, &pair.primary, &[]).await.exits(0);
    assert!(!is_writable(&pair.primary).await);
    assert_all_threads_run(&pair).await;
    cross("Back", &pair.secondary, &pair.primary).await;
    eventually_same_position(&pair).await;
    assert_same_contents(&pair).await;
    assert_nothing_left_behind(&pair).await;

    std::mem::swap(&mut operator.primary, &mut operator.secondary);
    std::mem::swap(
        &mut operator.primary_password_file,
        &mut operator.secondary_password_file,
    );
    operator.setup([]).await.exits(0).says("nothing was changed");
}

on_every_release!(what_only_the_old_writer_has_is_saved_and_thrown_away_only_on_request);

async fn what_only_the_old_writer_has_is_saved_and_thrown_away_only_on_request(release: Release) {
    let (mut pair, operator) = finished_pair(release).await;
    let stop = format!("STOP {} IO_THREAD", word(&pair.secondary));
    Session::open(&pair.secondary).await.run(&stop).await;
    add_customer(&pair.primary, "unsent").await;
    pair.primary.kill().await.unwrap();
    failover(&operator, &[]).await.exits(0).says("may be missing");
    pair.primary.start().await.unwrap();

    let out = rejoin(&operator, &pair.primary, &[]).await.exits(6);
    out.says("has transactions that").says_one_error_with_a_fix();
    assert!(!is_writable(&pair.primary).await, "it does no harm meanwhile");
    assert!(
        has_customer(&pair.primary, "unsent").await,
        "nothing was thrown away"
    );
    assert!(!has_customer(&pair.secondary, "unsent").await);
    assert_eq!(saved(&operator).len(), 1);

    // What was saved can be run again.
    replay(&pair.secondary, &saved(&operator)[0]).await;
    assert!(has_customer(&pair.secondary, "unsent").await);
    // It has kept its number, so that nothing is extra any more.
    rejoin(&operator, &pair.primary, &[]).await.exits(0);
    assert_all_threads_run(&pair).await;
    eventually_same_position(&pair).await;
    assert_same_contents(&pair).await;
    assert!(!is_writable(&pair.primary).await);
}

on_releases!(thrown_away_it_is_copied_anew: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn thrown_away_it_is_copied_anew(release: Release) {
    let (mut pair, operator) = finished_pair(release).await;
    let stop = format!("STOP {} IO_THREAD", word(&pair.secondary));
    Session::open(&pair.secondary).await.run(&stop).await;
    add_customer(&pair.primary, "unsent").await;
    pair.primary.kill().await.unwrap();
    failover(&operator, &[]).await.exits(0);
    pair.primary.start().await.unwrap();
    rejoin(&operator, &pair.primary, &["--discard-extra"])
        .await
        .exits(0);
    assert_eq!(saved(&operator).len(), 1);
    assert!(!has_customer(&pair.primary, "unsent").await);
    assert_all_threads_run(&pair).await;
    eventually_same_position(&pair).await;
    assert_same_contents(&pair).await;
}

fn saved(operator: &Operator) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(operator.home())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "sql"))
        .collect();
    files.sort();
    for file in &files {
        assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    files
}

/// Runs saved statements as anybody would: by the client, fed from the file.
async fn replay(server: &PrivateServer, file: &std::path::Path) {
    let name = if server.release().is_mysql() {
        "mysql"
    } else {
        "mariadb"
    };
    let client = server
        .installation()
        .client(name)
        .or_else(|| server.installation().client("mysql"))
        .unwrap();
    let mut client = Command::from(client);
    client
        .args([
            "--protocol=tcp",
            "--host=127.0.0.1",
            "--user=root",
            "--binary-mode",
        ])
        .arg(format!("--port={}", server.port()))
        .env("MYSQL_PWD", server.root_password())
        .stdin(fs::File::open(file).unwrap());
    let output = client.output().await.unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

on_releases!(a_writer_that_works_is_not_pushed_aside: mariadb_10_11, mysql_9_7);

async fn a_writer_that_works_is_not_pushed_aside(release: Release) {
    let (pair, mut operator) = finished_pair(release).await;
    let before = SnapshotOfPair::take(&pair).await;
    failover(&operator, &[]).await.exits(6).says("DBHA-P96");
    let wrong = operator
        .run("failover", ["--to", "secondary", "--confirm", "secondary"])
        .await;
    wrong
        .exits(2)
        .says("--confirm primary".replace("primary", &operator.primary).as_str());

    // It cannot be reached from here, and feeds the other server all the same.
    let proxy = FaultProxy::start(pair.primary.address()).await.unwrap();
    proxy.set(Fault::Refuse);
    operator.primary = proxy.address();
    let refused = failover(&operator, &["--notice", "1s"]).await.exits(6);
    refused.says("DBHA-P96").says("still receives from it");
    before.assert_unchanged(&pair).await;
    assert!(is_writable(&pair.primary).await && !is_writable(&pair.secondary).await);
}

on_releases!(a_writer_that_answers_is_closed_on_request_and_nothing_is_lost: mariadb_10_11, mysql_9_7);

async fn a_writer_that_answers_is_closed_on_request_and_nothing_is_lost(release: Release) {
    let (pair, operator) = finished_pair(release).await;
    add_customer(&pair.primary, "last").await;
    let ran = failover(&operator, &["--stop-old"]).await.exits(0);
    ran.says("has handed over everything; nothing is missing");
    assert!(!is_writable(&pair.primary).await && is_writable(&pair.secondary).await);
    assert!(has_customer(&pair.secondary, "last").await);
    rejoin(&operator, &pair.primary, &[]).await.exits(0);
    assert_all_threads_run(&pair).await;
}

on_releases!(a_frozen_writer_is_noticed_and_pushes_nothing_when_it_thaws: slow_mariadb_10_11, slow_mysql_9_7);

async fn a_frozen_writer_is_noticed_and_pushes_nothing_when_it_thaws(release: Release) {
    let (pair, operator) = finished_pair(release).await;
    pair.primary.freeze().unwrap();
    failover(&operator, &["--notice", "30s"]).await.exits(0);
    add_customer(&pair.secondary, "new").await;
    pair.primary.thaw().unwrap();
    eventually(
        "the old writer works again",
        async || has_customer(&pair.primary, "new").await,
        |there| *there,
    )
    .await;
    // Scenario 15 of the rules: what it takes now must not reach the new writer.
    add_customer(&pair.primary, "stray").await;
    sleep(Duration::from_secs(1)).await;
    assert!(!has_customer(&pair.secondary, "stray").await);
    rejoin(&operator, &pair.primary, &["--discard-extra"])
        .await
        .exits(0);
    assert_all_threads_run(&pair).await;
    assert_same_contents(&pair).await;
}

on_releases!(a_killed_failover_goes_on: mariadb_10_11, mysql_9_7);

async fn a_killed_failover_goes_on(release: Release) {
    for point in ["applied:drain", "applied:let_go"] {
        let (mut pair, operator) = finished_pair(release).await;
        pair.primary.kill().await.unwrap();
        let mut command = failing_over(&operator, &[]);
        StoppedAt::reach(&operator, &mut command, point)
            .await
            .kill()
            .await;
        assert!(!is_writable(&pair.secondary).await, "{point}");
        let end = Instant::now() + Duration::from_secs(15);
        let ran = loop {
            let ran = failover(&operator, &[]).await;
            if !ran.stderr.contains("DBHA-P29") || Instant::now() > end {
                break ran;
            }
            sleep(Duration::from_millis(100)).await;
        };
        ran.exits(0);
        assert!(is_writable(&pair.secondary).await, "{point}");
        assert!(replica_status(&pair.secondary).await.is_none(), "{point}");
        failover(&operator, &[]).await.exits(6).says("DBHA-P91");
    }
}
