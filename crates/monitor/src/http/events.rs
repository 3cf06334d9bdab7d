//! The stream of what is new: server-sent events.

use super::{guard::plain, router};
use crate::News;
use axum::{
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, Sse},
    },
};
use futures_util::stream::{self, Stream};
use serde::Deserialize;
use std::{collections::VecDeque, convert::Infallible, time::Duration};
use tokio::{
    sync::{OwnedSemaphorePermit, broadcast},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// A word at least so often, so that both ends and everything between know that the other is there.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// What of the news is wanted.
#[derive(Deserialize)]
pub(super) struct Wanted {
    pair: Option<String>,
    after: Option<u64>,
}

struct Reader {
    waiting: VecDeque<Event>,
    news: broadcast::Receiver<News>,
    pair: Option<String>,
    /// Events up to this number were sent.
    sent: u64,
    end: CancellationToken,
    over: bool,
    _place: OwnedSemaphorePermit,
}

/// Sends all reports, the events since the last one that the reader has, and then whatever comes.
pub(super) async fn stream(
    State(state): State<router::State>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let Ok(place) = state.streams.clone().try_acquire_owned() else {
        let mut response = plain(StatusCode::SERVICE_UNAVAILABLE, "too many readers of events\n");
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
        return response;
    };
    let said = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let last = said.and_then(|text| text.parse().ok()).or(wanted.after);
    let reader = Reader::new(&state, wanted.pair, last, place);
    let mut response = Sse::new(news(reader)).into_response();
    // Proxies that gather answers would hold the news back.
    response
        .headers_mut()
        .insert("x-accel-buffering", HeaderValue::from_static("no"));
    response
}

impl Reader {
    fn new(
        state: &router::State,
        pair: Option<String>,
        last: Option<u64>,
        place: OwnedSemaphorePermit,
    ) -> Self {
        // Subscribed first: what comes between this and the lists is told twice by the news, and dropped by its number.
        let news = state.board.subscribe();
        let newest = state.board.last_event();
        let mut reader = Self {
            waiting: VecDeque::new(),
            news,
            pair,
            sent: last.unwrap_or(newest),
            end: state.end.clone(),
            over: false,
            _place: place,
        };
        if reader.sent > newest {
            // The numbers are those of another run.
            reader.sent = newest;
            reader.waiting.push_back(reload());
        }
        for event in state.board.events_after(reader.sent) {
            reader.take(News::Event(event));
        }
        for report in state.board.reports() {
            reader.take(News::Report(report));
        }
        reader
    }

    fn take(&mut self, news: News) {
        let (name, pair) = match &news {
            News::Report(report) => ("report", &report.status.pair),
            News::Event(event) => ("event", &event.pair),
        };
        if self.pair.as_ref().is_some_and(|wanted| wanted != pair) {
            return;
        }
        let (text, id) = match &news {
            News::Report(report) => (serde_json::to_string(&**report), None),
            News::Event(event) if event.seq <= self.sent => return,
            News::Event(event) => (serde_json::to_string(&**event), Some(event.seq)),
        };
        let Ok(text) = text else { return };
        let event = Event::default().event(name).data(text);
        self.waiting.push_back(match id {
            Some(id) => {
                self.sent = id;
                event.id(id.to_string())
            }
            None => event,
        });
    }

    /// Returns what is to be sent next; `None` at the end.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            if self.over {
                return None;
            }
            let heard = tokio::select! {
                heard = timeout(KEEP_ALIVE, self.news.recv()) => heard,
                () = self.end.cancelled() => return None,
            };
            match heard {
                Err(_) => return Some(Event::default().comment("still here")),
                Ok(Ok(news)) => self.take(news),
                Ok(Err(broadcast::error::RecvError::Closed)) => return None,
                // Too slow: it has missed something, and has to begin anew.
                Ok(Err(broadcast::error::RecvError::Lagged(_))) => {
                    self.over = true;
                    return Some(reload());
                }
            }
        }
    }
}

fn reload() -> Event {
    Event::default()
        .event("reload")
        .data("something was missed; load everything anew")
}

fn news(reader: Reader) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok(event), reader))
    })
}
