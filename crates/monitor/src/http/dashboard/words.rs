//! How states are called and marked: always a word and a shape, never a colour alone.

use crate::EventKind;
use dbha_core::{IoState, LinkStatus, SqlState, Verdict};
use maud::{Markup, html};

/// Returns the class and the headline's word for a verdict.
pub(super) fn verdict_word(verdict: Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Healthy => ("healthy", "Healthy"),
        Verdict::Lagging => ("lagging", "Lagging"),
        Verdict::Degraded => ("degraded", "Degraded"),
        Verdict::Broken => ("broken", "Broken"),
        Verdict::Unreachable => ("unreachable", "Unreachable"),
        _ => ("unknown", "Unknown"),
    }
}

/// Draws the sign of a verdict.
pub(super) fn sign(verdict: Verdict) -> Markup {
    let path = match verdict {
        Verdict::Healthy => "M14 25l7 7 13-16",
        Verdict::Lagging => "M24 13v12l8 5",
        Verdict::Degraded => "M24 13v14M24 33.5v.5",
        Verdict::Broken => "M17 17l14 14M31 17L17 31",
        Verdict::Unreachable => "M10 24h9M19 17v14M29 17v14M29 24h9",
        _ => "M19 19a5.5 5.5 0 1 1 7 6c-2 1-2 2-2 3.5M24 34v.5",
    };
    html! {
        svg.sign viewBox="0 0 48 48" aria-hidden="true" focusable="false" {
            circle cx="24" cy="24" r="21" {}
            path d=(path) {}
        }
    }
}

/// Writes seconds for people: more exact where they are few.
pub(super) fn seconds(value: f64) -> String {
    match value {
        value if !value.is_finite() => "unknown".into(),
        value if value < 10.0 => format!("{value:.1} s"),
        value if value < 120.0 => format!("{value:.0} s"),
        value if value < 7_200.0 => format!("{:.0} min", value / 60.0),
        value if value < 172_800.0 => format!("{:.1} h", value / 3_600.0),
        value => format!("{:.0} days", value / 86_400.0),
    }
}

/// Writes a lag; what is unknown is said to be.
pub(super) fn lag(link: &LinkStatus) -> String {
    link.lag_seconds.map_or_else(|| "lag unknown".into(), seconds)
}

/// Returns the word for a thread.
pub(super) fn io_word(io: Option<IoState>) -> &'static str {
    match io {
        Some(IoState::Running) => "running",
        Some(IoState::Connecting) => "connecting",
        Some(IoState::Stopped) => "stopped",
        _ => "unknown",
    }
}

/// Returns the word for a thread.
pub(super) fn sql_word(sql: Option<SqlState>) -> &'static str {
    match sql {
        Some(SqlState::Running) => "running",
        Some(SqlState::Stopped) => "stopped",
        _ => "unknown",
    }
}

/// Returns the words for a kind of event.
pub(super) fn kind_words(kind: EventKind) -> (&'static str, &'static str) {
    let class = crate::http::metrics::kind_name(kind);
    let words = match kind {
        EventKind::Watching => "watching",
        EventKind::Began => "began",
        EventKind::Ended => "over",
        EventKind::Flapping => "flapping",
        EventKind::WritersChanged => "writers changed",
        EventKind::DurabilityChanged => "commits",
        EventKind::Healed => "mended",
        EventKind::NotHealed => "not mended",
        EventKind::Guard => "guard",
        EventKind::GuardAlarm => "alarm of the guard",
    };
    (class, words)
}
