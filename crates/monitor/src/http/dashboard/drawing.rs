//! Both servers, and an arrow for each link.

use super::{card, words};
use crate::PairReport;
use dbha_core::{IoState, LinkStatus, SqlState, Status};
use maud::{Markup, html};

/// Draws the pair; where it was last seen too long ago, nothing in it looks alive.
pub(super) fn drawing(report: &PairReport, stale: bool) -> Markup {
    let status = &report.status;
    let middle = html! {
        div.links {
            @for (at, link) in status.links.iter().enumerate() { (arrow(link, at == 0, status)) }
        }
    };
    html! {
        section class={ "pair" @if stale { " stale" } } aria-label="Servers and links" {
            @for (at, server) in status.servers.iter().enumerate() {
                (card::card(server, report))
                @if at == 0 { (middle) }
            }
        }
    }
}

/// How a link is drawn.
fn state(link: &LinkStatus, status: &Status) -> (&'static str, &'static str) {
    let lagging = status.servers.iter().any(|server| {
        server.name == link.to
            && server
                .problems
                .iter()
                .any(|problem| problem.code == dbha_core::Condition::Lag)
    });
    match (link.io, link.sql) {
        (None, _) | (_, None) => ("unseen", "cannot be seen"),
        (_, Some(SqlState::Stopped)) | (Some(IoState::Stopped), _) => ("stopped", "stopped"),
        (Some(IoState::Connecting), _) => ("stopped", "not connected"),
        _ if lagging => ("behind", "behind"),
        _ => ("runs", "runs"),
    }
}

fn arrow(link: &LinkStatus, forward: bool, status: &Status) -> Markup {
    let (class, word) = state(link, status);
    let way = if forward { "forward" } else { "backward" };
    html! {
        div class={ "link " (class) " " (way) } {
            p.way { b { (link.from) } " → " b { (link.to) } " " span.state { (word) } }
            (drawn(class, forward))
            p.lag {
                @if class == "unseen" { "unknown" } @else { (words::lag(link)) }
                @if link.lag_seconds.is_some() { " " span.quiet { "behind" } }
            }
            p.threads {
                "IO " b.bad[link.io.is_some_and(|io| io != IoState::Running)] { (words::io_word(link.io)) }
                " · SQL " b.bad[link.sql.is_some_and(|sql| sql != SqlState::Running)] { (words::sql_word(link.sql)) }
                @if let Some(missing) = link.gtid_missing.filter(|missing| *missing > 0) {
                    " · " b { (missing) } " transactions to come"
                }
            }
            @if link.received.is_some() || link.applied.is_some() {
                dl.positions {
                    @if let Some(received) = &link.received { div { dt { "received" } dd { (received) } } }
                    @if let Some(applied) = &link.applied { div { dt { "applied" } dd { (applied) } } }
                }
            }
            @if let Some(error) = &link.last_error {
                p.error title=(error.text) { b { "Error " (error.code) } " " (error.text) }
            }
        }
    }
}

fn drawn(class: &str, forward: bool) -> Markup {
    let head = if forward {
        "M228 4L238 12L228 20"
    } else {
        "M12 4L2 12L12 20"
    };
    html! {
        svg.arrow viewBox="0 0 240 24" preserveAspectRatio="xMidYMid meet" aria-hidden="true" focusable="false" {
            @if class == "stopped" {
                path.line d="M4 12H100M140 12H236" {}
                path.cut d="M112 4L128 20M128 4L112 20" {}
            } @else {
                path.line d="M4 12H236" {}
            }
            @if class == "runs" || class == "behind" {
                @if forward { path.flow d="M4 12H236" {} } @else { path.flow d="M236 12H4" {} }
            }
            path.head d=(head) {}
        }
    }
}
