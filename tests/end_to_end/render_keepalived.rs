//! `dbha render keepalived`: Keepalived takes the file, and no name in it becomes a directive.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::operator::Operator;
use crate::ran::Ran;
use crate::tool;

const CONFIG: &str = "[server.db1]\naddress = \"10.0.0.11\"\nuser = \"dbha_monitor\"\npassword-file = \"/etc/dbha/monitor.password\"\n\
    [server.db2]\naddress = \"10.0.0.12:3306\"\n[server.six1]\naddress = \"[fd00::11]:3306\"\n[server.six2]\naddress = \"[fd00::12]:3306\"\n\
    [server.local]\naddress = \"/run/mysqld/mysqld.sock\"\n[server.here]\naddress = \"127.0.0.1:3306\"\n\
    [server.loose]\naddress = \"10.0.0.13\"\npassword-file = \"monitor.password\"\n\
    [server.\"a b\"]\naddress = \"10.0.0.14\"\n[server.\"c\\\"\\n}\\nvrrp_script evil {\"]\naddress = \"10.0.0.15\"\n\
    [server.-o]\naddress = \"10.0.0.16\"\n[server.nowhere]\naddress = \"no-such-host.invalid\"\n";

fn operator() -> Operator {
    let operator = Operator::without_servers();
    fs::write(operator.home().join("dbha.toml"), CONFIG).unwrap();
    operator
}

async fn render(operator: &Operator, servers: [&str; 2], more: &[&str]) -> Ran {
    let mut command = operator.bare(["render", "keepalived", "--primary", servers[0]]);
    command.args(["--secondary", servers[1]]).args(more);
    operator.finish(&mut command).await
}

/// Any interface of this machine but the loopback one: the file is looked at, and nothing is started.
fn interface() -> Option<String> {
    let all = fs::read_dir("/sys/class/net").ok()?.flatten();
    all.filter_map(|entry| entry.file_name().into_string().ok())
        .find(|name| name != "lo" && entry_is_interface(name))
}

/// Bonding keeps a file of its own beside the interfaces.
fn entry_is_interface(name: &str) -> bool {
    Path::new("/sys/class/net").join(name).is_dir()
}

fn checked(program: &std::ffi::OsStr, file: &Path) -> Output {
    let mut command = std::process::Command::new(program);
    command.arg("-t").arg("-f").arg(file);
    command.output().unwrap()
}

#[tokio::test]
async fn keepalived_takes_the_file_of_either_machine() {
    let Some(keepalived) = tool::found("keepalived", "keepalived") else {
        return;
    };
    let Some(interface) = interface() else {
        eprintln!("SKIPPED: not here: an interface other than lo, which Keepalived refuses");
        return;
    };
    let operator = operator();
    let file = operator.home().join("keepalived.conf");
    for (servers, server, vip) in [
        (["db1", "db2"], "db1", "10.0.0.10/24"),
        (["db1", "db2"], "secondary", "10.0.0.10/32"),
        (["six1", "six2"], "six1", "fd00::10/64"),
    ] {
        let more = ["--server", server, "--vip", vip, "--interface", &interface];
        let text = render(&operator, servers, &more).await.exits(0).stdout;
        let config = operator.home().canonicalize().unwrap().join("dbha.toml");
        assert!(
            text.contains(&format!(
                " check --config {} --primary {} ",
                config.display(),
                servers[0]
            )),
            "the file that was read, by its full path\n{text}"
        );
        fs::write(&file, &text).unwrap();
        let checked = checked(keepalived.get_program(), &file);
        let said = String::from_utf8_lossy(&checked.stderr).into_owned();
        assert!(checked.status.success() && said.is_empty(), "{said}\n{text}");
    }

    // The test of the test: such a file is not taken silently.
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("/usr/bin/env ", "/nowhere/")).unwrap();
    let refused = checked(keepalived.get_program(), &file);
    assert!(!refused.status.success());
}

#[tokio::test]
async fn what_cannot_be_rendered_is_refused_with_a_fix() {
    let operator = operator();
    let there = [
        "--server",
        "primary",
        "--interface",
        "eth0",
        "--vip",
        "10.0.0.10/24",
    ];
    for (servers, more, says) in [
        (
            ["db1", "db2"],
            &["--server", "db1", "--vip", "10.0.0.10/24"][..],
            "--interface",
        ),
        (
            ["db1", "db2"],
            &["--server", "db9", "--vip", "10.0.0.10/24"],
            "neither server",
        ),
        (
            ["db1", "db2"],
            &["--server", "db1", "--vip", "10.0.0.10"],
            "10.0.0.10/24",
        ),
        (
            ["db1", "db2"],
            &["--server", "db1", "--vip", "10.0.0.12/24", "--interface", "lo"],
            "no machine has yet",
        ),
        (
            ["db1", "db2"],
            &["--server", "db1", "--vip", "fd00::1/64", "--interface", "lo"],
            "one family",
        ),
        (["db1", "10.0.0.12"], &there, "[server.10.0.0.12]"),
        (["local", "db2"], &there, "socket"),
        (["here", "db2"], &there, "the other machine reaches"),
        (["loose", "db2"], &there, "full path"),
        (["nowhere", "db2"], &there, "cannot be looked up"),
        (["db1", "db1"], &there, "two machines"),
    ] {
        let ran = render(&operator, servers, more).await.exits(2);
        assert!(ran.stdout.is_empty(), "{ran}");
        ran.says_one_error_with_a_fix().says(says);
    }
    fs::remove_file(operator.home().join("dbha.toml")).unwrap();
    let ran = render(&operator, ["db1", "db2"], &there).await.exits(2);
    ran.says_one_error_with_a_fix().says("there is none");
}

#[tokio::test]
async fn scenario_84_keepalived_gets_no_value_that_becomes_a_directive() {
    let operator = operator();
    for (primary, more) in [
        ("a b", ["--interface", "eth0"]),
        ("c\"\n}\nvrrp_script evil {", ["--interface", "eth0"]),
        ("-o", ["--interface", "eth0"]),
        ("db1", ["--interface", "eth0\n}\nvrrp_script evil {"]),
        ("db1", ["--program", "/bin/dbha\"\n}"]),
        ("db1", ["--program", "/bin/sh -c evil"]),
        ("db1", ["--program", "dbha"]),
    ] {
        let primary = format!("--primary={primary}");
        let mut command = operator.bare(["render", "keepalived", &primary, "--secondary", "db2"]);
        command.args(["--server", "secondary", "--vip", "10.0.0.10/24"]);
        if more[0] != "--interface" {
            command.args(["--interface", "lo"]);
        }
        let ran = operator.finish(command.args(more)).await.exits(2);
        assert!(ran.stdout.is_empty(), "{ran}");
        ran.says_one_error_with_a_fix().says("cannot stand in");
    }
}
