//! `dbha render systemd`: a unit that systemd takes, and that lets the monitor do little.

use std::fs;

use crate::operator::Operator;
use crate::tool;

#[tokio::test]
async fn systemd_takes_the_unit_and_finds_little_exposed() {
    let arguments = ["--token-file", "/etc/dbha/token"];
    verified(&arguments, "--threshold=20").await;
}

/// It runs as root and may kill: more is exposed, by these two.
#[tokio::test]
async fn systemd_takes_the_unit_of_a_guard_that_is_followed_by_the_fence() {
    let arguments = [
        "--auto-failover",
        "--local",
        "db1",
        "--etcd",
        "https://etcd1:2379,https://[fd00::2]:2379",
        "--max-loss",
        "5s",
        "--etcd-ca",
        "/etc/dbha/etcd-ca.pem",
    ];
    let Some(unit) = verified(&arguments, "--threshold=45").await else {
        return;
    };
    assert!(unit.contains(
        "\nExecStopPost=/bin/true fence --config /etc/dbha/dbha.toml --local db1 --limit 3000ms\n"
    ));
    assert!(
        unit.contains("\nWatchdogSec=3000ms\nWatchdogSignal=SIGKILL\nRestart=always\n"),
        "{unit}"
    );
}

#[tokio::test]
async fn a_guard_that_the_monitor_would_refuse_is_not_put_into_a_unit() {
    let operator = Operator::without_servers();
    for (max_loss, lease) in [("1ms", "10s"), ("none", "1s"), ("much", "10s")] {
        let arguments = [
            "render",
            "systemd",
            "--auto-failover",
            "--local",
            "db1",
            "--etcd",
            "https://e",
            "--max-loss",
        ];
        let mut command = operator.bare(arguments);
        command.args([max_loss, "--lease", lease]);
        operator
            .finish(&mut command)
            .await
            .exits(2)
            .says_one_error_with_a_fix();
    }
}

/// Lets systemd verify and judge a unit, where it is here.
async fn verified(arguments: &[&str], threshold: &str) -> Option<String> {
    let operator = Operator::without_servers();
    let mut verify = tool::if_here("systemd-analyze", "systemd")?;
    // The program has to be there to be verified; what it does does not matter.
    let mut command = operator.bare(["render", "systemd", "--program", "/bin/true"]);
    let unit = operator.finish(command.args(arguments)).await.exits(0).stdout;
    let path = operator.home().join("dbha-monitor.service");
    fs::write(&path, &unit).unwrap();

    let verified = verify.arg("verify").arg(&path).output().unwrap();
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(
        verified.status.success() && !said.contains("dbha-monitor.service:"),
        "{said}"
    );

    let mut security = tool::if_here("systemd-analyze", "systemd").unwrap();
    let judged = security
        .args(["security", "--offline=true", threshold, "--no-pager"])
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&judged.stdout).into_owned();
    assert!(
        judged.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&judged.stderr)
    );
    Some(unit)
}

#[tokio::test]
async fn scenario_84_a_unit_takes_no_path_that_becomes_a_directive() {
    let operator = Operator::without_servers();
    for (flag, value) in [
        ("--program", "/bin/true\nExecStartPre=/bin/evil"),
        ("--password-file", "relative"),
        ("--token-file", "/a b"),
    ] {
        let ran = operator
            .finish(&mut operator.bare(["render", "systemd", flag, value]))
            .await
            .exits(2);
        assert!(ran.stdout.is_empty(), "{ran}");
        ran.says_one_error_with_a_fix().says("cannot stand in");
    }
}
