//! What Prometheus scrapes; made anew from the last reports at each scrape, so that nothing that is gone stays.

mod legacy;
mod links;
mod page;
mod servers;
mod text_format;

use super::{router, seen::Seen};
use crate::EventKind;
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use page::{Page, labels};

/// Answers a scrape.
pub(super) async fn scrape(State(state): State<router::State>) -> Response {
    let Some(text) = text(&state) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let kind = "text/plain; version=0.0.4; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], text).into_response()
}

/// Writes all metrics; what is unknown, or was last seen too long ago, has no sample.
fn text(state: &router::State) -> Option<String> {
    let seen = Seen::all(state);
    let mut page = Page::default();
    about_monitor(&mut page, state, &seen);
    let fresh: Vec<&crate::PairReport> = seen
        .iter()
        .filter(|seen| !seen.stale)
        .map(|seen| &*seen.report)
        .collect();
    servers::write(&mut page, &fresh);
    links::write(&mut page, &fresh);
    if state.settings.legacy_metrics {
        legacy::write(&mut page, &fresh);
    }
    page.text()
}

fn about_monitor(page: &mut Page, state: &router::State, seen: &[Seen]) {
    let build = page.gauge("dbha_build_info", "Which dbha this is; always 1");
    build.set(labels([("version", env!("CARGO_PKG_VERSION"))]), 1.0);
    let age = page.gauge("dbha_report_age_seconds", "How long ago the pair was judged");
    for pair in seen {
        age.set(labels([("pair", pair.name())]), pair.age.as_secs_f64());
    }
    let counts = state.board.event_counts();
    let events = page.counter("dbha_events", "Events that were told in this run of the monitor");
    for ((pair, kind), count) in &counts {
        events.add(labels([("pair", pair), ("kind", kind_name(*kind))]), *count);
    }
}

/// Returns the word for a kind of event, as in the documents.
pub(super) fn kind_name(kind: EventKind) -> &'static str {
    match kind {
        EventKind::Watching => "watching",
        EventKind::Began => "began",
        EventKind::Ended => "ended",
        EventKind::Flapping => "flapping",
        EventKind::WritersChanged => "writers_changed",
        EventKind::DurabilityChanged => "durability_changed",
        EventKind::Healed => "healed",
        EventKind::NotHealed => "not_healed",
        EventKind::Guard => "guard",
        EventKind::GuardAlarm => "guard_alarm",
    }
}
