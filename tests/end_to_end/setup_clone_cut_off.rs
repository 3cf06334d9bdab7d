//! A clone that is cut off at any moment: the next run goes on, nothing of it is left, no password is anywhere.

use std::fs;
use std::time::Duration;

use dbha_testkit::{PrivateServer, Release, ServerOptions};
use nix::sys::signal::Signal;

use crate::end_state::EndState;
use crate::eventually::eventually;
use crate::operator::Operator;
use crate::processes::send;
use crate::releases::on_releases;
use crate::servers::assert_same_contents;
use crate::session::Session;
use crate::setup_clone::{CLONE, assert_nothing_of_a_clone_is_left, supervised_pair};
use crate::trial::Trial;

async fn begin(release: Release) -> Trial {
    Trial::begin_with(release, &ServerOptions::new().supervised(), &CLONE).await
}

async fn undisturbed(release: Release) -> EndState {
    let trial = begin(release).await;
    trial.run().await.exits(0);
    EndState::of(&trial.pair).await
}

/// Kills a run at a moment of the clone; the run after it goes on, and the one after that changes nothing.
async fn killed(release: Release, wanted: &EndState, moment: &str) {
    let trial = begin(release).await;
    let held = trial.hold(&format!("{moment}:copy_data")).await.unwrap();
    send(&held.child, Signal::SIGKILL);
    held.end(&trial).await;
    runs_again(&trial).await;
    let second = trial.run_once_free().await.exits(0);
    let goes_on = second.stdout.contains("is a clone already");
    let is_clone = ["cloned", "returned", "settled", "compared"].contains(&moment);
    assert_eq!(goes_on, is_clone, "killed {moment}\n{second}");
    // The accounts at its own machine are lost with the run that held them; dbha's own it knows.
    own_password_for_root(&trial).await;
    assert_nothing_of_a_clone_is_left(&trial.pair).await;
    trial.judge_finished(wanted, &format!("killed {moment}")).await;
}

/// Waits until the secondary answers, whoever's accounts it has.
async fn runs_again(trial: &Trial) {
    let (primary, secondary) = (&trial.pair.primary, &trial.pair.secondary);
    let opens = async |password: &str| Session::open_as(secondary, "root", password).await.is_ok();
    eventually(
        "the secondary answers",
        async || opens(secondary.root_password()).await || opens(primary.root_password()).await,
        |answers| *answers,
    )
    .await;
}

async fn own_password_for_root(trial: &Trial) {
    let secondary = &trial.pair.secondary;
    let mut session = Session::open(secondary).await;
    for statement in [
        "SET SESSION sql_log_bin=0".to_owned(),
        "SET GLOBAL super_read_only=OFF".to_owned(),
        format!(
            "ALTER USER 'root'@'localhost' IDENTIFIED BY '{}'",
            secondary.root_password()
        ),
        "SET GLOBAL super_read_only=ON".to_owned(),
    ] {
        session.run(&statement).await;
    }
}

on_releases!(scenario_36_a_run_killed_after_the_clone_is_gone_on_with: mysql_9_7);

async fn scenario_36_a_run_killed_after_the_clone_is_gone_on_with(release: Release) {
    let wanted = undisturbed(release).await;
    for moment in ["cloned", "settled"] {
        killed(release, &wanted, moment).await;
    }
}

on_releases!(slow_scenario_36_a_run_killed_at_every_moment_of_a_clone_is_gone_on_with: mysql_9_7);

async fn slow_scenario_36_a_run_killed_at_every_moment_of_a_clone_is_gone_on_with(release: Release) {
    let wanted = undisturbed(release).await;
    for moment in ["before", "prepared", "returned", "compared", "applied", "after"] {
        killed(release, &wanted, moment).await;
    }
}

/// Makes a clone into this server take seconds.
async fn slow_down(server: &PrivateServer) {
    let mut session = Session::open(server).await;
    session.run("INSTALL PLUGIN clone SONAME 'mysql_clone.so'").await;
    session.run("SET GLOBAL clone_max_data_bandwidth = 8").await;
    session
        .run("SET GLOBAL clone_valid_donor_list = '10.1.2.3:3306'")
        .await;
}

/// Fails the test if the server shows the password of the clone that runs to somebody who may see everything.
async fn assert_no_password_is_shown(session: &mut Session) {
    for look in [
        "SELECT COALESCE(INFO, '') FROM information_schema.PROCESSLIST",
        "SELECT COALESCE(PROCESSLIST_INFO, '') FROM performance_schema.threads",
        "SELECT COALESCE(SQL_TEXT, '') FROM performance_schema.events_statements_current",
    ] {
        for text in session.column(look).await {
            let of_clone = text.contains("dbha_clone") && !text.contains("<secret>");
            assert!(!of_clone || !text.contains("IDENTIFIED BY '"), "{look}: {text}");
        }
    }
}

/// Starts a run and waits until the clone has taken the secondary's data away.
async fn in_the_clone(operator: &Operator, secondary: &PrivateServer) -> tokio::process::Child {
    let mut command = operator.command("setup", CLONE.into_iter().chain(["--yes", "-o", "ndjson"]));
    let child = command.spawn().unwrap();
    let mut session = Session::open(secondary).await;
    let stage = "SELECT COUNT(*) FROM performance_schema.clone_progress \
                 WHERE STAGE = 'FILE COPY' AND STATE = 'In Progress'";
    eventually(
        "files come over",
        async || session.value(stage).await,
        |seen| seen == "1",
    )
    .await;
    // Some of the files of every schema have come.
    let directory = secondary.datadir().join("rental_shop");
    eventually(
        "directories come over",
        async || directory.exists(),
        |there| *there,
    )
    .await;
    assert_no_password_is_shown(&mut session).await;
    child
}

on_releases!(scenario_36_a_run_killed_in_the_midst_of_a_clone_is_begun_anew: mysql_9_7);

/// The clone goes on in the server without the run that began it; the next run ends it.
async fn scenario_36_a_run_killed_in_the_midst_of_a_clone_is_begun_anew(release: Release) {
    let (pair, operator) = supervised_pair(release).await;
    slow_down(&pair.secondary).await;
    let mut child = in_the_clone(&operator, &pair.secondary).await;
    send(&child, Signal::SIGKILL);
    child.wait().await.unwrap();

    let end = std::time::Instant::now() + Duration::from_secs(20);
    let second = loop {
        let ran = operator.setup(CLONE).await;
        if ran.code != Some(3) || std::time::Instant::now() > end {
            break ran;
        }
    };

    second.exits(0);
    assert_same_contents(&pair).await;
    assert_nothing_of_a_clone_is_left(&pair).await;
}

on_releases!(scenario_36_a_run_that_is_asked_to_stop_ends_its_clone: mysql_9_7);

async fn scenario_36_a_run_that_is_asked_to_stop_ends_its_clone(release: Release) {
    let (pair, operator) = supervised_pair(release).await;
    slow_down(&pair.secondary).await;
    let child = in_the_clone(&operator, &pair.secondary).await;
    send(&child, Signal::SIGINT);
    let ran = operator.ran("dbha setup".into(), &child.wait_with_output().await.unwrap());
    assert_eq!(ran.code, Some(130), "{ran}");

    // Both are as before but for the data, and somebody's plug-in and donors stay.
    let mut secondary = Session::open(&pair.secondary).await;
    let state = "SELECT STATE FROM performance_schema.clone_status";
    // The killed statement is over; on a busy machine the table says so a moment later.
    eventually(
        "the clone has ended",
        async || secondary.value(state).await,
        |state| state == "Failed",
    )
    .await;
    let donors = secondary.value("SELECT @@GLOBAL.clone_valid_donor_list").await;
    assert_eq!(donors, "10.1.2.3:3306");
    for server in [&pair.primary, &pair.secondary] {
        let mut session = Session::open(server).await;
        let accounts = "SELECT COUNT(*) FROM mysql.user WHERE user = 'dbha_clone'";
        assert_eq!(session.value(accounts).await, "0");
    }
    let mut primary = Session::open(&pair.primary).await;
    let loaded = "SELECT COUNT(*) FROM information_schema.PLUGINS WHERE PLUGIN_NAME = 'clone'";
    // A plug-in that is removed stays on the list until the donor's session, which still throttles, lets go of it.
    eventually(
        "the plug-in is gone",
        async || primary.value(loaded).await,
        |count| count == "0",
    )
    .await;
    secondary.run("SET GLOBAL clone_max_data_bandwidth = 0").await;
    operator.setup(CLONE).await.exits(0);
    assert_same_contents(&pair).await;
}

on_releases!(scenario_36_a_clone_that_fails_is_told_and_made_anew: mysql_9_7);

async fn scenario_36_a_clone_that_fails_is_told_and_made_anew(release: Release) {
    let (pair, operator) = supervised_pair(release).await;
    slow_down(&pair.secondary).await;
    let child = in_the_clone(&operator, &pair.secondary).await;
    let mut session = Session::open(&pair.secondary).await;
    let connection = session
        .value("SELECT PID FROM performance_schema.clone_status")
        .await;
    session.run(&format!("KILL QUERY {connection}")).await;
    let ran = operator.ran("dbha setup".into(), &child.wait_with_output().await.unwrap());
    assert_eq!(ran.code, Some(8), "{ran}");
    assert!(ran.stderr.contains("→ "), "{ran}");
    // The clone may have thrown the claim away with everything else; then the note on the primary stands for it.
    if let Ok(rows) = session
        .try_rows("SELECT CONCAT(id, ' ', state) AS claim FROM dbha.claim")
        .await
    {
        let claims: Vec<_> = rows.iter().filter_map(|row| row.get("claim")).collect();
        assert_eq!(claims, ["1 copying"]);
    }

    session.run("SET GLOBAL clone_max_data_bandwidth = 0").await;
    operator.setup(CLONE).await.exits(0);
    assert_same_contents(&pair).await;
}

on_releases!(scenario_80_no_password_of_a_clone_is_left_anywhere: mysql_9_7);

async fn scenario_80_no_password_of_a_clone_is_left_anywhere(release: Release) {
    let (pair, operator) = supervised_pair(release).await;
    for server in [&pair.primary, &pair.secondary] {
        let mut session = Session::open(server).await;
        let home = server.option_file().parent().unwrap().display().to_string();
        for statement in [
            format!("SET PERSIST general_log_file='{home}/general.log'"),
            format!("SET PERSIST slow_query_log_file='{home}/slow.log'"),
            "SET PERSIST general_log=1".to_owned(),
            "SET PERSIST slow_query_log=1".to_owned(),
            "SET PERSIST long_query_time=0".to_owned(),
        ] {
            session.run(&statement).await;
        }
    }
    let words = CLONE.into_iter().chain(["-vvv", "-o", "ndjson"]);
    let mut command = operator.command("setup", words);
    command.arg("--yes").env("DBHA_LOG", "trace");
    let ran = operator.finish(&mut command).await.exits(0);
    assert!(ran.stderr.contains("TRACE"), "it logs\n{ran}");
    let mut all = vec![ran.stdout, ran.stderr];
    let mut with_account = 0;
    for server in [&pair.primary, &pair.secondary] {
        let home = server.option_file().parent().unwrap().to_owned();
        for file in ["general.log", "slow.log", "error.log"] {
            let text = String::from_utf8_lossy(&fs::read(home.join(file)).unwrap()).into_owned();
            with_account += text.matches("dbha_clone").count();
            all.push(text);
        }
        for entry in fs::read_dir(server.datadir()).unwrap().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with("binlog.0") {
                let log = fs::read(entry.path()).unwrap();
                assert!(!String::from_utf8_lossy(&log).contains("dbha_clone"), "{name}");
            }
        }
    }
    assert!(with_account > 3, "the logs saw the account");
    for text in all {
        for line in text.lines().filter(|line| line.contains("dbha_clone")) {
            // A password of dbha's is a word of 32 letters and digits.
            let words = line.split(|c: char| !c.is_ascii_alphanumeric());
            let found: Vec<&str> = words.filter(|word| word.len() == 32).collect();
            assert!(found.is_empty(), "{line}");
        }
    }
}
