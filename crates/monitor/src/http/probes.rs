//! What load balancers, Kubernetes and service managers ask: yes or no, with one line that says why.

use super::{guard::plain, router, seen::Seen};
use crate::roles::{Aged, Answer, Question, answer};
use axum::{
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    response::Response,
    routing::{MethodFilter, MethodRouter, on},
};
use serde::Deserialize;
use std::{io, path::Path as FilePath, time::Duration};

/// How long the loop may say nothing.
const ALIVE: Duration = Duration::from_secs(5);
/// How long the first look may take.
const FIRST: Duration = Duration::from_secs(10);
const REPLICA_LAG: Duration = Duration::from_secs(10);
const ASKED: MethodFilter = MethodFilter::GET.or(MethodFilter::HEAD).or(MethodFilter::OPTIONS);

/// Tells whether the loop runs.
pub(super) async fn alive(State(state): State<router::State>) -> Response {
    let limit = ALIVE.max(state.settings.stale_after());
    match state.board.since_tick() {
        Some(age) if age <= limit => yes("the loop runs"),
        Some(age) => no(&format!(
            "the loop has judged nothing for {:.0} s",
            age.as_secs_f64()
        )),
        None if state.board.age() <= FIRST => yes("the loop has just begun"),
        None if state.board.watched().is_some_and(|pairs| pairs.is_empty()) => {
            yes("no pair is to be watched")
        }
        None => no("the loop has judged nothing yet"),
    }
}

/// Tells whether every pair that is to be watched was judged once.
pub(super) async fn ready(State(state): State<router::State>) -> Response {
    let judged = state.board.reports();
    let missing = match state.board.watched() {
        Some(watched) => watched
            .iter()
            .filter(|name| judged.iter().all(|report| report.status.pair != **name))
            .count(),
        None => usize::from(judged.is_empty()),
    };
    if missing == 0 {
        yes("every pair was looked at")
    } else {
        no(&format!("{missing} of the pairs were not looked at yet"))
    }
}

pub(super) fn primary_route() -> MethodRouter<router::State> {
    on(
        ASKED,
        |State(state): State<router::State>, Path(name): Path<String>, headers: HeaderMap| async move {
            asked(&state, name, &headers, Question::Primary)
        },
    )
}

pub(super) fn health_route() -> MethodRouter<router::State> {
    on(
        ASKED,
        |State(state): State<router::State>, Path(name): Path<String>, headers: HeaderMap| async move {
            asked(&state, name, &headers, Question::Health)
        },
    )
}

/// How far a replica may be behind.
#[derive(Deserialize)]
struct Limit {
    lag: Option<String>,
}

pub(super) fn replica_route() -> MethodRouter<router::State> {
    on(
        ASKED,
        |State(state): State<router::State>,
         Path(name): Path<String>,
         Query(limit): Query<Limit>,
         headers: HeaderMap| async move {
            let lag = match limit.lag.as_deref().map(duration) {
                None => REPLICA_LAG,
                Some(Some(lag)) => lag,
                Some(None) => {
                    return plain(
                        StatusCode::BAD_REQUEST,
                        "lag is a time such as 10s, 500ms or 2m\n",
                    );
                }
            };
            asked(&state, name, &headers, Question::Replica { lag })
        },
    )
}

fn asked(state: &router::State, name: String, headers: &HeaderMap, question: Question) -> Response {
    if state.settings.maintenance_file.as_deref().is_some_and(is_there) {
        return no("maintenance");
    }
    let seen = Seen::all(state);
    let aged: Vec<Aged<'_>> = seen
        .iter()
        .map(|seen| Aged {
            report: &seen.report,
            age: seen.age,
        })
        .collect();
    match answer(&aged, &name, question, state.settings.stale_after()) {
        Answer::Yes(why) => yes(&why),
        Answer::No(why) => no(&why),
        Answer::NoSuchServer if !super::seen::waiting(state, &seen).is_empty() => {
            no("not every pair was looked at yet")
        }
        Answer::NoSuchServer => plain(StatusCode::NOT_FOUND, unknown(state, &seen, headers)),
    }
}

fn unknown(state: &router::State, seen: &[Seen], headers: &HeaderMap) -> String {
    if !state.may_read(headers) {
        return "no such server\n".into();
    }
    let names: Vec<&str> = seen
        .iter()
        .flat_map(|seen| &seen.report.status.servers)
        .map(|server| server.name.as_str())
        .collect();
    format!("no such server; known: {}\n", names.join(", "))
}

fn is_there(file: &FilePath) -> bool {
    match std::fs::symlink_metadata(file) {
        Ok(_) => true,
        Err(error) if error.kind() == io::ErrorKind::NotFound => false,
        Err(error) => {
            tracing::warn!(%error, file = %file.display(), "cannot tell whether it is there");
            false
        }
    }
}

/// Reads `10s`, `500ms`, `2m`, `1h` or a number of seconds.
fn duration(text: &str) -> Option<Duration> {
    let at = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
    let (number, unit) = text.split_at(at.unwrap_or(text.len()));
    let factor = match unit {
        "" | "s" => 1.0,
        "ms" => 0.001,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * factor).ok()
}

fn yes(why: &str) -> Response {
    plain(StatusCode::OK, format!("{why}\n"))
}

fn no(why: &str) -> Response {
    plain(StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read() {
        let ms = Duration::from_millis;
        for (text, read) in [
            ("10s", Some(ms(10_000))),
            ("10", Some(ms(10_000))),
            ("500ms", Some(ms(500))),
            ("2m", Some(ms(120_000))),
            ("0.5", Some(ms(500))),
            ("0", Some(ms(0))),
            ("", None),
            ("s", None),
            ("-1s", None),
            ("1d", None),
            ("1e9s", None),
            ("inf", None),
            ("99999999999999999999999999999999", None),
        ] {
            assert_eq!(duration(text), read, "{text}");
        }
    }
}
