//! The pages for people, complete without a script; the script only fetches the parts again that change.

mod card;
mod command;
mod drawing;
mod event_rows;
mod figures;
mod frame;
mod overview;
mod pair_view;
mod problems;
mod utc;
mod words;

use super::{
    guard::plain,
    router,
    seen::{Seen, waiting, worst},
};
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};
use frame::{Page, frame};
use maud::Markup;
use serde::Deserialize;

/// The front page: the only pair, or all of them.
pub(super) async fn front(State(state): State<router::State>) -> Response {
    let seen = Seen::all(&state);
    match only_pair(&state, &seen) {
        Some(pair) => pair_page(&state, pair, false),
        None => {
            let waiting = waiting(&state, &seen);
            let (verdict, reason) = worst(&seen, &waiting);
            sent(frame(&Page {
                pair: None,
                several: false,
                verdict,
                reason: &reason,
                now: overview::now(&seen, &waiting),
                figures: Markup::default(),
                events: event_rows::rows(&state.board.events_after(0), None),
                last_event: state.board.last_event(),
            }))
        }
    }
}

/// The page of one pair among several.
pub(super) async fn pair(State(state): State<router::State>, Path(name): Path<String>) -> Response {
    match Seen::one(&state, &name) {
        Some(seen) => pair_page(&state, &seen, Seen::all(&state).len() > 1),
        None => plain(
            StatusCode::NOT_FOUND,
            "no pair of that name was judged; / lists them\n",
        ),
    }
}

/// The parts of the front page that change.
pub(super) async fn front_view(State(state): State<router::State>) -> Response {
    let seen = Seen::all(&state);
    let waiting = waiting(&state, &seen);
    sent(frame::parts(&overview::now(&seen, &waiting), &Markup::default()))
}

/// The parts of a pair's page that change.
pub(super) async fn pair_view(State(state): State<router::State>, Path(name): Path<String>) -> Response {
    match Seen::one(&state, &name) {
        Some(seen) => sent(frame::parts(
            &pair_view::now(&seen),
            &figures::figures(&seen.report),
        )),
        None => plain(StatusCode::NOT_FOUND, "no pair of that name was judged\n"),
    }
}

/// Whose events are wanted.
#[derive(Deserialize)]
pub(super) struct Wanted {
    pair: Option<String>,
}

/// The rows of the list of events.
pub(super) async fn event_rows(State(state): State<router::State>, Query(wanted): Query<Wanted>) -> Response {
    let rows = event_rows::rows(&state.board.events_after(0), wanted.pair.as_deref());
    // Rows outside a table would be dropped by the browser.
    sent(maud::html! { table { tbody #event-rows { (rows) } } })
}

fn only_pair<'a>(state: &router::State, seen: &'a [Seen]) -> Option<&'a Seen> {
    match seen {
        [one] if waiting(state, seen).is_empty() => Some(one),
        _ => None,
    }
}

fn pair_page(state: &router::State, seen: &Seen, several: bool) -> Response {
    sent(frame(&Page {
        pair: Some(seen.name()),
        several,
        verdict: seen.verdict(),
        reason: &seen.reason(),
        now: pair_view::now(seen),
        figures: figures::figures(&seen.report),
        events: event_rows::rows(&state.board.events_after(0), Some(seen.name())),
        last_event: state.board.last_event(),
    }))
}

fn sent(markup: Markup) -> Response {
    Html(markup.into_string()).into_response()
}
