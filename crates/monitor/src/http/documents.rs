//! The documents for programs.

use super::{guard::plain, router, seen};
use axum::{
    extract::{Path, Query, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use seen::{Seen, waiting, worst};
use serde::Deserialize;
use serde_json::{Value, json};

const SCHEMA: u32 = 1;

/// One verdict and every pair.
pub(super) async fn status(State(state): State<router::State>) -> Response {
    let seen = Seen::all(&state);
    let waiting = waiting(&state, &seen);
    let (verdict, reason) = worst(&seen, &waiting);
    let pairs: Vec<Value> = seen.iter().map(pair_document).collect();
    document(&json!({
        "schema_version": SCHEMA, "verdict": verdict, "reason": reason, "pairs": pairs, "waiting": waiting,
    }))
}

/// Everything of one pair.
pub(super) async fn pair_status(State(state): State<router::State>, Path(pair): Path<String>) -> Response {
    match Seen::one(&state, &pair) {
        Some(seen) => document(&pair_document(&seen)),
        None => no_such_pair(),
    }
}

/// The lag of the last hour.
pub(super) async fn lag(State(state): State<router::State>, Path(pair): Path<String>) -> Response {
    let Some(seen) = Seen::one(&state, &pair) else {
        return no_such_pair();
    };
    let links: Vec<Value> = seen
        .report
        .status
        .links
        .iter()
        .map(|link| json!({"from": link.from, "to": link.to}))
        .collect();
    let points = state.board.lag_history(&pair);
    document(&json!({"schema_version": SCHEMA, "pair": pair, "links": links, "points": points}))
}

/// What a list of events is narrowed to.
#[derive(Deserialize)]
pub(super) struct Wanted {
    pair: Option<String>,
    #[serde(default)]
    after: u64,
}

/// The last events, the oldest first.
pub(super) async fn event_list(State(state): State<router::State>, Query(wanted): Query<Wanted>) -> Response {
    let mut events = state.board.events_after(wanted.after);
    if let Some(pair) = &wanted.pair {
        events.retain(|event| event.pair == *pair);
    }
    let events: Vec<&crate::MonitorEvent> = events.iter().map(AsRef::as_ref).collect();
    document(&json!({"schema_version": SCHEMA, "last": state.board.last_event(), "events": events}))
}

/// Makes the document of a pair: the report, its age, and the verdict that still holds at that age.
pub(super) fn pair_document(seen: &Seen) -> Value {
    let Ok(mut value) = serde_json::to_value(&*seen.report) else {
        return Value::Null;
    };
    value["verdict"] = json!(seen.verdict());
    value["reason"] = json!(seen.reason());
    value["age_seconds"] = json!(seen.age.as_secs_f64());
    value["stale"] = json!(seen.stale);
    value
}

fn document(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

fn no_such_pair() -> Response {
    plain(
        StatusCode::NOT_FOUND,
        "no pair of that name was judged; /api/v1/status lists them\n",
    )
}
