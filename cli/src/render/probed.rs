//! The answer of a probe: one line in the form of Nagios plug-ins, or a document.

use dbha_core::{LagLimits, LinkStatus, ProbeLevel, Probed, Status, harmless};
use serde::Serialize;
use std::time::Duration;

/// One figure for graphs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Figure {
    /// Its name; the same whatever the servers are called.
    pub label: String,
    /// The value; `None` is unknown, and no 0.
    pub value: Option<f64>,
    /// `s` for seconds, empty for a number.
    pub unit: &'static str,
    /// Above this it is a warning.
    pub warning: Option<f64>,
    /// Above this it is critical.
    pub critical: Option<f64>,
    /// The largest value that it can have.
    pub max: Option<f64>,
}

/// The document of `-o json`.
#[derive(Serialize)]
pub struct Document<'a> {
    /// Version of this document's form.
    pub schema_version: u32,
    /// The level.
    pub level: ProbeLevel,
    /// The exit code.
    pub exit_code: u8,
    /// What led to the level.
    pub text: &'a str,
    /// The figures.
    pub figures: &'a [Figure],
    /// What was seen; `None` where nothing was looked at.
    pub status: Option<&'a Status>,
}

/// Collects the figures of one look.
pub fn figures(status: &Status, limits: LagLimits, took: Duration, timeout: Duration) -> Vec<Figure> {
    const INTO: [&str; 2] = ["secondary", "primary"];
    let links = || status.links.iter().zip(INTO);
    let lag = |(link, into): (&LinkStatus, &str)| Figure {
        label: format!("lag_{into}"),
        value: link.lag_seconds,
        unit: "s",
        warning: limits.warning.map(|limit| limit.as_secs_f64()),
        critical: Some(limits.critical.as_secs_f64()),
        max: None,
    };
    let missing = |(link, into): (&LinkStatus, &str)| Figure {
        label: format!("missing_{into}"),
        value: link.gtid_missing.map(|count| count as f64),
        unit: "",
        warning: None,
        critical: None,
        max: None,
    };
    let time = Figure {
        label: "time".into(),
        value: Some(took.as_secs_f64()),
        unit: "s",
        warning: None,
        critical: None,
        max: Some(timeout.as_secs_f64()),
    };
    links()
        .map(lag)
        .chain(links().map(missing))
        .chain([time])
        .collect()
}

/// Writes the one line: `DBHA OK - text | label=value[unit];warn;crit;min;max …`.
pub fn line(probed: &Probed, figures: &[Figure]) -> String {
    // A bar would begin the figures, whatever a server has in its words.
    let text = harmless(&probed.text).replace('|', "¦");
    let line = format!("DBHA {} - {text}", probed.level);
    match figures {
        [] => line,
        figures => format!(
            "{line} | {}",
            figures.iter().map(figure).collect::<Vec<_>>().join(" ")
        ),
    }
}

fn figure(figure: &Figure) -> String {
    let Figure { label, unit, .. } = figure;
    let Some(value) = figure.value else {
        return format!("{label}=U");
    };
    let limit = |limit: Option<f64>| limit.map(short).unwrap_or_default();
    let limits = [
        limit(figure.warning),
        limit(figure.critical),
        "0".into(),
        limit(figure.max),
    ];
    let limits = limits.join(";");
    format!("{label}={}{unit};{}", short(value), limits.trim_end_matches(';'))
}

/// A number with at most three places.
fn short(number: f64) -> String {
    let text = format!("{number:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(label: &str, value: Option<f64>, unit: &'static str) -> Figure {
        Figure {
            label: label.into(),
            value,
            unit,
            warning: None,
            critical: None,
            max: None,
        }
    }

    #[test]
    fn figures_have_the_form_that_graphs_read() {
        let lag = Figure {
            warning: Some(2.5),
            critical: Some(10.0),
            ..of("lag_secondary", Some(0.25), "s")
        };
        let time = Figure {
            max: Some(3.0),
            ..of("time", Some(0.0421), "s")
        };
        let figures = [
            lag,
            of("lag_primary", None, "s"),
            of("missing_primary", Some(0.0), ""),
            time,
        ];
        let probed = Probed {
            level: ProbeLevel::Ok,
            text: "p: well".into(),
        };
        assert_eq!(
            line(&probed, &figures),
            "DBHA OK - p: well | lag_secondary=0.25s;2.5;10;0 lag_primary=U missing_primary=0;;;0 time=0.042s;;;0;3"
        );
    }

    #[test]
    fn scenario_82_no_words_of_a_server_become_a_line_or_a_figure() {
        let probed = Probed {
            level: ProbeLevel::Critical,
            text: "error 1062: a|b\nDBHA OK - x\u{1b}[2J".into(),
        };
        let line = line(&probed, &[of("time", Some(1.0), "s")]);
        assert_eq!(
            line,
            "DBHA CRITICAL - error 1062: a¦b DBHA OK - x·[2J | time=1s;;;0"
        );
    }
}
