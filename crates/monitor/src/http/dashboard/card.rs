//! One server.

use super::figures::{clock_words, heartbeat_word};
use crate::{LookReport, PairReport};
use dbha_core::{ServerStatus, Status, WritableServers, Writers};
use maud::{Markup, html};

/// Draws the card of a server.
pub(super) fn card(server: &ServerStatus, report: &PairReport) -> Markup {
    let look = report.looks.iter().find(|look| look.server == server.name);
    html! {
        article class={ "server" @if !server.reachable { " gone" } } {
            header {
                h3 { (server.name) }
                (badge(server, &report.status))
            }
            p.role { (role(server)) @if server.address != server.name { " · " (server.address) } }
            dl.facts {
                @for (name, value) in facts(server, look) { div { dt { (name) } dd { (value) } } }
            }
            @if let Some(gtid) = server.gtid.as_deref().filter(|gtid| !gtid.is_empty()) {
                p.position { span.quiet { "position " } span.mono { (breakable(gtid)) } }
            }
            @if let Some(errant) = &server.errant {
                p.position { b { "cannot reach the other: " } span.mono { (breakable(errant)) } }
            }
        }
    }
}

/// A set of GTIDs that a narrow card may break between its parts; copied, it is the same text.
fn breakable(gtids: &str) -> Markup {
    html! { @for (at, part) in gtids.split(',').enumerate() { @if at > 0 { "," wbr; } (part) } }
}

fn badge(server: &ServerStatus, status: &Status) -> Markup {
    let too_many = status.writers == WritableServers::Both && status.writers_recorded != Some(Writers::Both);
    let none = status.writers == WritableServers::None;
    let (class, word) = match (server.reachable, server.read_only) {
        (false, _) => ("away", "no answer"),
        (_, None) => ("away", "writes unknown"),
        (_, Some(false)) if too_many => ("writable loud", "writable!"),
        (_, Some(false)) => ("writable", "writable"),
        (_, Some(true)) if none => ("read-only loud", "read-only!"),
        (_, Some(true)) => ("read-only", "read-only"),
    };
    html! { span class={ "badge " (class) } { (word) } }
}

fn role(server: &ServerStatus) -> String {
    let role = match server.role.as_deref() {
        Some(role) => role,
        None if server.reachable => "no role recorded",
        None => "role not seen",
    };
    match (&server.flavor, &server.version) {
        (Some(flavor), Some(version)) => format!("{role} · {}", with_flavor(&flavor.to_string(), version)),
        _ => role.to_owned(),
    }
}

/// MariaDB says its name in its version; once is enough.
fn with_flavor(flavor: &str, version: &str) -> String {
    let number = version.split('-').next().unwrap_or(version);
    format!("{flavor} {number}")
}

fn facts(server: &ServerStatus, look: Option<&LookReport>) -> Vec<(&'static str, String)> {
    let mut facts = Vec::new();
    if let Some(id) = server.server_id {
        facts.push(("server id", id.to_string()));
    }
    if let Some(keys) = server.auto_increment {
        facts.push(("keys", format!("{} + n × {}", keys.offset, keys.increment)));
    }
    if let Some(kept) = server.settings_persisted {
        let lost = server.lost_at_restart.len();
        let text = if kept {
            "as now".into()
        } else {
            format!("{lost} settings lost")
        };
        facts.push(("after a restart", text));
    }
    let Some(look) = look else { return facts };
    if server.reachable {
        facts.push(("answers in", format!("{:.0} ms", look.took * 1000.0)));
        facts.push(("heartbeat", heartbeat_word(look.heartbeat).into()));
        if let Some(ahead) = look.clock_ahead {
            facts.push(("clock", clock_words(ahead)));
        }
    } else if let Some(at) = look.answered_at {
        facts.push(("last answer", format!("{} UTC", super::utc::moment(at))));
    }
    facts
}
