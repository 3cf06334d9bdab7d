//! The same as tables, for those who read rather than look, and for browsers without a script.

use super::words;
use crate::{Heartbeat, LookReport, PairReport};
use dbha_core::ServerStatus;
use maud::{Markup, html};

/// Makes the tables of servers and links.
pub(super) fn figures(report: &PairReport) -> Markup {
    html! {
        h2 { "In figures" }
        (servers(report))
        (links(report))
    }
}

fn servers(report: &PairReport) -> Markup {
    let look = |name: &str| report.looks.iter().find(|look| look.server == name);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Servers" {
            table #servers {
                caption { "Servers" }
                thead { tr {
                    @for head in ["Server", "Role", "Version", "Writes", "Id", "Keys", "Answer in", "Clock", "Heartbeat"] {
                        th scope="col" { (head) }
                    }
                } }
                tbody {
                    @for server in &report.status.servers { (server_row(server, look(&server.name))) }
                }
            }
        }
    }
}

fn server_row(server: &ServerStatus, look: Option<&LookReport>) -> Markup {
    let writes = match (server.reachable, server.read_only) {
        (false, _) => "no answer",
        (_, None) => "unknown",
        (_, Some(true)) => "no",
        (_, Some(false)) => "yes",
    };
    let text = |value: Option<String>| value.unwrap_or_else(|| "–".into());
    let keys = server
        .auto_increment
        .map(|keys| format!("{}/{}", keys.increment, keys.offset));
    let clock = look.and_then(|look| look.clock_ahead).map(clock_words);
    html! {
        tr {
            th scope="row" { (server.name) }
            td { (server.role.as_deref().unwrap_or("–")) }
            td { (server.version.as_deref().unwrap_or("–")) }
            td { (writes) }
            td { (text(server.server_id.map(|id| id.to_string()))) }
            td { (text(keys)) }
            td { (text(look.map(|look| format!("{:.0} ms", look.took * 1000.0)))) }
            td { (text(clock)) }
            td { (look.map_or("–", |look| heartbeat_word(look.heartbeat))) }
        }
    }
}

pub(super) fn clock_words(ahead: f64) -> String {
    if ahead.abs() < 0.05 {
        return "equal".into();
    }
    let way = if ahead > 0.0 { "ahead" } else { "behind" };
    format!("{} {way}", words::seconds(ahead.abs()))
}

pub(super) fn heartbeat_word(heartbeat: Heartbeat) -> &'static str {
    match heartbeat {
        Heartbeat::Written => "written",
        Heartbeat::Off => "off",
        Heartbeat::ReadOnly => "read-only",
        Heartbeat::Stuck => "stuck",
        Heartbeat::Unknown => "unknown",
    }
}

fn links(report: &PairReport) -> Markup {
    let text = |value: Option<String>| value.unwrap_or_else(|| "unknown".into());
    html! {
        div.scroll tabindex="0" role="region" aria-label="Links" {
            table #links {
                caption { "Links" }
                thead { tr {
                    @for head in ["Link", "IO", "SQL", "Lag", "By heartbeat", "By the server", "Missing", "Error"] {
                        th scope="col" { (head) }
                    }
                } }
                tbody {
                    @for link in &report.status.links {
                        tr {
                            th scope="row" { (link.from) " → " (link.to) }
                            td { (words::io_word(link.io)) }
                            td { (words::sql_word(link.sql)) }
                            td { (text(link.lag_seconds.map(words::seconds))) }
                            td { (text(link.lag_heartbeat_seconds.map(words::seconds))) }
                            td { (text(link.lag_server_seconds.map(words::seconds))) }
                            td { (text(link.gtid_missing.map(|count| count.to_string()))) }
                            td.error {
                                @match &link.last_error {
                                    Some(error) => { (error.code) ": " (error.text) }
                                    None => "–",
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
