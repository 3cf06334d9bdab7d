//! Alert rules of Prometheus over the monitor's metrics, each with the command to type next.

use super::NotRenderable;

/// What the rules are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PrometheusRulesWanted {
    /// Names of pairs whose servers both take writes.
    pub two_writers: Vec<String>,
    /// From how many seconds on a lag is told.
    pub max_lag: u32,
}

/// One rule.
struct Rule {
    alert: &'static str,
    expr: String,
    lasts: &'static str,
    severity: &'static str,
    summary: &'static str,
    description: &'static str,
    next: &'static str,
}

/// Writes the rules, as a file for `rule_files`.
///
/// # Errors
/// [`NotRenderable`] for the name of a pair that holds a control character (scenario 84).
pub fn prometheus_rules(wanted: &PrometheusRulesWanted) -> Result<String, NotRenderable> {
    let mut text =
        "# Made by dbha render prometheus-rules. Name this file under rule_files in prometheus.yml.\n\
                    groups:\n  - name: dbha\n    rules:\n"
            .to_owned();
    for rule in rules(wanted)? {
        text.push_str(&format!(
            "      - alert: {}\n        expr: {}\n        for: {}\n        labels:\n          severity: {}\n        \
             annotations:\n          summary: {}\n          description: {}\n          next: {}\n",
            rule.alert,
            quoted(&rule.expr),
            rule.lasts,
            rule.severity,
            quoted(rule.summary),
            quoted(rule.description),
            quoted(rule.next),
        ));
    }
    Ok(text)
}

const STATUS: &str = "dbha status --primary {{ $labels.from }} --secondary {{ $labels.to }}";

fn rules(wanted: &PrometheusRulesWanted) -> Result<Vec<Rule>, NotRenderable> {
    let mut all = of_monitor_and_servers(wanted)?;
    all.extend(of_links(wanted));
    Ok(all)
}

fn of_monitor_and_servers(wanted: &PrometheusRulesWanted) -> Result<Vec<Rule>, NotRenderable> {
    let mut one_writer = Vec::new();
    for pair in &wanted.two_writers {
        one_writer.push(format!("pair!=\"{}\"", label(pair)?));
    }
    let one_writer = one_writer.join(",");
    Ok(vec![
        Rule {
            alert: "DbhaMonitorAbsent",
            expr: "absent(dbha_up)".into(),
            lasts: "2m",
            severity: "critical",
            summary: "Nobody watches the pairs",
            description: "Prometheus gets no metric of dbha: the monitor is down, or not scraped.",
            next: "systemctl status dbha-monitor",
        },
        Rule {
            alert: "DbhaServerDown",
            expr: "dbha_up == 0".into(),
            lasts: "30s",
            severity: "critical",
            summary: "{{ $labels.server }} of {{ $labels.pair }} does not answer",
            description: "The monitor cannot reach the server or log in to it.",
            next: "dbha explain DBHA-M01",
        },
        Rule {
            alert: "DbhaNoWriter",
            expr: "dbha_writable_servers == 0".into(),
            lasts: "30s",
            severity: "critical",
            summary: "No server of {{ $labels.pair }} takes writes",
            description: "Both servers are read-only, or the one that takes writes does not answer.",
            next: "dbha explain DBHA-M05",
        },
        Rule {
            alert: "DbhaTwoWriters",
            expr: format!("dbha_writable_servers{{{one_writer}}} > 1"),
            lasts: "10s",
            severity: "critical",
            summary: "Both servers of {{ $labels.pair }} take writes",
            description: "Only one should: what is written on the other may be in conflict.",
            next: "dbha explain DBHA-M05",
        },
        Rule {
            alert: "DbhaNotAcknowledged",
            expr: "dbha_semi_sync_wanted == 1 unless on (pair) (dbha_durability{level=\"sync\"} == 1)".into(),
            lasts: "1m",
            severity: "critical",
            summary: "Commits of {{ $labels.pair }} are not acknowledged by the other server",
            description: "The pair was set up for that; what clients are told of now is lost if the writer dies.",
            next: "dbha explain DBHA-M14",
        },
        Rule {
            alert: "DbhaErrantTransactions",
            expr: "dbha_errant_transactions > 0".into(),
            lasts: "1m",
            severity: "critical",
            summary: "{{ $labels.server }} of {{ $labels.pair }} has {{ $value }} transactions that its peer can never get",
            description: "The two servers hold different data, and replication alone does not make them equal.",
            next: "dbha explain DBHA-M07",
        },
        Rule {
            alert: "DbhaSettingsDrift",
            expr: "dbha_settings_drift > 0".into(),
            lasts: "5m",
            severity: "warning",
            summary: "{{ $value }} settings of {{ $labels.server }} in {{ $labels.pair }} are not what they were set to",
            description: "Somebody changed them, or a restart lost them.",
            next: "dbha explain DBHA-M06",
        },
    ])
}

fn of_links(wanted: &PrometheusRulesWanted) -> Vec<Rule> {
    vec![
        Rule {
            alert: "DbhaReplicationStopped",
            expr: "dbha_replication_running == 0".into(),
            lasts: "30s",
            severity: "critical",
            summary: "The {{ $labels.thread }} thread of {{ $labels.to }} (from {{ $labels.from }}) does not run",
            description: "What is written on {{ $labels.from }} does not come to {{ $labels.to }}.",
            next: STATUS,
        },
        Rule {
            alert: "DbhaReplicationError",
            expr: "dbha_last_error_code > 0".into(),
            lasts: "30s",
            severity: "critical",
            summary: "Error {{ $value }} on the link from {{ $labels.from }} to {{ $labels.to }}",
            description: "The {{ $labels.thread }} thread of {{ $labels.to }} reports it. Nothing may be skipped.",
            next: "dbha explain {{ $value }}",
        },
        Rule {
            alert: "DbhaReplicationLag",
            expr: format!(
                "max by (pair, from, to) (dbha_replication_lag_seconds) > {}",
                wanted.max_lag
            ),
            lasts: "1m",
            severity: "warning",
            summary: "{{ $labels.to }} is {{ $value | humanizeDuration }} behind {{ $labels.from }}",
            description: "Who reads there reads old data, and a failover now would lose what has not arrived.",
            next: STATUS,
        },
        Rule {
            alert: "DbhaReplicationLagUnknown",
            expr: "dbha_replication_lag_known == 0".into(),
            lasts: "5m",
            severity: "warning",
            summary: "Nobody knows how far {{ $labels.to }} is behind {{ $labels.from }}",
            description: "There is no heartbeat to measure by, and the server does not tell.",
            next: STATUS,
        },
    ]
}

/// Writes a value as a label of PromQL, which takes escapes like a string of Go.
fn label(value: &str) -> Result<String, NotRenderable> {
    if value.is_empty() || value.chars().any(char::is_control) {
        return Err(NotRenderable {
            what: "the name of a pair",
            value: value.to_owned(),
            file: "rules of Prometheus",
            fix: "give the name that stands in the label pair of the metrics",
        });
    }
    Ok(value.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Writes a scalar of YAML in single quotes, in which only these have a meaning.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_with_two_writers_are_left_out_of_that_alert() {
        let wanted = PrometheusRulesWanted {
            two_writers: vec!["a+b".into(), "it's \"x\"\\".into()],
            max_lag: 30,
        };
        let text = prometheus_rules(&wanted).unwrap();
        let expected = r#"expr: 'dbha_writable_servers{pair!="a+b",pair!="it''s \"x\"\\"} > 1'"#;
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn scenario_84_a_name_cannot_begin_a_line_of_its_own() {
        for name in ["", "a\n      - record: evil", "a\r", "a\u{0}", "a\u{85}b"] {
            let wanted = PrometheusRulesWanted {
                two_writers: vec![name.into()],
                max_lag: 30,
            };
            assert_eq!(prometheus_rules(&wanted).unwrap_err().value, name);
        }
    }
}
