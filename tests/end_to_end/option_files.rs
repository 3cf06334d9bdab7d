//! `--host-access` and `--restart`: dbha writes the option files itself, and restarts servers where it may.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use dbha_testkit::{PrivateServer, Release, ServerOptions, ServerPair};
use nix::sys::signal::Signal;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::eventually::eventually;
use crate::operator::Operator;
use crate::processes::{end_of, send};
use crate::ran::Ran;
use crate::releases::on_releases;
use crate::servers::{assert_all_threads_run, assert_same_contents, cross, fill_with_sample};
use crate::session::Session;
use crate::snapshot_of_server::SnapshotOfPair;

/// What gives dbha everything that it needs to turn stock servers into a pair.
const FREE_HAND: [&str; 4] = ["--host-access", "local", "--restart", "allowed"];

/// Starts two servers as their packages bring them, with the sample on the primary.
pub(crate) async fn stock_pair(release: Release) -> (ServerPair, Operator) {
    with_options(release, &ServerOptions::new().stock()).await
}

/// Starts two servers that have a binary log already, and a directory of option files.
async fn logging_pair(release: Release) -> (ServerPair, Operator) {
    let options = ServerOptions::new()
        .stock()
        .set("log_bin", "binlog")
        .set("log_slave_updates", "ON");
    with_options(release, &options).await
}

async fn with_options(release: Release, options: &ServerOptions) -> (ServerPair, Operator) {
    let pair = ServerPair::start(release, options).await.unwrap();
    fill_with_sample(&pair.primary, 3).await;
    let operator = Operator::of(&pair);
    (pair, operator)
}

pub(crate) fn drop_in(server: &PrivateServer) -> PathBuf {
    server.option_directory().join("zz-dbha.cnf")
}

fn pids(pair: &ServerPair) -> [Option<u32>; 2] {
    [pair.primary.pid(), pair.secondary.pid()]
}

/// Looks at the pair with access to both machines.
async fn status_with_hosts(operator: &Operator) -> Ran {
    operator
        .run("status", ["-o", "json", "--host-access", "local"])
        .await
}

pub(crate) async fn restart_both(pair: &mut ServerPair, operator: &Operator) {
    tokio::try_join!(pair.primary.restart(), pair.secondary.restart()).unwrap();
    eventually(
        "the pair is healthy again",
        async || operator.status().await.json(),
        |status| status["verdict"] == "healthy",
    )
    .await;
}

/// Fails the test unless the run was refused by this finding, and nothing was changed on either server.
async fn assert_refused(pair: &ServerPair, operator: &Operator, arguments: &[&str], code: &str, text: &str) {
    let (before, running) = (SnapshotOfPair::take(pair).await, pids(pair));
    let ran = operator
        .setup(arguments.iter().copied())
        .await
        .exits(3)
        .says(code)
        .says(text);
    before.assert_unchanged(pair).await;
    assert_eq!(pids(pair), running, "{ran}");
}

on_releases!(scenario_18_two_stock_servers_become_a_pair_by_one_command: mariadb_10_11, slow_mariadb_10_5, slow_mariadb_11_8, slow_mysql_9_7);

async fn scenario_18_two_stock_servers_become_a_pair_by_one_command(release: Release) {
    let (mut pair, operator) = stock_pair(release).await;
    let arguments = [&FREE_HAND[..], &["--writers", "both", "-o", "ndjson"]].concat();

    let ran = operator.setup(arguments.iter().copied()).await.exits(0);

    let changed = ran.changed_steps();
    for step in ["write_option_file_primary", "write_option_file_secondary"] {
        // MySQL has its binary log on by itself, and keeps everything else by SET PERSIST.
        assert_eq!(changed.iter().any(|id| id == step), !release.is_mysql(), "{ran}");
    }
    assert_all_threads_run(&pair).await;
    assert_eq!(operator.status().await.exits(0).json()["restart_safe"], true);
    assert_eq!(
        status_with_hosts(&operator).await.exits(0).json()["restart_safe"],
        true
    );

    let running = pids(&pair);
    let again = operator.setup(arguments.iter().copied()).await.exits(0);
    assert_eq!(again.changed_steps(), [""; 0]);
    assert_eq!(pids(&pair), running, "no second restart");

    restart_both(&mut pair, &operator).await;
    let on_primary = cross("Ada", &pair.primary, &pair.secondary).await;
    let on_secondary = cross("Grete", &pair.secondary, &pair.primary).await;
    assert_eq!((on_primary % 2, on_secondary % 2), (1, 0), "keys of each side");
    assert_same_contents(&pair).await;
    assert_eq!(operator.status().await.exits(0).json()["restart_safe"], true);
}

on_releases!(scenario_18_without_leave_to_restart_nothing_is_changed: mariadb_10_11);

async fn scenario_18_without_leave_to_restart_nothing_is_changed(release: Release) {
    let (pair, operator) = stock_pair(release).await;
    let access = ["--host-access", "local"];
    assert_refused(&pair, &operator, &[], "DBHA-P07", "--host-access").await;
    assert_refused(&pair, &operator, &access, "DBHA-P07", "--restart allowed").await;
    assert!(!drop_in(&pair.primary).exists() && !drop_in(&pair.secondary).exists());

    let plan = operator.run("plan", FREE_HAND).await.exits(0);
    let path = drop_in(&pair.primary);
    for text in [
        path.to_str().unwrap(),
        "log_bin=mysql-bin",
        "SIGTERM",
        "is restarted",
    ] {
        assert!(plan.stdout.contains(text), "{text}\n{plan}");
    }
    assert!(!path.exists());
}

on_releases!(scenario_60_settings_that_only_set_global_made_survive_by_the_file: mariadb_10_11, slow_mariadb_10_5);

/// Where the binary log is on already nothing is restarted: values are set at once, and the file keeps them.
async fn scenario_60_settings_that_only_set_global_made_survive_by_the_file(release: Release) {
    let (mut pair, operator) = logging_pair(release).await;
    let running = pids(&pair);
    operator.setup(["--host-access", "local"]).await.exits(0);
    assert_eq!(pids(&pair), running);

    assert_eq!(
        status_with_hosts(&operator).await.exits(0).json()["restart_safe"],
        true
    );
    restart_both(&mut pair, &operator).await;

    let status = operator.status().await.exits(0).json();
    assert_eq!(status["restart_safe"], true, "{status:#}");
    assert_eq!(status["servers"][1]["read_only"], true, "{status:#}");
    cross("Ada", &pair.primary, &pair.secondary).await;
    assert_same_contents(&pair).await;

    // Another choice of writers is another file.
    let both = ["--host-access", "local", "--writers", "both"];
    operator.setup(both).await.exits(0);
    let file = fs::read_to_string(drop_in(&pair.secondary)).unwrap();
    assert!(!file.contains("read_only"), "{file}");
    cross("Grace", &pair.secondary, &pair.primary).await;
}

on_releases!(scenario_74_a_file_that_was_removed_or_edited_is_noticed_and_mended: mariadb_10_11);

async fn scenario_74_a_file_that_was_removed_or_edited_is_noticed_and_mended(release: Release) {
    let (pair, operator) = logging_pair(release).await;
    let access = ["--host-access", "local", "-o", "ndjson"];
    operator.setup(access).await.exits(0);
    let written = [&pair.primary, &pair.secondary].map(|server| fs::read_to_string(drop_in(server)).unwrap());

    fs::remove_file(drop_in(&pair.primary)).unwrap();
    let edited = written[1].replace("server_id=2", "server_id=1");
    fs::write(drop_in(&pair.secondary), edited).unwrap();

    let status = status_with_hosts(&operator).await.exits(0).json();
    assert_eq!(status["restart_safe"], false, "{status:#}");
    let lost = |server: usize| status["servers"][server]["lost_at_restart"].to_string();
    assert!(lost(0).contains("sync_binlog=1"), "{status:#}");
    assert!(lost(1).contains("server_id=2"), "{status:#}");
    let changed = operator.setup(access).await.exits(0).changed_steps();
    let files = ["write_option_file_primary", "write_option_file_secondary"];
    assert!(
        files.iter().all(|step| changed.iter().any(|id| id == step)),
        "{changed:?}"
    );
    let now = [&pair.primary, &pair.secondary].map(|server| fs::read_to_string(drop_in(server)).unwrap());
    assert_eq!(now, written);
}

on_releases!(scenario_18_a_file_of_somebody_else_is_left_alone: mariadb_10_11);

async fn scenario_18_a_file_of_somebody_else_is_left_alone(release: Release) {
    let (pair, operator) = stock_pair(release).await;
    let theirs = "[mysqld]\nmax_connections=99\n";
    fs::write(drop_in(&pair.secondary), theirs).unwrap();
    assert_refused(
        &pair,
        &operator,
        &FREE_HAND,
        "DBHA-P38",
        "was not written by dbha",
    )
    .await;
    assert_eq!(fs::read_to_string(drop_in(&pair.secondary)).unwrap(), theirs);
    assert!(!drop_in(&pair.primary).exists());
}

on_releases!(scenario_74_what_wins_over_the_file_is_named: mariadb_10_11);

async fn scenario_74_what_wins_over_the_file_is_named(release: Release) {
    let (pair, operator) = stock_pair(release).await;
    let later = pair.primary.option_directory().join("zzz-site.cnf");
    fs::write(&later, "[mariadb]\nsync-binlog = 0 # fast\n").unwrap();
    let name = later.to_str().unwrap();
    assert_refused(&pair, &operator, &FREE_HAND, "DBHA-P37", name).await;
    assert!(!drop_in(&pair.primary).exists());
}

on_releases!(scenario_18_a_server_without_a_directory_gets_the_lines: mariadb_10_11);

async fn scenario_18_a_server_without_a_directory_gets_the_lines(release: Release) {
    let (pair, operator) = with_options(release, &ServerOptions::new()).await;
    assert_refused(&pair, &operator, &FREE_HAND, "DBHA-P36", "gtid_strict_mode=ON").await;
}

on_releases!(scenario_29_another_machine_is_not_written_to: mariadb_10_11);

/// A `docker` that is none: its containers see another network, as another server's container does.
async fn scenario_29_another_machine_is_not_written_to(release: Release) {
    let (pair, operator) = stock_pair(release).await;
    let programs = operator.home().join("bin");
    let asked = operator.home().join("asked");
    program(
        &programs.join("docker"),
        &format!("echo \"$@\" >> {}\nexec unshare -n sh -s", asked.display()),
    );
    let arguments = [
        "--primary-host-access",
        "docker:elsewhere",
        "--restart",
        "allowed",
    ];
    let mut command = operator.command("setup", arguments);
    let before = SnapshotOfPair::take(&pair).await;

    let ran = operator
        .finish(command.arg("--yes").env("PATH", first_in_path(&programs)))
        .await;

    let ran = ran.exits(3).says("DBHA-P35").says("is not the machine of");
    before.assert_unchanged(&pair).await;
    let asked = fs::read_to_string(asked).unwrap();
    assert!(
        asked.starts_with("exec -i -u 0 elsewhere sh -s"),
        "{asked}\n{ran}"
    );
    assert!(!drop_in(&pair.primary).exists());
}

pub(crate) fn program(path: &Path, script: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, format!("#!/bin/sh\n{script}\n")).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

pub(crate) fn first_in_path(directory: &Path) -> String {
    format!("{}:{}", directory.display(), std::env::var("PATH").unwrap())
}

on_releases!(scenario_18_a_server_that_does_not_come_up_with_the_file_runs_without_it: mariadb_10_11);

async fn scenario_18_a_server_that_does_not_come_up_with_the_file_runs_without_it(release: Release) {
    let (pair, operator) = stock_pair(release).await;
    // The binary log cannot be made where its index is a directory.
    let in_the_way = pair.primary.datadir().join("mysql-bin.index");
    fs::create_dir(&in_the_way).unwrap();

    let ran = operator
        .setup(FREE_HAND)
        .await
        .exits(8)
        .says_one_error_with_a_fix();

    let ran = ran
        .says("the file was taken back and it runs as before")
        .says("mysql-bin.index");
    assert!(!drop_in(&pair.primary).exists(), "{ran}");
    let mut session = Session::open(&pair.primary).await;
    assert_eq!(session.value("SELECT @@log_bin").await, "0");
    assert_eq!(session.value("SELECT @@read_only").await, "0");

    fs::remove_dir(&in_the_way).unwrap();
    operator.setup(FREE_HAND).await.exits(0);
    assert_all_threads_run(&pair).await;
    assert_same_contents(&pair).await;
}

on_releases!(scenario_30_a_run_that_is_killed_while_the_primary_restarts_leaves_it_running: mariadb_10_11);

async fn scenario_30_a_run_that_is_killed_while_the_primary_restarts_leaves_it_running(release: Release) {
    let (pair, operator) = stock_pair(release).await;
    let first = pair.primary.pid();
    let mut command = operator.command("setup", FREE_HAND);
    let mut run = command
        .args(["--yes", "-o", "ndjson"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line.contains("is being restarted") {
            break;
        }
    }
    send(&run, Signal::SIGKILL);
    end_of(&mut run).await;

    // Killed before or after the restart was handed over: the primary answers in either case.
    eventually(
        "the primary answers",
        async || {
            tokio::net::TcpStream::connect(pair.primary.address())
                .await
                .is_ok()
        },
        |answers| *answers,
    )
    .await;
    operator.setup(FREE_HAND).await.exits(0);
    assert_ne!(pair.primary.pid(), first);
    assert_all_threads_run(&pair).await;
    assert_same_contents(&pair).await;
    assert_eq!(operator.status().await.exits(0).json()["restart_safe"], true);
}

on_releases!(an_undo_takes_the_file_back_and_a_restart_brings_the_stock_servers_again: mariadb_10_11);

async fn an_undo_takes_the_file_back_and_a_restart_brings_the_stock_servers_again(release: Release) {
    let (mut pair, operator) = stock_pair(release).await;
    let before = SnapshotOfPair::take(&pair).await;
    operator.setup(FREE_HAND).await.exits(0);
    assert!(drop_in(&pair.primary).exists() && drop_in(&pair.secondary).exists());

    operator
        .run("undo", ["--yes"])
        .await
        .exits(0)
        .says("log_bin on")
        .says("until its next restart");
    assert!(!drop_in(&pair.primary).exists() && !drop_in(&pair.secondary).exists());
    tokio::try_join!(pair.primary.restart(), pair.secondary.restart()).unwrap();
    // The test kit sets the first password by an init_file, at the first start alone.
    let is_history = |name: &str| {
        name == "positions" || name.starts_with("variable gtid_") || name == "variable init_file"
    };
    before.assert_unchanged_but(&pair, is_history).await;
}
