//! Mistakes on the command line and in files: exit code 2, and what to do, before any server is asked.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::operator::Operator;

const SETUP: [&str; 6] = ["setup", "--yes", "--primary", "a:1", "--secondary", "b:2"];

#[tokio::test]
async fn scenario_2_addresses_that_cannot_be_are_refused() {
    let mut operator = Operator::without_servers();
    operator.primary = "127.0.0.1:3306".into();
    for wrong in [
        "host:0",
        "host:65536",
        "host:-1",
        "host:x",
        "",
        ":3306",
        "[::1",
        "http://host/",
        "user@host",
        "ho st",
        "mysql://host/?ssl-mode=maybe",
    ] {
        operator.secondary = wrong.into();
        operator
            .setup([])
            .await
            .exits(2)
            .says_one_error_with_a_fix()
            .says("--secondary");
    }
}

#[tokio::test]
async fn arguments_that_do_not_exist_are_refused() {
    let operator = Operator::without_servers();
    let cases: [&[&str]; 8] = [
        &["--no-such-flag"],
        &["--writers", "three"],
        &["--auto-increment", "3"],
        &["--lock-wait-timeout", "0"],
        &["--copy-workers", "0"],
        &["--primary-address", "nonsense:port"],
        &["-o", "xml"],
        &["--ssl-mode", "maybe"],
    ];
    for case in cases {
        let ran = operator.finish(operator.bare(SETUP).args(case)).await.exits(2);
        assert!(ran.stdout.is_empty() && !ran.stderr.is_empty(), "{ran}");
    }
    for case in [&["setup", "--primary", "a"][..], &["no-such-command"], &[]] {
        operator
            .finish(&mut operator.bare(case.iter().copied()))
            .await
            .exits(2);
    }
}

#[tokio::test]
async fn scenario_8_files_with_secrets_that_others_can_read_are_refused() {
    let mut operator = Operator::without_servers();
    operator.primary = "127.0.0.1:1".into();
    operator.secondary = "127.0.0.1:2".into();
    let open = operator.password_file("open", "passw0rdInAnOpenFile");
    for mode in [0o640, 0o604, 0o644] {
        fs::set_permissions(&open, Permissions::from_mode(mode)).unwrap();
        let kept = std::mem::replace(&mut operator.secondary_password_file, open.clone());
        operator
            .setup([])
            .await
            .exits(2)
            .says_one_error_with_a_fix()
            .says("chmod 600")
            .says("open.password");
        operator.secondary_password_file = kept;
    }
    let of_client = operator.home().join(".my.cnf");
    fs::write(&of_client, "[client]\nuser=root\npassword=passw0rdInAnOpenFile\n").unwrap();
    fs::set_permissions(&of_client, Permissions::from_mode(0o644)).unwrap();
    operator
        .setup([])
        .await
        .exits(2)
        .says_one_error_with_a_fix()
        .says(".my.cnf");
}

#[tokio::test]
async fn files_that_are_not_there_are_named() {
    let mut operator = Operator::without_servers();
    operator.primary = "127.0.0.1:1".into();
    operator.secondary = "127.0.0.1:2".into();
    operator
        .setup(["--config", "no-such-config.toml"])
        .await
        .exits(2)
        .says_one_error_with_a_fix()
        .says("no-such-config.toml");
    operator
        .setup(["--ssl-ca", "no-such-ca.pem"])
        .await
        .exits(2)
        .says_one_error_with_a_fix()
        .says("no-such-ca.pem");
    operator.primary_password_file = "no-such-password".into();
    operator
        .setup([])
        .await
        .exits(2)
        .says_one_error_with_a_fix()
        .says("no-such-password");
}

#[tokio::test]
async fn scenario_84_a_dsn_takes_no_name_that_becomes_more_than_a_name() {
    let operator = Operator::without_servers();
    for (server, database) in [
        ("mysql://a%0ab@h:3306/", "x"),
        ("mysql://a%3Ab@h:3306/", "x"),
        ("mysql://a@h:3306/", "x?tls=skip-verify"),
        ("mysql://a@h:3306/", "x\ny"),
    ] {
        let arguments = ["dsn", server, "--database", database];
        let ran = operator.finish(&mut operator.bare(arguments)).await.exits(2);
        ran.says_one_error_with_a_fix().says("cannot stand in a DSN");
    }
    let arguments = ["dsn", "mysql://a%40b%20c@[::1]:3306/", "--database", "kine"];
    let ran = operator.finish(&mut operator.bare(arguments)).await.exits(0);
    assert_eq!(
        ran.stdout,
        "a@b c:PASSWORD@tcp([::1]:3306)/kine\nmysql://a%40b%20c:PASSWORD@[::1]:3306/kine\n"
    );
}

#[tokio::test]
async fn only_findings_that_say_so_can_be_ignored() {
    let operator = Operator::without_servers();
    let listed = operator
        .finish(&mut operator.bare(["explain", "-o", "json"]))
        .await
        .exits(0)
        .json();
    let all = listed.as_array().unwrap();
    assert!(all.len() > 60, "{listed:#}");
    for one in all {
        let code = one["code"].as_str().unwrap();
        let ran = operator
            .finish(operator.bare(SETUP).args(["--ignore", code]))
            .await;
        match one["ignorable"].as_bool().unwrap() {
            // Let through, so that the run gets as far as the servers, which are not there.
            true => drop(ran.exits(4)),
            false if code.starts_with("DBHA-P") => {
                drop(ran.exits(2).says(code).says(one["why"].as_str().unwrap()))
            }
            false => drop(ran.exits(2).says("there is no such code")),
        }
    }
    operator
        .finish(operator.bare(SETUP).args(["--ignore", "DBHA-P99"]))
        .await
        .exits(2)
        .says_one_error_with_a_fix();
}

#[tokio::test]
async fn a_code_is_explained() {
    let operator = Operator::without_servers();
    for text in ["DBHA-P07", "p07", "m02", "1062", "13121"] {
        let ran = operator
            .finish(&mut operator.bare(["explain", text]))
            .await
            .exits(0);
        assert!(
            ran.stdout.to_lowercase().contains(&text.to_lowercase())
                && (ran.stdout.contains("→ ") || ran.stdout.contains("What to do, in order")),
            "{ran}"
        );
    }
    let error = operator
        .bare(["explain", "MY-013121", "-o", "json"])
        .output()
        .await
        .unwrap();
    let error: serde_json::Value = serde_json::from_slice(&error.stdout).unwrap();
    assert_eq!(error["code"], "1594", "{error:#}");
    assert_eq!(error["server_error"]["numbers"][1]["number"], 13121, "{error:#}");
    for unknown in ["P00", "9999999", "-1"] {
        operator
            .finish(&mut operator.bare(["explain", "--", unknown]))
            .await
            .exits(2)
            .says_one_error_with_a_fix();
    }
}
