//! What becomes of servers when the process that started them ends.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::support::{another_process, connect, role};
use dbha_testkit::{Installation, PrivateServer, ProcessIdentity, SandboxOptions, Sandboxes, ServerOptions};

/// Holds a server until it is killed; does nothing where it runs as a test of its own.
#[tokio::test]
async fn holder_of_a_server() {
    if role().is_none() {
        return;
    }
    let release = Installation::all()[0].release();
    let server = PrivateServer::launch(release, &ServerOptions::new())
        .await
        .unwrap();
    println!("\nserver={}", server.pid().unwrap());
    println!("directory={}", server.datadir().parent().unwrap().display());
    tokio::time::sleep(Duration::from_secs(60)).await;
}

#[tokio::test]
async fn a_server_dies_with_a_parent_that_is_killed() {
    if Installation::all().is_empty() {
        return;
    }
    let mut holder = another_process("lifetimes::holder_of_a_server", "holder")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    let mut value = |name: &str| {
        let found = lines.find_map(|line| line.strip_prefix(name).map(str::to_owned));
        found.unwrap()
    };
    let server = ProcessIdentity::of(value("server=").parse().unwrap()).unwrap();
    let directory = value("directory=");
    holder.kill().unwrap();
    holder.wait().unwrap();
    for _ in 0..500 {
        if !server.is_running() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(!server.is_running(), "process {} outlived its parent", server.pid);
    // A killed process cannot remove its files; this test does it for that one.
    std::fs::remove_dir_all(directory).unwrap();
}

/// Makes a sandbox and ends; does nothing where it runs as a test of its own.
#[tokio::test]
async fn maker_of_a_sandbox() {
    let Some(state) = role() else { return };
    let release = Installation::all()[0].release();
    let sandboxes = Sandboxes::new(Path::new(&state));
    sandboxes
        .up("kept", release, &SandboxOptions::default())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_sandbox_outlives_its_maker() {
    if Installation::all().is_empty() {
        return;
    }
    let state = tempfile::tempdir().unwrap();
    let mut maker = another_process(
        "lifetimes::maker_of_a_sandbox",
        &state.path().display().to_string(),
    );
    assert!(maker.output().unwrap().status.success());
    let sandboxes = Sandboxes::new(state.path());
    let info = sandboxes.get("kept").unwrap();
    for server in info.servers() {
        assert!(server.is_running());
        connect(&server.url().unwrap()).await.disconnect().await.unwrap();
    }
    sandboxes.down("kept").await.unwrap();
    assert!(info.servers().iter().all(|server| !server.is_running()));
}

/// The description is gone, as when the making was killed half-way: the option files still tell.
#[tokio::test]
async fn a_sandbox_without_its_description_can_be_taken_down() {
    let Some(installation) = Installation::all().into_iter().next() else {
        return;
    };
    let state = tempfile::tempdir().unwrap();
    let sandboxes = Sandboxes::new(state.path());
    let info = sandboxes
        .up("torn", installation.release(), &SandboxOptions::default())
        .await
        .unwrap();
    std::fs::remove_file(info.directory.join("sandbox.json")).unwrap();
    sandboxes.down("torn").await.unwrap();
    assert!(info.servers().iter().all(|server| !server.is_running()));
    assert!(!info.directory.exists());
}
