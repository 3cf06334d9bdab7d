use super::open::Key;
use crate::{EventKind, MonitorEvent};
use dbha_core::harmless;
use serde::Serialize;

/// Something that people are told.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Alert {
    /// Version of this document's form.
    pub schema_version: u32,
    /// One line for people, in the form that Slack and its like take.
    pub text: String,
    /// What happened.
    pub event: MonitorEvent,
}

impl Alert {
    /// Makes an alert of an event.
    pub fn of(event: MonitorEvent) -> Self {
        Self {
            schema_version: 1,
            text: text(&event),
            event,
        }
    }

    /// What this is the first word about.
    pub(super) fn opens(&self) -> Option<Key> {
        match self.event.kind {
            EventKind::Began | EventKind::Flapping => Key::of_event(&self.event),
            _ => None,
        }
    }

    /// What this is the last word about.
    pub(super) fn closes(&self) -> Option<Key> {
        match self.event.kind {
            EventKind::Ended => Key::of_event(&self.event),
            _ => None,
        }
    }
}

fn text(event: &MonitorEvent) -> String {
    let code = event
        .code
        .map(|code| format!("{} ", code.as_str()))
        .unwrap_or_default();
    let what = match event.kind {
        EventKind::Flapping => format!("comes and goes: {code}{}", event.text),
        _ => format!("{code}{}", event.text),
    };
    let fix = match (&event.fix, event.kind) {
        (Some(fix), EventKind::Began | EventKind::Flapping | EventKind::NotHealed) => format!(" → {fix}"),
        _ => String::new(),
    };
    escaped(&harmless(&format!(
        "{} is {}: {what}{fix}",
        event.pair, event.verdict
    )))
}

/// In such a text these three would begin links and calls for everybody; a server has its words in it (scenario 82).
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
