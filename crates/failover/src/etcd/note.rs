//! What is left of a holder when its key is gone.

use super::messages::KeyValue;
use serde::{Deserialize, Serialize};

/// The last change of whoever held the vote last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Note {
    /// Revision that created its key.
    pub(super) created: i64,
    /// The lease by which it was held last: a key goes over from one holder to another.
    pub(super) lease: i64,
    /// Revision of its last renewal.
    pub(super) changed: i64,
    /// Seconds of its lease.
    pub(super) ttl: u64,
    /// Whether it gave the vote back.
    pub(super) released: bool,
}

#[derive(Serialize, Deserialize)]
struct Text {
    /// Missing at the creation, whose revision nobody knows beforehand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<i64>,
    #[serde(default)]
    lease: i64,
    ttl: u64,
    #[serde(default)]
    released: bool,
    #[serde(default)]
    value: String,
}

impl Note {
    pub(super) fn text(created: Option<i64>, lease: i64, ttl: u64, released: bool, value: &str) -> String {
        let text = Text {
            created,
            lease,
            ttl,
            released,
            value: value.to_owned(),
        };
        // Numbers, a boolean and a text always have a text.
        serde_json::to_string(&text).unwrap_or_default()
    }

    /// Reads a note; what somebody else wrote there is none.
    pub(super) fn read(found: &KeyValue) -> Option<Self> {
        let text: Text = serde_json::from_slice(&found.value).ok()?;
        Some(Self {
            created: text.created.unwrap_or(found.mod_revision),
            lease: text.lease,
            changed: found.mod_revision,
            ttl: text.ttl,
            released: text.released,
        })
    }

    /// Reads what the holder published last; empty where nothing can be read.
    pub(super) fn value(found: &KeyValue) -> String {
        let text: Option<Text> = serde_json::from_slice(&found.value).ok();
        text.map(|text| text.value).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(value: &str) -> KeyValue {
        KeyValue {
            value: value.as_bytes().to_vec(),
            mod_revision: 9,
            ..KeyValue::default()
        }
    }

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let created = Note::read(&found(&Note::text(None, 5, 10, false, "x"))).unwrap();
        assert_eq!(
            (created.created, created.changed, created.released),
            (9, 9, false)
        );
        let renewed = Note::read(&found(&Note::text(Some(4), 5, 10, true, "\"y"))).unwrap();
        assert_eq!((renewed.created, renewed.ttl, renewed.released), (4, 10, true));
        assert_eq!((created.lease, renewed.lease), (5, 5));
        assert_eq!(Note::value(&found(&Note::text(None, 5, 10, false, "\"y"))), "\"y");
        assert_eq!(Note::value(&found("[1]")), "");
    }

    #[test]
    fn whatever_else_stands_there_is_no_note() {
        for text in ["", "free", "{}", "[1]", r#"{"ttl":-1}"#] {
            assert_eq!(Note::read(&found(text)), None, "{text}");
        }
    }
}
