mod code;

pub use code::FindingCode;

use crate::Side;
use serde::{Deserialize, Serialize, Serializer, ser::SerializeStruct};
use std::fmt;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Nothing stops, but somebody should look at it.
    Warning,
    /// The set-up does not begin.
    Blocks,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Blocks => "blocks",
        })
    }
}

/// One thing that was found before anything was changed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Finding {
    /// Stable code.
    pub code: FindingCode,
    /// How much it weighs here.
    pub severity: Severity,
    /// The server that it is about; `None` for both.
    pub side: Option<Side>,
    /// What was seen.
    pub text: String,
    /// The command or line that mends it.
    pub fix: String,
    /// Exact statements or option lines that belong to the fix, each fit to be copied as it stands.
    #[serde(default)]
    pub lines: Vec<String>,
}

impl Finding {
    /// Makes a finding with the weight of its code.
    pub fn new(
        code: FindingCode,
        side: Option<Side>,
        text: impl Into<String>,
        fix: impl Into<String>,
    ) -> Self {
        Self {
            code,
            severity: code.severity(),
            side,
            text: text.into(),
            fix: fix.into(),
            lines: Vec::new(),
        }
    }

    /// Adds the statements or option lines that belong to the fix.
    #[must_use]
    pub fn with_lines(mut self, lines: Vec<String>) -> Self {
        self.lines = lines;
        self
    }

    /// Gives a weight of its own to this finding.
    #[must_use]
    pub fn weighing(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Tells whether the set-up may not begin.
    pub fn blocks(&self) -> bool {
        self.severity == Severity::Blocks
    }
}

/// With what the code itself says, so that a reader of the document needs no second source.
impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut document = serializer.serialize_struct("Finding", 9)?;
        document.serialize_field("code", &self.code)?;
        document.serialize_field("severity", &self.severity)?;
        document.serialize_field("side", &self.side)?;
        document.serialize_field("title", self.code.title())?;
        document.serialize_field("text", &self.text)?;
        document.serialize_field("why", self.code.why())?;
        document.serialize_field("fix", &self.fix)?;
        document.serialize_field("lines", &self.lines)?;
        document.serialize_field("ignorable", &self.code.is_ignorable())?;
        document.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_finding_of_an_earlier_document_is_still_read() {
        let old = r#"{"code":"DBHA-P07","severity":"blocks","side":"primary","text":"t","fix":"f"}"#;
        let finding: Finding = serde_json::from_str(old).unwrap();
        assert_eq!(
            finding,
            Finding::new(FindingCode::BinaryLogOff, Some(Side::Primary), "t", "f")
        );
        let now = serde_json::to_string(&finding).unwrap();
        assert!(now.contains(r#""ignorable":false"#), "{now}");
        assert_eq!(serde_json::from_str::<Finding>(&now).unwrap(), finding);
    }
}
