use serde::{Serialize, Serializer};
use std::fmt;

/// One SQL statement: the text to send, and the text to show, in which secrets are masked.
///
/// Statements are built only in the `statements` folders; `Display` and `Serialize` give the masked text.
#[derive(Clone, PartialEq, Eq)]
pub struct Statement {
    sent: String,
    shown: Option<String>,
}

impl Statement {
    /// Makes a statement that holds nothing secret.
    pub fn new(sql: impl Into<String>) -> Self {
        Self {
            sent: sql.into(),
            shown: None,
        }
    }

    /// Makes a statement with a secret in it; `shown` is the same text with the secret masked.
    pub fn with_secret(sql: impl Into<String>, shown: impl Into<String>) -> Self {
        Self {
            sent: sql.into(),
            shown: Some(shown.into()),
        }
    }

    /// Returns the text that goes to the server.
    pub fn sql(&self) -> &str {
        &self.sent
    }

    /// Returns the text that may be shown.
    pub fn shown(&self) -> &str {
        self.shown.as_deref().unwrap_or(&self.sent)
    }

    /// Tells whether the text to send holds a secret, so that a server's echo of it must not be shown.
    pub fn is_secret(&self) -> bool {
        self.shown.is_some()
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.shown())
    }
}

impl fmt::Debug for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Statement({})", self.shown())
    }
}

impl Serialize for Statement {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.shown())
    }
}
