//! Plans in files: read by somebody, and run only while both servers are as they were.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use dbha_testkit::Release;

use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::{assert_all_threads_run, pair_with_sample, write};
use crate::session::Session;
use crate::snapshot_of_server::SnapshotOfPair;

const FILE: &str = "plan.json";

/// The arguments by which somebody logs in who names no server.
fn login(operator: &Operator) -> Vec<String> {
    let file = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    vec![
        "--primary-password-file".into(),
        file(&operator.primary_password_file),
        "--secondary-password-file".into(),
        file(&operator.secondary_password_file),
    ]
}

on_releases!(a_plan_that_was_saved_is_run_as_it_was_read: mariadb_10_11, mysql_9_7);

async fn a_plan_that_was_saved_is_run_as_it_was_read(release: Release) {
    let pair = pair_with_sample(release, 5).await;
    let operator = Operator::of(&pair);
    let before = SnapshotOfPair::take(&pair).await;
    operator
        .run("plan", ["--writers", "both", "--out", FILE])
        .await
        .exits(0)
        .says("dbha setup --plan plan.json");
    before.assert_unchanged(&pair).await;
    let saved = operator.home().join(FILE);
    assert_eq!(fs::metadata(&saved).unwrap().permissions().mode() & 0o777, 0o600);
    let text = fs::read_to_string(&saved).unwrap();
    for secret in &operator.secrets {
        assert!(!text.contains(secret), "a password is in the plan");
    }
    // Rows that are written meanwhile are no other plan.
    write("Ada", &pair.primary).await;

    let login = login(&operator);
    let arguments = ["setup", "--plan", FILE, "--yes"].into_iter();
    let arguments = arguments.chain(login.iter().map(String::as_str));
    operator.finish(&mut operator.bare(arguments)).await.exits(0);
    assert_all_threads_run(&pair).await;
    let mut secondary = Session::open(&pair.secondary).await;
    assert_eq!(
        secondary.value("SELECT @@GLOBAL.read_only").await,
        "0",
        "both take writes"
    );
}

on_releases!(a_plan_for_servers_that_changed_since_is_refused: mariadb_10_11, mysql_9_7);

async fn a_plan_for_servers_that_changed_since_is_refused(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let operator = Operator::of(&pair);
    operator.run("plan", ["--out", FILE]).await.exits(0);
    Session::open(&pair.secondary)
        .await
        .run("CREATE USER somebody@localhost")
        .await;
    Session::open(&pair.primary)
        .await
        .run("SET GLOBAL sync_binlog=77")
        .await;
    let before = SnapshotOfPair::take(&pair).await;
    operator
        .setup(["--plan", FILE])
        .await
        .exits(3)
        .says("DBHA-P48")
        .says("primary.settings.sync_binlog.value")
        .says("somebody");
    before.assert_unchanged(&pair).await;
}

on_releases!(what_is_no_plan_for_these_servers_is_refused: mariadb_10_11);

async fn what_is_no_plan_for_these_servers_is_refused(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let operator = Operator::of(&pair);
    operator
        .setup(["--plan", "missing.json"])
        .await
        .exits(2)
        .says("missing.json");
    fs::write(operator.home().join(FILE), "{}").unwrap();
    operator.setup(["--plan", FILE]).await.exits(2).says("no plan");
    operator.run("plan", ["--out", FILE]).await.exits(0);
    operator
        .setup(["--plan", FILE, "--writers", "both"])
        .await
        .exits(2)
        .says("cannot be used with");
    let mut other = Operator::of(&pair);
    other.primary = "127.0.0.1:1".into();
    let plan = operator.home().join(FILE);
    other
        .setup(["--plan", plan.to_str().unwrap()])
        .await
        .exits(2)
        .says("is about");
    operator
        .run("plan", ["--out", "/nowhere/plan.json"])
        .await
        .exits(2)
        .says("cannot write");
}
