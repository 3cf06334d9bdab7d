//! `dbha render prometheus-rules`: promtool takes the rules, and they speak up when they should and not before.

use std::fs;

use crate::operator::Operator;
use crate::tool;

/// What promtool is to see: series over time, and the alerts that they make.
const EXPECTED: &str = include_str!("render_prometheus/alerts.test.yml");

#[tokio::test]
async fn promtool_takes_the_rules_and_finds_each_alert_at_its_time() {
    let operator = Operator::without_servers();
    let arguments = [
        "render",
        "prometheus-rules",
        "--two-writers",
        "both",
        "--two-writers",
        "it's \"odd\"\\",
    ];
    let rules = operator
        .finish(&mut operator.bare(arguments))
        .await
        .exits(0)
        .stdout;
    fs::write(operator.home().join("rules.yml"), &rules).unwrap();
    fs::write(operator.home().join("alerts.test.yml"), EXPECTED).unwrap();
    for alert in rules
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- alert: "))
    {
        let tested = format!("alertname: {alert}\n");
        assert!(
            EXPECTED.matches(&tested).count() >= 2,
            "{alert} is seen once firing and once silent"
        );
    }
    for action in [
        ["check", "rules", "rules.yml"],
        ["test", "rules", "alerts.test.yml"],
    ] {
        let Some(mut promtool) = tool::found("promtool", "prometheus") else {
            return;
        };
        let done = promtool
            .args(action)
            .current_dir(operator.home())
            .output()
            .unwrap();
        let said = [done.stdout, done.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        assert!(done.status.success(), "{}\n{rules}", said.concat());
    }
}

#[tokio::test]
async fn scenario_84_a_pairs_name_brings_no_rule_of_its_own() {
    let operator = Operator::without_servers();
    let arguments = [
        "render",
        "prometheus-rules",
        "--two-writers",
        "a\n      - record: evil",
    ];
    let ran = operator.finish(&mut operator.bare(arguments)).await.exits(2);
    ran.says_one_error_with_a_fix().says("cannot stand in");
}
