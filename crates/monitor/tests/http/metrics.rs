//! What Prometheus scrapes.

use crate::{
    built::{self, event},
    caller::get,
    serving::Serving,
};
use dbha_core::{Condition, Problem};
use dbha_monitor::EventKind;
use std::{
    collections::BTreeSet,
    io::Write,
    process::{Command, Stdio},
};

/// The names of the contract.
const NAMES: [&str; 14] = [
    "dbha_up",
    "dbha_read_only",
    "dbha_writable_servers",
    "dbha_replication_running",
    "dbha_replication_lag_seconds",
    "dbha_replication_lag_known",
    "dbha_gtid_missing",
    "dbha_errant_transactions",
    "dbha_settings_drift",
    "dbha_last_error_code",
    "dbha_check_duration_seconds",
    "dbha_events_total",
    "dbha_build_info",
    "dbha_report_age_seconds",
];

/// The names that stock rules and dashboards of mysqld_exporter ask for about replication.
const LEGACY: [&str; 12] = [
    "mysql_up",
    "mysql_global_variables_read_only",
    "mysql_slave_status_slave_io_running",
    "mysql_slave_status_slave_sql_running",
    "mysql_slave_status_seconds_behind_master",
    "mysql_slave_status_sql_delay",
    "mysql_slave_status_last_errno",
    "mysql_slave_status_last_io_errno",
    "mysql_slave_status_last_sql_errno",
    "mysql_slave_status_master_server_id",
    "mysql_slave_status_read_master_log_pos",
    "mysql_slave_status_exec_master_log_pos",
];

async fn scraped(legacy: bool) -> String {
    let serving = Serving::with(|settings| settings.legacy_metrics = legacy).await;
    serving.board.publish(built::healthy("shop"));
    serving.board.publish(built::broken("stock"));
    serving.board.publish(built::unreachable("odd \"name\\\n<x>"));
    let mut errant = built::drifted("errant");
    errant.status.servers[0].gtid = Some("0-1-20,2-2-3".into());
    errant.status.servers[1].gtid = Some("0-1-17,2-2-3".into());
    errant.status.servers[0].errant = Some("0-1-20".into());
    errant.status.servers[0].problems.push(Problem {
        code: Condition::SettingDrift,
        text: "server_id".into(),
        fix: "set it".into(),
    });
    serving.board.publish(errant);
    for _ in 0..2 {
        serving
            .board
            .tell(event("shop", EventKind::Began, 1.0, "something"));
    }
    let heard = get(serving.address, "/metrics").await;
    assert!(
        heard.head.contains("content-type: text/plain; version=0.0.4"),
        "{}",
        heard.head
    );
    heard.body
}

/// The value of a sample, whatever the order of its labels.
fn value(text: &str, name: &str, labels: &[&str]) -> Option<f64> {
    let line = text.lines().find(|line| {
        let labelled = line.strip_prefix(name).and_then(|rest| rest.strip_prefix('{'));
        labelled.is_some_and(|rest| labels.iter().all(|label| rest.contains(label)))
    })?;
    line.rsplit(' ').next()?.parse().ok()
}

#[tokio::test]
async fn metrics_have_the_names_and_labels_of_the_contract() {
    let text = scraped(false).await;
    for name in NAMES {
        assert!(
            text.contains(&format!("# HELP {name} ")),
            "{name} has no help in {text}"
        );
        let kind = if name.ends_with("_total") {
            "counter"
        } else {
            "gauge"
        };
        assert!(
            text.contains(&format!("# TYPE {name} {kind}\n")),
            "{name} in {text}"
        );
    }
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        assert!(
            line.contains("pair=\"") || line.starts_with("dbha_build_info"),
            "{line}"
        );
    }
    for (name, labels, wanted) in [
        (
            "dbha_up",
            &["pair=\"shop\"", "server=\"db1\""] as &[&str],
            Some(1.0),
        ),
        ("dbha_up", &["pair=\"odd", "server=\"db2\""], Some(0.0)),
        ("dbha_read_only", &["pair=\"shop\"", "server=\"db2\""], Some(1.0)),
        ("dbha_read_only", &["pair=\"odd", "server=\"db2\""], None),
        ("dbha_writable_servers", &["pair=\"shop\""], Some(1.0)),
        (
            "dbha_replication_running",
            &["pair=\"stock\"", "to=\"db2\"", "thread=\"sql\""],
            Some(0.0),
        ),
        (
            "dbha_replication_running",
            &["pair=\"stock\"", "to=\"db2\"", "thread=\"io\""],
            Some(1.0),
        ),
        ("dbha_replication_running", &["pair=\"odd", "to=\"db2\""], None),
        (
            "dbha_replication_lag_seconds",
            &["pair=\"shop\"", "to=\"db2\"", "method=\"heartbeat\""],
            Some(0.2),
        ),
        (
            "dbha_replication_lag_seconds",
            &["pair=\"shop\"", "to=\"db2\"", "method=\"server\""],
            Some(0.0),
        ),
        (
            "dbha_replication_lag_seconds",
            &["pair=\"stock\"", "to=\"db2\""],
            None,
        ),
        (
            "dbha_replication_lag_known",
            &["pair=\"stock\"", "to=\"db2\""],
            Some(0.0),
        ),
        (
            "dbha_replication_lag_known",
            &["pair=\"shop\"", "to=\"db2\""],
            Some(1.0),
        ),
        ("dbha_gtid_missing", &["pair=\"stock\"", "to=\"db2\""], Some(12.0)),
        (
            "dbha_errant_transactions",
            &["pair=\"shop\"", "server=\"db1\""],
            Some(0.0),
        ),
        (
            "dbha_errant_transactions",
            &["pair=\"errant\"", "server=\"db1\""],
            Some(3.0),
        ),
        (
            "dbha_errant_transactions",
            &["pair=\"odd", "server=\"db1\""],
            None,
        ),
        (
            "dbha_settings_drift",
            &["pair=\"errant\"", "server=\"db1\""],
            Some(2.0),
        ),
        (
            "dbha_last_error_code",
            &["pair=\"stock\"", "to=\"db2\"", "thread=\"sql\""],
            Some(1062.0),
        ),
        (
            "dbha_last_error_code",
            &["pair=\"stock\"", "to=\"db2\"", "thread=\"io\""],
            Some(0.0),
        ),
        (
            "dbha_events_total",
            &["pair=\"shop\"", "kind=\"began\""],
            Some(2.0),
        ),
        (
            "dbha_check_duration_seconds",
            &["pair=\"shop\"", "server=\"db1\""],
            Some(0.003),
        ),
    ] {
        assert_eq!(value(&text, name, labels), wanted, "{name} {labels:?} in {text}");
    }
    assert!(!text.contains("mysql_"));
}

#[tokio::test]
async fn legacy_names_carry_the_labels_of_mysqld_exporter() {
    let text = scraped(true).await;
    for name in LEGACY {
        assert!(text.contains(&format!("\n{name}{{")), "{name} in {text}");
    }
    let labels = [
        "pair=\"stock\"",
        "server=\"db2\"",
        "master_host=\"db1.example\"",
        "master_uuid=\"\"",
        "channel_name=\"\"",
        "connection_name=\"\"",
    ];
    assert_eq!(
        value(&text, "mysql_slave_status_slave_sql_running", &labels),
        Some(0.0)
    );
    assert_eq!(
        value(&text, "mysql_slave_status_last_sql_errno", &labels),
        Some(1062.0)
    );
    assert_eq!(
        value(&text, "mysql_slave_status_seconds_behind_master", &labels),
        None,
        "unknown is not 0"
    );
    // Rules subtract one from the other, so both need the same labels.
    let of = |name: &str| {
        let lines = text
            .lines()
            .filter_map(|line| line.strip_prefix(name)?.split_once('}'));
        lines
            .map(|(labels, _)| labels.to_owned())
            .collect::<BTreeSet<_>>()
    };
    let behind = of("mysql_slave_status_seconds_behind_master{");
    assert!(!behind.is_empty() && behind.is_subset(&of("mysql_slave_status_sql_delay{")));
}

#[tokio::test]
async fn promtool_is_content() {
    if Command::new("promtool").arg("--version").output().is_err() {
        eprintln!("SKIPPED: no promtool here: install the package prometheus");
        return;
    }
    for legacy in [false, true] {
        let text = scraped(legacy).await;
        let mut child = Command::new("promtool")
            .args(["check", "metrics"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said =
            String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
        assert!(
            output.status.success() && said.trim().is_empty(),
            "{said}\n{text}"
        );
    }
}
