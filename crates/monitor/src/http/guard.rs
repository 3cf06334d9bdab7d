//! What every request passes before anything is looked up, and what every answer carries.

use super::{connection::Dialled, router::State};
use axum::{
    Extension,
    extract::{self, Request},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

const CONTENT_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, CONTENT_POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
];

/// Lets a request through that calls the monitor by its name, only reads, and may know what it asks for.
pub(super) async fn guard(
    extract::State(state): extract::State<State>,
    Extension(Dialled(dialled)): Extension<Dialled>,
    request: Request,
    next: Next,
) -> Response {
    let refused = if !state.hosts.allow(request.headers(), request.uri(), dialled) {
        Some(plain(
            StatusCode::MISDIRECTED_REQUEST,
            "this monitor is not called so; allow the name with --allow-host\n",
        ))
    } else {
        refusal(&state, &request)
    };
    let mut response = match refused {
        Some(response) => response,
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

fn refusal(state: &State, request: &Request) -> Option<Response> {
    if ![Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method()) {
        let mut response = plain(StatusCode::METHOD_NOT_ALLOWED, "everything here is only read\n");
        response
            .headers_mut()
            .insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
        return Some(response);
    }
    if !is_plain(request.uri().path()) {
        return Some(plain(StatusCode::BAD_REQUEST, "that is no path\n"));
    }
    if is_open(request.uri().path()) {
        return None;
    }
    if is_embedded_elsewhere(request.headers()) {
        return Some(plain(StatusCode::FORBIDDEN, "not for pages of other sites\n"));
    }
    if state.may_read(request.headers()) {
        return None;
    }
    let mut response = plain(StatusCode::UNAUTHORIZED, "show the token\n");
    // Browsers ask for a password only where Basic is offered; the name does not matter.
    response.headers_mut().insert(
        header::WWW_AUTHENTICATE,
        HeaderValue::from_static(
            "Basic realm=\"dbha monitor: any name, the token as password\", charset=\"UTF-8\"",
        ),
    );
    Some(response)
}

/// What tells one bit and is asked by machines that carry no token.
fn is_open(path: &str) -> bool {
    path == "/livez" || path == "/readyz" || path.starts_with("/servers/")
}

/// Nothing is read from a disk by path; odd ones are refused all the same, so that a proxy in front and this server
/// cannot understand them differently.
fn is_plain(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let steps = path.split('/').skip(1);
    let dots = |step: &str| {
        let step = step.to_ascii_lowercase().replace("%2e", ".");
        step == "." || step == ".."
    };
    path.starts_with('/')
        && !path.contains("//")
        && !path.contains('\\')
        && !["%00", "%0a", "%0d", "%5c"].iter().any(|odd| lower.contains(odd))
        && !steps.into_iter().any(dots)
}

/// Browsers say where a request comes from; a link that somebody follows is fine.
fn is_embedded_elsewhere(headers: &HeaderMap) -> bool {
    let said = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let foreign = matches!(said("sec-fetch-site"), Some("cross-site" | "same-site"));
    foreign && said("sec-fetch-mode") != Some("navigate")
}

/// Makes an answer of one line of text.
pub(super) fn plain(status: StatusCode, text: impl Into<String>) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    (status, kind, text.into()).into_response()
}
