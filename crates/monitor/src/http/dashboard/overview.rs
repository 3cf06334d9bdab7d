//! All pairs, the worst first.

use super::{
    pair_view::headline,
    problems,
    words::{lag, sign, verdict_word},
};
use crate::http::seen::{Seen, weight, worst};
use dbha_core::{Verdict, WritableServers};
use maud::{Markup, html};

/// Makes the part that changes: one verdict and the list.
pub(super) fn now(seen: &[Seen], waiting: &[String]) -> Markup {
    let (verdict, reason) = worst(seen, waiting);
    let mut sorted: Vec<&Seen> = seen.iter().collect();
    sorted.sort_by_key(|pair| (std::cmp::Reverse(weight(pair.verdict())), pair.name().to_owned()));
    let (worse, better): (Vec<&Seen>, Vec<&Seen>) = sorted
        .into_iter()
        .partition(|pair| weight(pair.verdict()) > weight(Verdict::Unknown));
    html! {
        (headline(verdict, &reason, &tally(seen, waiting)))
        ol.overview {
            @for pair in worse { (row(pair)) }
            @for name in waiting { (waiting_row(name)) }
            @for pair in better { (row(pair)) }
        }
    }
}

fn tally(seen: &[Seen], waiting: &[String]) -> String {
    let mut parts = vec![format!("{} pairs", seen.len() + waiting.len())];
    for verdict in [
        Verdict::Unreachable,
        Verdict::Broken,
        Verdict::Unknown,
        Verdict::Degraded,
        Verdict::Lagging,
        Verdict::Healthy,
    ] {
        let alike = seen.iter().filter(|pair| pair.verdict() == verdict).count();
        if alike > 0 {
            parts.push(format!("{alike} {verdict}"));
        }
    }
    if !waiting.is_empty() {
        parts.push(format!("{} not looked at yet", waiting.len()));
    }
    parts.join(" · ")
}

fn waiting_row(name: &str) -> Markup {
    html! {
        li.row.unknown {
            div.inner {
                (sign(Verdict::Unknown))
                span.name { (name) } span.word { "Unknown" }
                span.reason { "not looked at yet" }
            }
        }
    }
}

fn row(pair: &Seen) -> Markup {
    let (class, word) = verdict_word(pair.verdict());
    let status = &pair.report.status;
    let writers = match status.writers {
        WritableServers::None => "none writable",
        WritableServers::One => "one writable",
        WritableServers::Both => "two writable",
    };
    let found = problems::count(status);
    html! {
        li class={ "row " (class) } {
            a.inner href={ "/pairs/" (encoded(pair.name())) } {
                (sign(pair.verdict()))
                span.name { (pair.name()) }
                span.word { (word) }
                span.reason { (pair.short_reason()) }
                @if !pair.stale {
                    span.lags {
                        @for link in &status.links { span { "→ " (link.to) " " b { (lag(link)) } } }
                        span { (writers) }
                        @if found > 1 { span { (found) " findings" } }
                    }
                }
            }
        }
    }
}

/// Encodes a name as one step of a path.
pub(super) fn encoded(name: &str) -> String {
    let mut out = String::new();
    for byte in name.bytes() {
        // A step that is only dots would be another path.
        if byte.is_ascii_alphanumeric() || b"-_~+".contains(&byte) || (byte == b'.' && !name.starts_with('.'))
        {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}
