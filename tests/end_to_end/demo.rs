//! `dbha demo`: the whole story on two private servers, of which nothing is left.

use std::fs;
use std::path::{Path, PathBuf};

use dbha_testkit::Release;
use nix::sys::signal::Signal;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::eventually::eventually;
use crate::operator::Operator;
use crate::processes::{assert_no_process_with, end_of, processes_with, send};
use crate::releases::on_releases;

/// Prepares a demonstration whose servers live below the directory that is returned.
fn demo(operator: &Operator, release: Release) -> (Command, PathBuf) {
    let directory = operator.home().join("tmp");
    fs::create_dir(&directory).unwrap();
    let mut command = operator.bare(["demo", "--fast", "--release", release.name()]);
    command.env("TMPDIR", &directory);
    // Templates of servers are kept in the user's own cache.
    if let Some(home) = std::env::var_os("HOME") {
        command.env("HOME", home);
    }
    (command, directory)
}

async fn assert_nothing_left(directory: &Path) {
    assert_no_process_with(directory).await;
    let left: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

on_releases!(the_demonstration_tells_the_whole_story_and_leaves_nothing: mariadb_10_11, mysql_9_7);

async fn the_demonstration_tells_the_whole_story_and_leaves_nothing(release: Release) {
    let operator = Operator::without_servers();
    let (mut command, directory) = demo(&operator, release);

    let ran = operator.finish(&mut command).await.exits(0);

    assert_nothing_left(&directory).await;
    for said in [
        "written on the primary and read on the secondary",
        "written on the secondary and read on the primary",
        "demo is healthy",
        "demo is broken: the SQL thread of secondary",
    ] {
        assert!(ran.stdout.contains(said), "{said:?} is missing\n{ran}");
    }
    for said in ["counts and checksums equal", "nothing was changed"] {
        assert!(ran.stderr.contains(said), "{said:?} is missing\n{ran}");
    }
}

on_releases!(an_interrupt_while_servers_start_leaves_nothing: mariadb_10_11, slow_mysql_9_7);

async fn an_interrupt_while_servers_start_leaves_nothing(release: Release) {
    let operator = Operator::without_servers();
    let (mut command, directory) = demo(&operator, release);
    let mut child = command.spawn().unwrap();
    eventually(
        "a server starts",
        async || processes_with(&directory),
        |found| !found.is_empty(),
    )
    .await;
    send(&child, Signal::SIGINT);
    assert_eq!(end_of(&mut child).await, Some(130));
    assert_nothing_left(&directory).await;
}

on_releases!(an_interrupt_in_the_midst_of_the_set_up_leaves_nothing: mariadb_10_11, slow_mysql_9_7);

async fn an_interrupt_in_the_midst_of_the_set_up_leaves_nothing(release: Release) {
    let operator = Operator::without_servers();
    let (mut command, directory) = demo(&operator, release);
    let mut child = command.spawn().unwrap();
    await_line(&mut child, "create the replication accounts").await;
    send(&child, Signal::SIGINT);
    assert_eq!(end_of(&mut child).await, Some(130));
    assert_nothing_left(&directory).await;
}

on_releases!(killed_in_the_midst_it_leaves_no_process: mariadb_10_11, slow_mysql_9_7);

async fn killed_in_the_midst_it_leaves_no_process(release: Release) {
    let operator = Operator::without_servers();
    let (mut command, directory) = demo(&operator, release);
    let mut child = command.spawn().unwrap();
    await_line(&mut child, "create the replication accounts").await;
    assert!(!processes_with(&directory).is_empty());
    send(&child, Signal::SIGKILL);
    assert_eq!(end_of(&mut child).await, None);
    assert_no_process_with(&directory).await;
}

/// Reads standard error up to the first line that is a finished step of this name; the rest is read and forgotten.
async fn await_line(child: &mut Child, step: &str) {
    let mut stdout = child.stdout.take().unwrap();
    tokio::spawn(async move { stdout.read_to_end(&mut Vec::new()).await });
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let wanted = format!("✔ {step}");
    loop {
        let line = lines.next_line().await.unwrap().expect("the step is reached");
        if line.contains(&wanted) {
            break;
        }
    }
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
}
