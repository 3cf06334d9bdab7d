//! `dbha sandbox`: two private servers that stay until they are taken down.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use dbha_testkit::Release;
use serde_json::Value;

use crate::operator::Operator;
use crate::processes::{assert_no_process_with, processes_with};
use crate::ran::Ran;
use crate::releases::on_releases;

/// The sandboxes of one test; dropped, the named one is taken down, whatever happened.
struct Playground {
    operator: Operator,
    state: PathBuf,
}

const NAME: &str = "here";

impl Playground {
    fn new() -> Self {
        let operator = Operator::without_servers();
        let state = operator.home().join("state");
        Self { operator, state }
    }

    async fn run(&self, arguments: &[&str]) -> Ran {
        let mut command = self.operator.bare(["sandbox"]);
        // Templates of servers are kept in the user's own cache.
        if let Some(home) = std::env::var_os("HOME") {
            command.env("HOME", home);
        }
        command.args(arguments).arg("--state-dir").arg(&self.state);
        self.operator.finish(&mut command).await
    }

    async fn list(&self) -> Vec<Value> {
        let listed = self.run(&["list", "-o", "json"]).await.exits(0).json();
        listed["sandboxes"].as_array().unwrap().clone()
    }
}

impl Drop for Playground {
    fn drop(&mut self) {
        let _ = Command::new(env!("CARGO_BIN_EXE_dbha"))
            .args(["sandbox", "down", NAME, "--quiet", "--state-dir"])
            .arg(&self.state)
            .output();
    }
}

on_releases!(a_sandbox_stays_until_it_is_taken_down_and_leaves_nothing: mariadb_10_11, slow_mysql_9_7);

async fn a_sandbox_stays_until_it_is_taken_down_and_leaves_nothing(release: Release) {
    let mut playground = Playground::new();
    let up = ["up", NAME, "--release", release.name(), "--sample", "-o", "json"];

    let document = playground.run(&up).await.exits(0).json();

    assert_eq!(document["schema_version"], 1, "{document:#}");
    let sandbox = &document["sandboxes"][0];
    assert_eq!(sandbox["name"], NAME, "{document:#}");
    assert_eq!(playground.list().await, std::slice::from_ref(sandbox));
    // MySQL has a supervisor each, which starts it again after a clone.
    let expected = if release.is_mysql() { 4 } else { 2 };
    assert_eq!(processes_with(&playground.state).len(), expected);
    let (primary, secondary) = (&sandbox["primary"], &sandbox["secondary"]);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    for server in [primary, secondary] {
        let password = fs::read_to_string(text(&server["password_file"])).unwrap();
        playground.operator.secrets.push(password.trim().to_owned());
    }
    assert!(
        !document.to_string().contains(&playground.operator.secrets[1]),
        "{document:#}"
    );
    set_up(&mut playground.operator, primary, secondary).await;

    playground.run(&["down", NAME]).await.exits(0).says("is gone");

    assert_no_process_with(&playground.state).await;
    assert!(playground.list().await.is_empty());
    assert!(!Path::new(&text(&sandbox["directory"])).exists());
    for server in [primary, secondary] {
        let port = u16::try_from(server["port"].as_u64().unwrap()).unwrap();
        TcpListener::bind(("127.0.0.1", port)).unwrap();
    }
}

on_releases!(scenario_36_a_server_of_a_sandbox_is_started_again_after_a_clone: mysql_9_7);

async fn scenario_36_a_server_of_a_sandbox_is_started_again_after_a_clone(release: Release) {
    let mut playground = Playground::new();
    let up = ["up", NAME, "--release", release.name(), "--sample", "-o", "json"];
    let document = playground.run(&up).await.exits(0).json();
    let sandbox = &document["sandboxes"][0];
    let address = |server: &Value| format!("127.0.0.1:{}", server["port"]);
    let password = |server: &Value| PathBuf::from(server["password_file"].as_str().unwrap());
    let operator = &mut playground.operator;
    operator.primary = address(&sandbox["primary"]);
    operator.secondary = address(&sandbox["secondary"]);
    operator.primary_password_file = password(&sandbox["primary"]);
    operator.secondary_password_file = password(&sandbox["secondary"]);

    let ran = operator
        .setup(["--copy", "clone-plugin", "-o", "ndjson"])
        .await
        .exits(0);

    assert!(ran.stdout.contains("answers again"), "{ran}");
    operator.status().await.exits(0);
    assert_eq!(processes_with(&playground.state).len(), 4);
    playground.run(&["down", NAME]).await.exits(0);
    assert_no_process_with(&playground.state).await;
}

/// Makes the two servers a pair, as the text of `sandbox up` proposes.
async fn set_up(operator: &mut Operator, primary: &Value, secondary: &Value) {
    let address = |server: &Value| format!("127.0.0.1:{}", server["port"]);
    let password = |server: &Value| PathBuf::from(server["password_file"].as_str().unwrap());
    operator.primary = address(primary);
    operator.secondary = address(secondary);
    operator.primary_password_file = password(primary);
    operator.secondary_password_file = password(secondary);
    operator.setup([]).await.exits(0);
    operator.status().await.exits(0);
}

on_releases!(names_that_are_taken_unknown_or_impossible_are_refused: mariadb_10_11);

async fn names_that_are_taken_unknown_or_impossible_are_refused(release: Release) {
    let playground = Playground::new();
    assert!(playground.list().await.is_empty());
    let release = release.name();
    playground.run(&["up", NAME, "--release", release]).await.exits(0);
    for (arguments, word) in [
        (&["up", NAME, "--release", release][..], "exists already"),
        (&["up", "../above", "--release", release], "cannot be the name"),
        (&["down", "nobody-knows-it"], "there is no sandbox"),
        (&["down", "../state"], "cannot be the name"),
    ] {
        let ran = playground.run(arguments).await;
        assert!([Some(1), Some(2)].contains(&ran.code), "{ran}");
        assert!(ran.stderr.contains(word), "{ran}");
    }
    assert_eq!(playground.list().await.len(), 1);
    assert_eq!(processes_with(&playground.state).len(), 2);
}
