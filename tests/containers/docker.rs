//! Whether there is a Docker daemon for a test, and what it says by its own command.

use std::fs::OpenOptions;
use std::io::Write;
use std::process::Command;

use dbha_core::Both;
use dbha_testkit::{ContainerError, Containers, Release, ServerOptions, TestkitError};

/// Starts two servers, or says that the test is passed over; `DBHA_TEST_DOCKER` decides.
pub(crate) async fn servers(release: Release, options: &ServerOptions) -> Option<Containers> {
    let mode = std::env::var("DBHA_TEST_DOCKER").unwrap_or_default();
    assert!(
        ["", "auto", "require", "off"].contains(&mode.as_str()),
        "DBHA_TEST_DOCKER is '{mode}'; give auto, require or off"
    );
    if mode == "off" {
        eprintln!("SKIPPED: DBHA_TEST_DOCKER=off");
        return None;
    }
    let both = Both {
        primary: options,
        secondary: options,
    };
    match Containers::start(release, None, both).await {
        Ok(servers) => {
            note_as_run(release);
            Some(servers)
        }
        Err(missing) if mode != "require" && is_missing(&missing) => {
            eprintln!("SKIPPED: {missing}");
            None
        }
        Err(error) => panic!("{}", chain(&error)),
    }
}

/// Adds a line to the list of what has run, where somebody counts.
fn note_as_run(release: Release) {
    let Some(list) = std::env::var_os("DBHA_CONTAINERS_RAN") else {
        return;
    };
    // The runner gives each test a process of its own, and says which.
    let test = std::env::var("NEXTEST_TEST_NAME").unwrap_or_else(|_| std::process::id().to_string());
    let mut list = OpenOptions::new().append(true).open(list).unwrap();
    list.write_all(format!("{test} {release}\n").as_bytes()).unwrap();
}

/// Tells whether there is no daemon or no image, as opposed to a failure of what is there.
fn is_missing(error: &TestkitError) -> bool {
    matches!(
        error,
        TestkitError::Containers(ContainerError::NoDaemon { .. } | ContainerError::NoImage { .. })
    )
}

/// Returns an error with all that is behind it.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(&format!(": {error}"));
        next = error.source();
    }
    text
}

/// Runs the docker command, which must work; returns the lines that it prints.
pub(crate) fn docker(arguments: &[&str]) -> Vec<String> {
    let output = Command::new("docker").args(arguments).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "docker {arguments:?}: {error}");
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(str::to_owned).collect()
}
