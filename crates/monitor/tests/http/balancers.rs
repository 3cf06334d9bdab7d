//! What load balancers and probes are told.

use crate::{
    built,
    caller::{ask, get},
    serving::Serving,
};
use dbha_core::{IoState, SqlState, WritableServers, Writers};
use dbha_monitor::{
    PairReport,
    roles::{Aged, Answer, Question, answer},
};
use std::{fs, time::Duration};

const STALE: Duration = Duration::from_secs(5);

fn answered(report: &PairReport, age: Duration, name: &str, question: Question) -> Answer {
    answer(&[Aged { report, age }], name, question, STALE)
}

/// Asks all three questions of both servers: `p`, `r`, `h` where the answer is yes, a dash where it is no.
fn letters(report: &PairReport, age: Duration) -> [String; 2] {
    let lag = Duration::from_secs(10);
    ["db1", "db2"].map(|name| {
        [
            ('p', Question::Primary),
            ('r', Question::Replica { lag }),
            ('h', Question::Health),
        ]
        .map(|(letter, question)| match answered(report, age, name, question) {
            Answer::Yes(_) => letter,
            Answer::No(_) => '-',
            Answer::NoSuchServer => '?',
        })
        .iter()
        .collect()
    })
}

#[test]
fn each_state_sends_clients_where_they_belong() {
    let changed = |change: fn(&mut PairReport)| {
        let mut report = built::healthy("shop");
        change(&mut report);
        report
    };
    let both_write = |recorded| {
        let mut report = built::two_writers("shop");
        report.status.writers_recorded = recorded;
        report
    };
    let now = Duration::ZERO;
    for (what, report, age, first, second) in [
        ("healthy", built::healthy("shop"), now, "prh", "-rh"),
        ("lagging", built::lagging("shop"), now, "prh", "--h"),
        ("broken", built::broken("shop"), now, "prh", "--h"),
        ("standby gone", built::unreachable("shop"), now, "p-h", "---"),
        (
            "two writers, one recorded",
            both_write(Some(Writers::One)),
            now,
            "-rh",
            "-rh",
        ),
        (
            "two writers, nothing recorded",
            both_write(None),
            now,
            "-rh",
            "-rh",
        ),
        (
            "two writers, both recorded",
            both_write(Some(Writers::Both)),
            now,
            "prh",
            "prh",
        ),
        (
            "two writers, one of before",
            changed(|r| {
                *r = built::two_writers("shop");
                r.status.term = Some(2);
                r.status.writer = Some("db2".into());
            }),
            now,
            "-rh",
            "prh",
        ),
        ("none writable", built::none_writable("shop"), now, "-rh", "-rh"),
        ("at the limit", built::healthy("shop"), STALE, "prh", "-rh"),
        (
            "stale",
            built::healthy("shop"),
            STALE + Duration::from_millis(1),
            "---",
            "---",
        ),
        (
            "first unknown",
            changed(|r| r.status.servers[0].read_only = None),
            now,
            "-rh",
            "-rh",
        ),
        (
            "second unknown",
            changed(|r| r.status.servers[1].read_only = None),
            now,
            "-rh",
            "-rh",
        ),
        (
            "lag unknown",
            changed(|r| r.status.links[0].lag_seconds = None),
            now,
            "prh",
            "--h",
        ),
        (
            "just in time",
            changed(|r| r.status.links[0].lag_seconds = Some(10.0)),
            now,
            "prh",
            "-rh",
        ),
        (
            "just too late",
            changed(|r| r.status.links[0].lag_seconds = Some(10.001)),
            now,
            "prh",
            "--h",
        ),
        (
            "not a number",
            changed(|r| r.status.links[0].lag_seconds = Some(f64::NAN)),
            now,
            "prh",
            "--h",
        ),
        (
            "connecting",
            changed(|r| r.status.links[0].io = Some(IoState::Connecting)),
            now,
            "prh",
            "--h",
        ),
        (
            "stopped",
            changed(|r| r.status.links[1].sql = Some(SqlState::Stopped)),
            now,
            "p-h",
            "-rh",
        ),
        (
            "link not seen",
            changed(|r| r.status.links[0].io = None),
            now,
            "prh",
            "--h",
        ),
        (
            "no link",
            changed(|r| drop(r.status.links.remove(0))),
            now,
            "prh",
            "--h",
        ),
    ] {
        assert_eq!(letters(&report, age), [first, second], "{what}");
    }
}

#[test]
fn writers_of_a_pair_whose_primary_is_gone_may_move() {
    let mut report = built::unreachable("shop");
    report.status.servers.swap(0, 1);
    assert_eq!(letters(&report, Duration::ZERO), ["p-h", "---"]);
    report.status.servers[1].read_only = Some(true);
    report.status.writers = WritableServers::None;
    assert_eq!(letters(&report, Duration::ZERO)[0], "--h");
}

#[test]
fn pairs_that_share_a_server_have_to_agree() {
    let (one, mut other) = (built::healthy("shop"), built::healthy("shop2"));
    let ask = |one: &PairReport, other: &PairReport| {
        let aged = [one, other].map(|report| Aged {
            report,
            age: Duration::ZERO,
        });
        answer(&aged, "db1", Question::Primary, STALE)
    };
    assert!(matches!(ask(&one, &other), Answer::Yes(_)));
    other.status.servers[0].read_only = Some(true);
    for answer in [ask(&one, &other), ask(&other, &one)] {
        assert!(
            matches!(&answer, Answer::No(why) if why.contains("disagree")),
            "{answer:?}"
        );
    }
    assert!(matches!(ask(&other, &other), Answer::No(why) if !why.contains("disagree")));
}

#[test]
fn the_two_servers_of_the_only_pair_can_be_called_by_their_sides() {
    let report = built::healthy("shop");
    let asked = |name| answered(&report, Duration::ZERO, name, Question::Primary);
    assert_eq!(asked("primary"), asked("db1"));
    assert_eq!(asked("secondary"), asked("db2"));
    assert_eq!(asked("third"), Answer::NoSuchServer);
}

#[tokio::test]
async fn probes_answer_get_head_and_options_alike() {
    let serving = Serving::start().await;
    let mut report = built::lagging("shop");
    report.status.servers[1].name = "db2.example:3307".into();
    report.status.links[0].to = "db2.example:3307".into();
    serving.board.publish(report);
    for (path, status, why) in [
        ("/servers/db1/primary", 200, "only one that takes writes"),
        ("/servers/db2.example:3307/primary", 503, "read-only"),
        ("/servers/db2.example%3A3307/replica", 503, "more than 10.0 s"),
        (
            "/servers/db2.example%3A3307/replica?lag=43s",
            200,
            "42.6 s behind db1",
        ),
        (
            "/servers/db2.example%3A3307/replica?lag=500ms",
            503,
            "more than 0.5 s",
        ),
        (
            "/servers/db2.example%3A3307/replica?lag=soon",
            400,
            "lag is a time",
        ),
        ("/servers/db1/health", 200, "answers"),
        ("/servers/db3/health", 404, "known: db1, db2.example:3307"),
        ("/servers/db1/master", 404, "dashboard"),
    ] {
        for method in ["GET", "OPTIONS", "HEAD"] {
            let heard = ask(serving.address, method, path, "").await;
            assert!(
                heard.status == status || path.ends_with("master"),
                "{method} {path}: {}",
                heard.status
            );
            if method == "GET" {
                assert!(
                    heard.body.contains(why) && heard.body.lines().count() == 1,
                    "{path}: {}",
                    heard.body
                );
            }
            assert!(method != "HEAD" || heard.body.is_empty());
        }
    }
    // As a prober of HAProxy without further words.
    let request = b"OPTIONS /servers/db1/primary HTTP/1.0\r\n\r\n";
    assert_eq!(crate::caller::raw(serving.address, request).await.status, 200);
}

#[tokio::test]
async fn a_maintenance_file_sends_nobody_anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("maintenance");
    let serving = Serving::with(|settings| settings.maintenance_file = Some(file.clone())).await;
    serving.board.publish(built::healthy("shop"));
    let ask_all = async || {
        let mut heard = Vec::new();
        for path in [
            "/servers/db1/primary",
            "/servers/db2/replica",
            "/servers/db1/health",
            "/livez",
        ] {
            heard.push(get(serving.address, path).await.status);
        }
        heard
    };
    assert_eq!(ask_all().await, [200, 200, 200, 200]);
    fs::write(&file, "").unwrap();
    assert_eq!(ask_all().await, [503, 503, 503, 200]);
    assert_eq!(
        get(serving.address, "/servers/db1/primary").await.body,
        "maintenance\n"
    );
    fs::remove_file(&file).unwrap();
    assert_eq!(ask_all().await, [200, 200, 200, 200]);
}

#[tokio::test]
async fn readiness_waits_for_every_pair_and_life_for_the_loop() {
    let serving = Serving::with(|settings| settings.tick = Duration::from_millis(20)).await;
    assert_eq!(get(serving.address, "/readyz").await.status, 503);
    assert_eq!(
        get(serving.address, "/livez").await.status,
        200,
        "it has just begun"
    );
    serving.board.set_watched(vec!["shop".into(), "stock".into()]);
    serving.board.publish(built::healthy("shop"));
    let heard = get(serving.address, "/readyz").await;
    assert_eq!(
        (heard.status, heard.body.as_str()),
        (503, "1 of the pairs were not looked at yet\n")
    );
    assert_eq!(
        get(serving.address, "/servers/db9/health").await.status,
        503,
        "it may be one of the other pair"
    );
    serving.board.publish(built::healthy("stock"));
    assert_eq!(get(serving.address, "/readyz").await.status, 200);
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(
        get(serving.address, "/servers/db1/health").await.status,
        503,
        "five ticks are over"
    );
    assert_eq!(get(serving.address, "/livez").await.status, 200);
    tokio::time::sleep(Duration::from_secs(5)).await;
    let heard = get(serving.address, "/livez").await;
    assert!(
        heard.status == 503 && heard.body.contains("judged nothing for 5 s"),
        "{heard:?}"
    );
}
