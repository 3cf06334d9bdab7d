//! What is now, of one pair.

use super::{
    drawing::drawing,
    problems::problems,
    utc::clock,
    words::{sign, verdict_word},
};
use crate::http::seen::Seen;
use dbha_core::{Verdict, WritableServers, Writers};
use maud::{Markup, html};

/// Makes the part that changes: verdict, alarm, drawing, problems.
pub(super) fn now(seen: &Seen) -> Markup {
    html! {
        (headline(seen.verdict(), &sentence(seen), &about(seen)))
        @if seen.report.setup_at_work {
            p.note { "A set-up by dbha is at work on this pair; what it changes is not told meanwhile." }
        }
        @if seen.report.silenced { p.note { "Alerts are silenced." } }
        @if !seen.stale { (alarm(seen)) }
        (drawing(&seen.report, seen.stale))
        (problems(&seen.report))
    }
}

/// Name of the pair, who has the writes since the last change of roles, and the moment of the look.
fn about(seen: &Seen) -> String {
    let status = &seen.report.status;
    let writer = match (&status.writer, status.term) {
        (Some(writer), Some(term)) => format!(" · {writer} has the writes (term {term})"),
        _ => String::new(),
    };
    let commits = match &status.durability {
        Some(durability) => format!(" · commits {}{}", durability.level, since(durability.since)),
        None => String::new(),
    };
    format!(
        "{}{writer}{commits} · as of {} UTC",
        status.pair,
        clock(seen.report.at)
    )
}

/// Since when it is so, by the clock of the day.
fn since(at: Option<f64>) -> String {
    at.map_or(String::new(), |at| format!(" since {}", super::utc::moment(at)))
}

/// Makes the headline: shape, word and sentence.
pub(super) fn headline(verdict: Verdict, reason: &str, about: &str) -> Markup {
    let (class, word) = verdict_word(verdict);
    html! {
        section class={ "verdict " (class) } data-verdict=(class) {
            (sign(verdict))
            div {
                h1 aria-live="polite" aria-atomic="true" {
                    span.word { (word) } span.colon { ": " } span.reason { (reason) "." }
                }
                p.about { (about) }
            }
        }
    }
}

/// The reason as the headline's sentence.
fn sentence(seen: &Seen) -> String {
    let short = seen.short_reason();
    let first = short.split([' ', ':']).next().unwrap_or_default();
    let is_name = seen
        .report
        .status
        .servers
        .iter()
        .any(|server| server.name == first);
    if is_name { short } else { capitalised(&short) }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// Says aloud who takes writes where that is not one server, or both as recorded.
fn alarm(seen: &Seen) -> Markup {
    let status = &seen.report.status;
    let unseen = status.servers.iter().any(|server| !server.reachable);
    let (title, text) = match (status.writers, status.writers_recorded) {
        (WritableServers::Both, Some(Writers::Both)) | (WritableServers::One, _) => return html! {},
        (WritableServers::Both, _) => (
            "Two servers take writes",
            "Only one should. The same row may be changed on both, and then they differ for good.",
        ),
        (WritableServers::None, _) if unseen => (
            "No reachable server takes writes",
            "The one that answers is read-only, and the other does not answer.",
        ),
        (WritableServers::None, _) => (
            "No server takes writes",
            "Both are read-only; applications cannot write.",
        ),
    };
    html! {
        section.alarm role="alert" {
            svg.alarm-sign viewBox="0 0 48 48" aria-hidden="true" focusable="false" {
                path d="M24 6L44 41H4Z" {}
                path.stroke d="M24 19v11M24 35v.5" {}
            }
            div { h2 { (title) } p { (text) } }
        }
    }
}
