//! The examples run as their first lines say, and end as they say.

// Tests fail by panicking, and say what they skip.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use dbha_testkit::{Installation, Release, ServerOptions, ServerPair, sample};
use mysql_async::prelude::Queryable;

/// Prepares to run an example, which cargo has built beside this test.
fn example(name: &str) -> Command {
    let test = std::env::current_exe().unwrap();
    let built: PathBuf = test
        .parent()
        .and_then(Path::parent)
        .unwrap()
        .join("examples")
        .join(name);
    assert!(
        built.is_file(),
        "{} was not built with this test",
        built.display()
    );
    let mut command = Command::new(built);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn is_here(release: Release) -> bool {
    let found = Installation::find(release);
    if let Err(missing) = &found {
        eprintln!("SKIPPED: {missing}");
    }
    found.is_ok()
}

fn text_of_good(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success(),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    text
}

#[test]
fn ci_check_counts_what_a_failover_loses() {
    for release in [Release::MariaDb10_11, Release::MySql9_7] {
        if is_here(release) {
            let output = example("ci_check").arg(release.name()).output().unwrap();
            let text = text_of_good(&output);
            assert!(text.contains("lost: 20 orders"), "{text}");
            assert!(text.contains("220 orders are acknowledged"), "{text}");
        }
    }
}

#[test]
fn embed_monitor_tells_what_begins_and_ends() {
    if !is_here(Release::MariaDb10_11) {
        return;
    }
    let text = text_of_good(&example("embed_monitor").output().unwrap());
    assert!(
        text.contains("shop: Began, now broken") && text.contains("shop: Ended"),
        "{text}"
    );
    let running = text
        .lines()
        .filter(|line| line.starts_with("dbha_replication_running{"));
    let running: Vec<_> = running.filter(|line| line.ends_with(" 1.0")).collect();
    assert_eq!(running.len(), 4, "{text}");
}

#[test]
fn embed_setup_ends_with_the_proof_on_servers_of_its_own() {
    if !is_here(Release::MariaDb10_11) {
        return;
    }
    let text = text_of_good(&example("embed_setup").output().unwrap());
    assert!(
        text.contains("things to do") && text.contains("proven: "),
        "{text}"
    );
    assert!(
        text.contains("what the primary writes is on the secondary"),
        "{text}"
    );
    assert!(
        text.trim_end()
            .lines()
            .last()
            .unwrap()
            .starts_with("installed: the pair is healthy"),
        "{text}"
    );
    assert!(!text.contains('\x1b'), "this is no terminal: {text:?}");
}

#[test]
fn embed_setup_draws_bars_on_a_terminal() {
    if !is_here(Release::MariaDb10_11) {
        return;
    }
    let built = example("embed_setup").get_program().to_owned();
    // Gives it a terminal, and passes on what it writes there.
    let mut terminal = Command::new("script");
    terminal.args(["-qec", built.to_str().unwrap(), "/dev/null"]);
    let Ok(output) = terminal.stdin(Stdio::null()).output() else {
        eprintln!("SKIPPED: no script here: install bsdutils");
        return;
    };
    let text = text_of_good(&output);
    assert!(
        text.contains("\x1b[1A\x1b[J") && text.contains("[####"),
        "{text:?}"
    );
    assert!(text.contains("installed: the pair is healthy"), "{text:?}");
}

#[tokio::test]
async fn embed_setup_goes_on_after_it_was_interrupted_and_killed() {
    if !is_here(Release::MariaDb10_11) {
        return;
    }
    let servers = ServerPair::start(Release::MariaDb10_11, &ServerOptions::new())
        .await
        .unwrap();
    let mut session = mysql_async::Conn::from_url(servers.primary.url()).await.unwrap();
    for statement in sample::statements(20) {
        session.query_drop(statement).await.unwrap();
    }
    session.disconnect().await.unwrap();
    let installer = || {
        let mut command = example("embed_setup");
        command.args([servers.primary.url(), servers.secondary.url()]);
        command
    };

    let place = tempfile::tempdir().unwrap();
    let reached = |point: &str| {
        let file = place.path().join(point.replace(':', "-"));
        let point = format!("{point}={}", file.display());
        let mut child = installer().env("DBHA_FAILPOINT", point).spawn().unwrap();
        until_there(&file, &mut child);
        child
    };

    let interrupted = reached("before:copy_data");
    let pid = interrupted.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let interrupted = interrupted.wait_with_output().unwrap();
    assert_eq!(interrupted.status.code(), Some(130));
    let words = String::from_utf8_lossy(&interrupted.stderr).into_owned();
    assert!(words.contains("run the same command again to go on"), "{words}");

    let mut killed = reached("applied:copy_data");
    killed.kill().unwrap();
    let killed = String::from_utf8_lossy(&killed.wait_with_output().unwrap().stdout).into_owned();
    assert!(
        killed.contains("goes on") && !killed.contains("installed"),
        "{killed}"
    );

    let text = text_of_good(&installer().output().unwrap());
    assert!(text.contains("goes on where an earlier run ended"), "{text}");
    assert!(text.contains("installed: the pair is healthy"), "{text}");
    let text = text_of_good(&installer().output().unwrap());
    assert!(text.contains("nothing to do"), "{text}");
}

fn until_there(file: &Path, child: &mut Child) {
    let end = Instant::now() + Duration::from_secs(60);
    while !file.exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before the point");
        assert!(Instant::now() < end, "it does not come to the point");
        std::thread::sleep(Duration::from_millis(10));
    }
}
