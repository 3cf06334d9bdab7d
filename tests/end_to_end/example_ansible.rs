//! `examples/ansible`: a task file that can be run again and again, and in check mode.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use dbha_testkit::{Release, ServerPair};
use tokio::process::Command;

use crate::operator::Operator;
use crate::ran::Ran;
use crate::releases::on_releases;
use crate::servers::{assert_all_threads_run, pair_with_sample, positions};
use crate::session::Session;
use crate::tool;

/// Writes the inventory of a pair, whose passwords ansible reads from the operator's files.
fn write_inventory(operator: &Operator) {
    let server = |name: &str, address: &str| {
        format!(r#"{{"name": "{name}", "address": "{address}", "user": "root"}}"#)
    };
    let password = |file: &Path| format!("{{{{ lookup('file', '{}') }}}}", file.display());
    let text = format!(
        "[dbha]\nlocalhost ansible_connection=local ansible_python_interpreter=/usr/bin/python3\n[dbha:vars]\n\
         dbha_program={program}\ndbha_directory={directory}/pair\ndbha_options=[]\n\
         dbha_primary={primary}\ndbha_secondary={secondary}\n\
         dbha_passwords={{\"db1\": \"{of_primary}\", \"db2\": \"{of_secondary}\"}}\n",
        program = env!("CARGO_BIN_EXE_dbha"),
        directory = operator.home().display(),
        primary = server("db1", &operator.primary),
        secondary = server("db2", &operator.secondary),
        of_primary = password(&operator.primary_password_file),
        of_secondary = password(&operator.secondary_password_file),
    );
    fs::write(operator.home().join("inventory.ini"), text).unwrap();
}

/// Runs the playbook; returns how many tasks changed something.
async fn play(operator: &Operator, arguments: &[&str]) -> usize {
    let mut command = Command::new("ansible-playbook");
    command
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/ansible/playbook.yml"))
        .arg("--inventory")
        .arg(operator.home().join("inventory.ini"))
        .args(arguments)
        .env("HOME", operator.home())
        .env("DBHA_STATE_DIR", operator.state_dir())
        .env("LC_ALL", "C.UTF-8")
        .env("ANSIBLE_NOCOLOR", "1")
        .current_dir(operator.home())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let ran: Ran = operator.finish(&mut command).await.exits(0);
    let recap = ran
        .stdout
        .lines()
        .rfind(|line| line.contains("changed="))
        .unwrap_or_default();
    let changed = recap
        .split_whitespace()
        .find_map(|word| word.strip_prefix("changed="));
    changed
        .and_then(|number| number.parse().ok())
        .unwrap_or_else(|| panic!("{ran}"))
}

async fn all_positions(pair: &ServerPair) -> [[String; 3]; 2] {
    [positions(&pair.primary).await, positions(&pair.secondary).await]
}

on_releases!(a_play_changes_what_is_missing_and_nothing_else: slow_mariadb_10_11);

async fn a_play_changes_what_is_missing_and_nothing_else(release: Release) {
    if tool::found("ansible-playbook", "ansible-core").is_none() {
        return;
    }
    let pair = pair_with_sample(release, 1).await;
    let operator = Operator::of(&pair);
    write_inventory(&operator);
    let untouched = all_positions(&pair).await;
    play(&operator, &["--check"]).await;
    assert_eq!(all_positions(&pair).await, untouched);
    assert!(!operator.home().join("pair").exists());

    assert!(play(&operator, &[]).await > 0);
    assert_all_threads_run(&pair).await;

    let made = all_positions(&pair).await;
    assert_eq!(play(&operator, &[]).await, 0);
    assert_eq!(play(&operator, &["--check"]).await, 0);
    assert_eq!(all_positions(&pair).await, made);

    Session::open(&pair.secondary)
        .await
        .run("STOP SLAVE SQL_THREAD")
        .await;
    assert_eq!(play(&operator, &["--check"]).await, 1);
    assert_eq!(play(&operator, &[]).await, 1);
    assert_all_threads_run(&pair).await;
}
