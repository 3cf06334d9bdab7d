//! Which path leads where.

use super::{
    HttpSettings, assets, dashboard, documents, events, guard, hosts::Hosts, metrics, probes, token::Token,
};
use crate::Board;
use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    middleware,
    response::Response,
    routing::{MethodRouter, get},
};
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// Streams of events at a time, so that probes always find a free connection.
pub(super) const STREAMS: usize = 128;

/// What answers are made of.
#[derive(Clone)]
pub(super) struct State {
    pub(super) board: Board,
    pub(super) token: Option<Token>,
    pub(super) hosts: Arc<Hosts>,
    pub(super) settings: Arc<HttpSettings>,
    pub(super) streams: Arc<Semaphore>,
    pub(super) end: CancellationToken,
}

impl State {
    /// Tells whether a caller may know more than one bit.
    pub(super) fn may_read(&self, headers: &HeaderMap) -> bool {
        self.token.as_ref().is_none_or(|token| token.is_shown(headers))
    }
}

/// Makes the table of all paths.
pub(super) fn router(state: State) -> Router {
    Router::new()
        .route("/", read(get(dashboard::front)))
        .route("/pairs/{pair}", read(get(dashboard::pair)))
        .route("/view", read(get(dashboard::front_view)))
        .route("/view/{pair}", read(get(dashboard::pair_view)))
        .route("/event-rows", read(get(dashboard::event_rows)))
        .route("/assets/{name}", read(get(assets::asset)))
        .route("/api/v1/status", read(get(documents::status)))
        .route("/api/v1/pairs/{pair}/status", read(get(documents::pair_status)))
        .route("/api/v1/pairs/{pair}/lag", read(get(documents::lag)))
        .route("/api/v1/event-list", read(get(documents::event_list)))
        .route("/api/v1/events", read(get(events::stream)))
        .route("/metrics", read(get(metrics::scrape)))
        .route("/livez", read(get(probes::alive)))
        .route("/readyz", read(get(probes::ready)))
        .route("/servers/{name}/primary", probes::primary_route())
        .route("/servers/{name}/replica", probes::replica_route())
        .route("/servers/{name}/health", probes::health_route())
        .fallback(nothing_there)
        .layer(middleware::from_fn_with_state(state.clone(), guard::guard))
        .with_state(state)
}

/// Answers OPTIONS with what is allowed.
fn read(methods: MethodRouter<State>) -> MethodRouter<State> {
    methods.options(|| async { (StatusCode::NO_CONTENT, [(header::ALLOW, "GET, HEAD, OPTIONS")]) })
}

async fn nothing_there() -> Response {
    guard::plain(StatusCode::NOT_FOUND, "nothing is here; the dashboard is at /\n")
}
