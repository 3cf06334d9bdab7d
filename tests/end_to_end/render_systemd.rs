//! `dbha render systemd`: a unit that systemd takes, and that lets the monitor do little.

use std::fs;

use crate::operator::Operator;
use crate::tool;

#[tokio::test]
async fn systemd_takes_the_unit_and_finds_little_exposed() {
    let operator = Operator::without_servers();
    let Some(mut verify) = tool::if_here("systemd-analyze", "systemd") else {
        return;
    };
    // The program has to be there to be verified; what it does does not matter.
    let arguments = [
        "render",
        "systemd",
        "--program",
        "/bin/true",
        "--token-file",
        "/etc/dbha/token",
    ];
    let unit = operator
        .finish(&mut operator.bare(arguments))
        .await
        .exits(0)
        .stdout;
    let path = operator.home().join("dbha-monitor.service");
    fs::write(&path, unit).unwrap();

    let verified = verify.arg("verify").arg(&path).output().unwrap();
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(
        verified.status.success() && !said.contains("dbha-monitor.service:"),
        "{said}"
    );

    let mut security = tool::if_here("systemd-analyze", "systemd").unwrap();
    let judged = security
        .args(["security", "--offline=true", "--threshold=20", "--no-pager"])
        .arg(&path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&judged.stdout).into_owned();
    assert!(
        judged.status.success(),
        "{said}{}",
        String::from_utf8_lossy(&judged.stderr)
    );
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
