//! Sandboxes: pairs of servers that outlive what made them.

use std::fs;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use crate::support::{connect, on_every_release};
use dbha_testkit::{Release, SandboxOptions, Sandboxes, ServerOptions, TestkitError};

on_every_release!(
    a_sandbox_comes_up_is_listed_and_goes_without_a_trace,
    a_sandbox_that_fails_or_is_given_up_leaves_nothing,
);

async fn a_sandbox_comes_up_is_listed_and_goes_without_a_trace(release: Release) {
    let state = tempfile::tempdir().unwrap();
    let sandboxes = Sandboxes::new(state.path());
    let info = sandboxes
        .up("demo", release, &SandboxOptions::default())
        .await
        .unwrap();
    assert_eq!(sandboxes.list().unwrap(), std::slice::from_ref(&info));
    for server in info.servers() {
        assert!(server.is_running());
        connect(&server.url().unwrap()).await.disconnect().await.unwrap();
        for file in [&server.password_file, &server.client_option_file] {
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
    let again = sandboxes
        .up("demo", release, &SandboxOptions::default())
        .await
        .unwrap_err();
    assert!(matches!(again, TestkitError::SandboxExists(_)), "{again}");
    sandboxes.down("demo").await.unwrap();
    for server in info.servers() {
        assert!(!server.is_running());
        assert!(TcpStream::connect(server.address()).is_err());
    }
    assert!(!info.directory.exists());
    assert!(sandboxes.list().unwrap().is_empty());
    assert!(matches!(
        sandboxes.down("demo").await,
        Err(TestkitError::NoSuchSandbox(_))
    ));
}

async fn a_sandbox_that_fails_or_is_given_up_leaves_nothing(release: Release) {
    let state = tempfile::tempdir().unwrap();
    let sandboxes = Sandboxes::new(state.path());
    let secondary = ServerOptions::new().set("no-such-option", 1);
    let options = SandboxOptions {
        secondary,
        ..SandboxOptions::default()
    };
    sandboxes.up("fails", release, &options).await.unwrap_err();
    assert_nothing_left(state.path()).await;
    for limit in [5, 60, 120, 200, 300] {
        let options = SandboxOptions::default();
        let up = sandboxes.up("given-up", release, &options);
        if tokio::time::timeout(Duration::from_millis(limit), up)
            .await
            .is_ok()
        {
            sandboxes.down("given-up").await.unwrap();
        }
        assert_nothing_left(state.path()).await;
    }
}

#[tokio::test]
async fn a_name_cannot_lead_out_of_the_state_directory() {
    let state = tempfile::tempdir().unwrap();
    for name in ["", "..", "a/b", "-x", "UPPER"] {
        let error = Sandboxes::new(state.path()).down(name).await.unwrap_err();
        assert!(matches!(error, TestkitError::SandboxName(_)), "{name}: {error}");
    }
}

async fn assert_nothing_left(state: &std::path::Path) {
    let all = state.join("sandboxes");
    // A copy that was under way when it was given up removes its own work when it ends.
    for _ in 0..200 {
        if fs::read_dir(&all).unwrap().next().is_none() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert!(fs::read_dir(&all).unwrap().next().is_none());
    let marker = state.display().to_string();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        assert!(
            !String::from_utf8_lossy(&line).contains(&marker),
            "a process is left: {:?}",
            entry.path()
        );
    }
}
