use serde::{Deserialize, Serialize};

/// The row by which every later run knows what a clone changed for its time, and what the clone came from.
///
/// Written on the donor before anything else and removed there last; the recipient has it by the clone itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloneNote {
    /// Name of the run that wrote it.
    pub run: String,
    /// The server that is cloned, by its unique name.
    pub donor: String,
    /// The server that becomes the clone, by its unique name.
    pub recipient: String,
    /// Whether the plug-in was loaded into the donor for this clone.
    pub loaded_on_donor: bool,
    /// Whether the plug-in was loaded into the recipient for this clone.
    pub loaded_on_recipient: bool,
    /// What the recipient kept for its next start, before links and events were held.
    pub held: Vec<HeldSetting>,
}

/// A setting of the recipient that is another one over the restart that ends a clone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldSetting {
    /// Its name on the server.
    pub name: String,
    /// What was kept for the next start; `None` where nothing was.
    pub kept: Option<String>,
    /// What ran.
    pub running: String,
}

impl CloneNote {
    /// Returns everything but run and donor as the words that stand in the row.
    pub fn words(&self) -> String {
        let mut words = vec![format!("recipient={}", self.recipient)];
        if self.loaded_on_donor {
            words.push("loaded=donor".into());
        }
        if self.loaded_on_recipient {
            words.push("loaded=recipient".into());
        }
        for held in &self.held {
            let kept = held.kept.as_deref().unwrap_or("");
            words.push(format!("held={}:{kept}:{}", held.name, held.running));
        }
        words.join(" ")
    }

    /// Reads a row; words of a later version are passed over.
    pub fn of_row(run: &str, donor: &str, words: &str) -> Self {
        let mut note = Self {
            run: run.to_owned(),
            donor: donor.to_owned(),
            ..Self::default()
        };
        for word in words.split(' ') {
            match word.split_once('=') {
                Some(("recipient", uuid)) => note.recipient = uuid.to_owned(),
                Some(("loaded", "donor")) => note.loaded_on_donor = true,
                Some(("loaded", "recipient")) => note.loaded_on_recipient = true,
                Some(("held", rest)) => note.held.extend(held(rest)),
                _ => {}
            }
        }
        note
    }
}

/// Names of settings are the server's, and values ON, OFF or a number: a note that says anything else is none of ours.
fn held(text: &str) -> Option<HeldSetting> {
    let plain = |part: &str| part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let mut parts = text.splitn(3, ':');
    let (name, kept, running) = (parts.next()?, parts.next()?, parts.next()?);
    (plain(name) && plain(kept) && plain(running) && !name.is_empty()).then(|| HeldSetting {
        name: name.to_owned(),
        kept: Some(kept.to_owned()).filter(|kept| !kept.is_empty()),
        running: running.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written() {
        let held = |name: &str, kept: Option<&str>| HeldSetting {
            name: name.into(),
            kept: kept.map(str::to_owned),
            running: "ON".into(),
        };
        let note = CloneNote {
            run: "r".into(),
            donor: "d".into(),
            recipient: "11111111-2222".into(),
            loaded_on_donor: true,
            loaded_on_recipient: true,
            held: vec![
                held("event_scheduler", None),
                held("skip_replica_start", Some("OFF")),
            ],
        };
        assert_eq!(CloneNote::of_row("r", "d", &note.words()), note);
        let bare = CloneNote {
            recipient: "x".into(),
            ..CloneNote::default()
        };
        assert_eq!(CloneNote::of_row("", "", &bare.words()), bare);
    }

    #[test]
    fn what_could_be_a_statement_is_no_setting() {
        for words in [
            "held=a;b:ON:ON",
            "held=a:'x':ON",
            "held=:ON:ON",
            "held=a",
            "held=",
        ] {
            assert_eq!(CloneNote::of_row("", "", words).held, [], "{words}");
        }
    }
}
