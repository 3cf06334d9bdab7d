//! Scenario 82: a server that is broken, or means harm. dbha ends in good order: no file and no password is given away,
//! memory and time are bounded, nothing panics, one error says what happened, and nothing unprintable is shown.

use std::fs;
use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::fake_server::{Answer, FakeServer, OK, Welcome, frame, greeting, one_row, plausible};
use crate::operator::Operator;
use crate::ran::Ran;

const VERSION: &str = "10.11.6-MariaDB";
/// Far above what a run needs, far below what a hostile server could fill.
const MOST_MEMORY_KIB: u64 = 400 * 1024;
const LONGEST: Duration = Duration::from_secs(40);
/// What must never leave this machine, in clear or as part of a file.
const PASSWORD: &str = "cLearTextThatMustNotLeave";

/// Colours, a cleared screen, a new title, a line that dbha did not write, text turned around and hidden.
const HOSTILE: &str = "\u{1b}[2J\u{1b}]0;owned\u{7}\u{9b}31m\r\ndbha: forged\u{202e}gnp\u{200b}\u{2028}\u{feff}\u{0}\u{8}\u{e0041}";

fn plain() -> Welcome {
    Welcome::Plain(VERSION.into())
}

/// Runs a command against a fake server in both places; whatever it says, dbha ends as it should.
async fn survives(command: &str, servers: [&FakeServer; 2], arguments: &[&str]) -> Ran {
    let mut operator = Operator::without_servers();
    let file = operator.password_file("clear", PASSWORD);
    operator.primary_password_file.clone_from(&file);
    operator.secondary_password_file = file;
    operator.primary = servers[0].address();
    operator.secondary = servers[1].address();
    let mut run = operator.command(command, arguments.iter().copied());
    let began = Instant::now();
    let child = run.spawn().unwrap();
    let status = format!("/proc/{}/status", child.id().unwrap());
    let mut most = 0;
    let watched = async {
        let wait = child.wait_with_output();
        tokio::pin!(wait);
        loop {
            tokio::select! {
                output = &mut wait => return output.unwrap(),
                () = tokio::time::sleep(Duration::from_millis(20)) => most = most.max(peak_memory_kib(&status)),
            }
        }
    };
    let ended = timeout(LONGEST, watched).await;
    let ended = ended.unwrap_or_else(|_| panic!("still running after {LONGEST:?}: {command}"));
    let ran = operator.ran(command.to_owned(), &ended);
    assert!(
        most < MOST_MEMORY_KIB,
        "{most} KiB in {:?}\n{ran}",
        began.elapsed()
    );
    let fault = ran.stderr.contains("panicked") || ran.stderr.contains("fault of dbha itself");
    assert!(!fault && ran.code.is_some(), "it crashed\n{ran}");
    let shown = |text: &str| text.chars().all(|c| c == '\n' || !dbha_core::is_unprintable(c));
    assert!(shown(&ran.stdout) && shown(&ran.stderr), "unprintable\n{ran:?}");
    let forged = |text: &str| text.lines().any(|line| line.starts_with("dbha: forged"));
    assert!(
        !forged(&ran.stdout) && !forged(&ran.stderr),
        "a line was forged\n{ran}"
    );
    for server in servers {
        assert!(
            !server.received(PASSWORD.as_bytes()),
            "the password came in clear\n{ran}"
        );
        assert!(!server.received(b"root:"), "a file came\n{ran}");
    }
    ran
}

fn peak_memory_kib(status: &str) -> u64 {
    let text = fs::read_to_string(status).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.trim().strip_suffix(" kB"));
    number.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
}

/// A server with this welcome, whose answer to every statement is the same.
async fn always(welcome: Welcome, answer: impl Fn() -> Answer + Send + Sync + 'static) -> FakeServer {
    FakeServer::start(welcome, move |_| answer()).await
}

#[tokio::test]
async fn scenario_82_logins_that_ask_for_the_password_in_clear_or_make_no_sense() {
    let switch = |plugin: &str| {
        let mut packet = vec![0xfe];
        packet.extend(plugin.as_bytes());
        packet.extend(b"\0abcdefghijklmnopqrst\0");
        packet
    };
    let native = "mysql_native_password";
    let logins = [
        ("clear text", native, vec![switch("mysql_clear_password")]),
        (
            "clear text later",
            native,
            vec![switch("caching_sha2_password"), switch("mysql_clear_password")],
        ),
        (
            "an unknown plug-in",
            native,
            vec![switch("authentication_of_nobody")],
        ),
        ("the old password", native, vec![vec![0xfe]]),
        (
            "switches without end",
            native,
            vec![switch("parsec"), switch("parsec"), switch("parsec")],
        ),
        ("an empty key", "caching_sha2_password", vec![vec![1, 4], vec![]]),
        (
            "a key that is none",
            "caching_sha2_password",
            vec![vec![1, 4], b"\x01no key".to_vec()],
        ),
        ("an empty answer", native, vec![vec![]]),
        ("a cut switch", native, vec![vec![0xfe, b'm']]),
    ];
    for (what, plugin, answers) in logins {
        let server = FakeServer::start(Welcome::Login(plugin, answers), |_| Answer::Done).await;
        let ran = survives("preflight", [&server, &server], &[]).await;
        assert_eq!(ran.code, Some(4), "{what}\n{ran}");
        ran.says_one_error_with_a_fix();
    }
}

#[tokio::test]
async fn scenario_82_greetings_that_are_none_or_never_end() {
    let whole = frame(0, &greeting(VERSION, "mysql_native_password"));
    let mut welcomes = vec![
        Welcome::Endless,
        Welcome::Bytes(vec![]),
        Welcome::Bytes(frame(0, &[])),
        Welcome::Bytes(frame(0, &[10])),
        Welcome::Bytes(b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u2\r\n".to_vec()),
        Welcome::Bytes(vec![0xff; 4096]),
        Welcome::Plain(HOSTILE.into()),
        Welcome::Plain("x".repeat(100_000)),
    ];
    welcomes.extend(
        (1..whole.len())
            .step_by(9)
            .map(|end| Welcome::Bytes(whole[..end].to_vec())),
    );
    for welcome in welcomes {
        let server = always(welcome, || {
            one_row(&[("VERSION()", HOSTILE), ("CONNECTION_ID()", "7")])
        })
        .await;
        let ran = survives("preflight", [&server, &server], &[]).await;
        assert_eq!(ran.code, Some(4), "{ran}");
        ran.says_one_error_with_a_fix();
    }
}

type Answering = Box<dyn Fn() -> Answer + Send + Sync>;

#[tokio::test]
async fn scenario_82_answers_that_are_too_large_too_many_or_none() {
    let answers: Vec<(&str, Answering)> = vec![
        (
            "a request for a file",
            Box::new(|| Answer::Packets(vec![b"\xfb/etc/passwd".to_vec()])),
        ),
        ("frames of 16 MiB", Box::new(|| Answer::EndlessFrames)),
        ("an empty packet", Box::new(|| Answer::Packets(vec![vec![]]))),
        (
            "a cut packet",
            Box::new(|| Answer::Bytes(vec![100, 0, 0, 1, 0, 0])),
        ),
        (
            "rows without end",
            Box::new(|| Answer::EndlessRows("y".repeat(60_000))),
        ),
        (
            "short rows without end",
            Box::new(|| Answer::EndlessRows(String::new())),
        ),
        (
            "a long error",
            Box::new(|| Answer::Error(1105, HOSTILE.repeat(20_000))),
        ),
        (
            "numberless columns",
            Box::new(|| Answer::Packets(vec![vec![0xfe, 255, 255, 255, 255, 255, 255, 255, 255]])),
        ),
        (
            "columns that are none",
            Box::new(|| Answer::Packets(vec![vec![2], vec![1, 2, 3], vec![]])),
        ),
        ("nothing", Box::new(|| Answer::Packets(vec![OK.to_vec()]))),
        ("a hang-up", Box::new(|| Answer::Hangup)),
    ];
    for (what, answer) in answers {
        let answer = std::sync::Arc::new(answer);
        // At once, and where the first statements went well.
        for later in [false, true] {
            let answer = std::sync::Arc::clone(&answer);
            let server = FakeServer::start(plain(), move |sql| {
                match later && !sql.contains("@@global.server_id") {
                    true => plausible(sql, VERSION, "0"),
                    false => answer(),
                }
            })
            .await;
            let ran = survives("preflight", [&server, &server], &[]).await;
            assert!(
                matches!(ran.code, Some(1 | 4 | 7)),
                "{what}, later: {later}\n{ran}"
            );
            ran.says_one_error_with_a_fix();
        }
    }
}

#[tokio::test]
async fn scenario_82_names_and_values_that_take_over_a_terminal() {
    let hostile = |sql: &str| match sql {
        _ if sql.starts_with("SHOW ALL SLAVES STATUS") => one_row(&[
            ("Connection_name", HOSTILE),
            ("Slave_IO_Running", HOSTILE),
            ("Slave_SQL_Running", "No"),
            ("Master_Host", HOSTILE),
            ("Master_User", "somebody"),
            ("Last_SQL_Errno", "1062"),
            ("Last_SQL_Error", HOSTILE),
            ("Replicate_Do_DB", HOSTILE),
        ]),
        _ if sql.contains("information_schema.SCHEMATA") => one_row(&[
            ("name", HOSTILE),
            ("tables", "3"),
            ("bytes", "-1"),
            ("views", "x"),
            ("kine", "1"),
        ]),
        _ if sql.contains("is_role AS role") => {
            one_row(&[("user", HOSTILE), ("host", HOSTILE), ("role", "N")])
        }
        _ if sql.contains("ENGINE AS engine") => {
            one_row(&[("engine", HOSTILE), ("tables", "9"), ("example", HOSTILE)])
        }
        _ if sql.contains("PROCESSLIST") => one_row(&[
            ("id", "99"),
            ("user", HOSTILE),
            ("host", HOSTILE),
            ("command", "Binlog Dump"),
        ]),
        _ if sql.contains("wsrep") => one_row(&[("sign", HOSTILE)]),
        _ => plausible(sql, VERSION, HOSTILE),
    };
    let servers = [
        FakeServer::start(plain(), hostile).await,
        FakeServer::start(plain(), hostile).await,
    ];
    let both = [&servers[0], &servers[1]];
    for form in ["human", "json", "ndjson"] {
        let ran = survives("preflight", both, &["-o", form, "-vvv"]).await.exits(3);
        let text = format!("{}{}", ran.stdout, ran.stderr);
        assert!(
            text.contains("gnp"),
            "the names are shown, without their teeth\n{ran}"
        );
        survives("status", both, &["-o", form]).await;
        survives("plan", both, &["-o", form]).await.exits(3);
    }
}

#[tokio::test]
async fn scenario_82_forged_status_rows_are_read_without_harm() {
    let values: [Option<&str>; 9] = [
        None,
        Some(""),
        Some("-1"),
        Some("18446744073709551616"),
        Some("99999999999999999999999999999999999999"),
        Some("1e400"),
        Some("NaN"),
        Some("0-1-99,99-99"),
        Some(HOSTILE),
    ];
    for value in values {
        let forged = move |sql: &str| {
            if sql.starts_with("SELECT VERSION()") || sql.starts_with("SET") || sql.contains("_LOCK(") {
                return plausible(sql, VERSION, "1");
            }
            const COLUMNS: [&str; 32] = [
                "Connection_name",
                "Slave_IO_Running",
                "Slave_SQL_Running",
                "Master_Host",
                "Master_Port",
                "Master_User",
                "Master_Server_Id",
                "Last_IO_Errno",
                "Last_IO_Error",
                "Last_SQL_Errno",
                "Seconds_Behind_Master",
                "Using_Gtid",
                "Gtid_IO_Pos",
                "SQL_Delay",
                "Skip_Counter",
                "Connect_Retry",
                "name",
                "value",
                "id",
                "server_id",
                "now",
                "own_user",
                "state",
                "position",
                "tables",
                "bytes",
                "kine",
                "File",
                "Position",
                "user",
                "host",
                "executed",
            ];
            let row = COLUMNS.map(|_| value.map(str::to_owned)).to_vec();
            Answer::Rows(COLUMNS.map(str::to_owned).to_vec(), vec![row])
        };
        let servers = [
            FakeServer::start(plain(), forged).await,
            FakeServer::start(plain(), forged).await,
        ];
        for command in ["status", "preflight"] {
            let ran = survives(command, [&servers[0], &servers[1]], &["-o", "json"]).await;
            assert_ne!(ran.code, Some(0), "{value:?} is no healthy server\n{ran}");
            ran.json();
        }
    }
}

#[tokio::test]
async fn scenario_82_a_server_that_leaves_at_any_point() {
    for last in 0..24 {
        let count = std::sync::atomic::AtomicUsize::new(0);
        let leaves = FakeServer::start(plain(), move |sql| {
            match count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) < last {
                true => plausible(sql, VERSION, "0"),
                false => Answer::Hangup,
            }
        })
        .await;
        let stays = FakeServer::start(plain(), |sql| plausible(sql, VERSION, "0")).await;
        let ran = survives("preflight", [&leaves, &stays], &[]).await;
        // From some point on everything was asked.
        assert!(matches!(ran.code, Some(3 | 4)), "after {last} answers\n{ran}");
    }
}

#[tokio::test]
async fn scenario_9_a_version_that_is_too_old_is_refused_by_name() {
    for (version, named) in [
        ("5.5.68-MariaDB", "MariaDB 5.5.68"),
        ("5.6.51-log", "MySQL 5.6.51"),
    ] {
        let old = |sql: &str| plausible(sql, version, "0");
        let server = FakeServer::start(Welcome::Plain(version.into()), old).await;
        let other = FakeServer::start(Welcome::Plain(version.into()), old).await;
        let ran = survives("preflight", [&server, &other], &[]).await.exits(3);
        ran.says("DBHA-P03").says(named);
    }
}

#[tokio::test]
async fn scenario_7_a_member_of_a_galera_cluster_is_refused() {
    let member = |sql: &str| match sql.contains("wsrep") {
        true => one_row(&[("sign", "Galera (wsrep_on=ON, wsrep_cluster_address=gcomm://a,b)")]),
        false => plausible(sql, VERSION, "0"),
    };
    let member = FakeServer::start(plain(), member).await;
    let other = FakeServer::start(plain(), |sql| plausible(sql, VERSION, "0")).await;
    let ran = survives("preflight", [&member, &other], &[]).await.exits(3);
    assert!(
        ran.stdout.contains("DBHA-P13") && ran.stdout.contains("gcomm://a,b"),
        "{ran}"
    );
}
