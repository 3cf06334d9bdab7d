//! Files that come with the program; nothing is read from a disk.

use super::guard::plain;
use axum::{
    extract::Path,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

const SCRIPT: &str = "text/javascript; charset=utf-8";
const STYLE: &str = "text/css; charset=utf-8";
const TEXT: &str = "text/plain; charset=utf-8";

/// Name, kind and content. uPlot stands as its authors made it, under its licence.
const FILES: [(&str, &str, &str); 7] = [
    ("monitor.css", STYLE, include_str!("assets/monitor.css")),
    ("monitor.js", SCRIPT, include_str!("assets/monitor.js")),
    ("morph.js", SCRIPT, include_str!("assets/morph.js")),
    ("chart.js", SCRIPT, include_str!("assets/chart.js")),
    ("uplot.min.js", SCRIPT, include_str!("assets/uplot.min.js")),
    ("uplot.min.css", STYLE, include_str!("assets/uplot.min.css")),
    ("uplot.LICENSE", TEXT, include_str!("assets/uplot.LICENSE")),
];

/// The sign in the browser's tab: a shape as well as a colour.
const SIGNS: [(&str, &str, &str); 6] = [
    ("healthy", "#1f8a5b", "M9 17l5 5 9-11"),
    ("lagging", "#b7791f", "M16 9v8l5 3"),
    ("degraded", "#c2680a", "M16 9v9M16 22v1"),
    ("broken", "#c93434", "M11 11l10 10M21 11L11 21"),
    ("unreachable", "#c93434", "M7 16h6M13 11v10M19 11v10M19 16h6"),
    ("unknown", "#6b7280", "M12 12a4 4 0 1 1 4 5v2M16 23v.5"),
];

/// Hands out one file.
pub(super) async fn asset(Path(name): Path<String>) -> Response {
    let kept = (header::CACHE_CONTROL, "private, max-age=300");
    if let Some((_, kind, text)) = FILES.iter().find(|(file, _, _)| *file == name) {
        return ([(header::CONTENT_TYPE, *kind), kept], *text).into_response();
    }
    let sign = name
        .strip_prefix("sign-")
        .and_then(|rest| rest.strip_suffix(".svg"));
    match SIGNS.iter().find(|(verdict, _, _)| sign == Some(verdict)) {
        Some((_, colour, path)) => (
            [(header::CONTENT_TYPE, "image/svg+xml"), kept],
            drawn(colour, path),
        )
            .into_response(),
        None => plain(StatusCode::NOT_FOUND, "no such file\n"),
    }
}

fn drawn(colour: &str, path: &str) -> String {
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><circle cx='16' cy='16' r='15' fill='{colour}'/>\
         <path d='{path}' fill='none' stroke='#fff' stroke-width='3' stroke-linecap='round' stroke-linejoin='round'/></svg>"
    )
}
