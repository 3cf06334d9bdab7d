//! Exit codes and the last words before them.

use crate::render::{finding, json, style};
use dbha_core::{BuildError, FenceError, Finding, SetupError, error_chain, harmless};
use dbha_testkit::TestkitError;
use serde::Serialize;

/// Failed, servers unchanged.
pub const FAILED: u8 = 1;
/// Usage or configuration.
pub const USAGE: u8 = 2;
/// Refused as unsafe.
const REFUSED: u8 = 6;
/// Outcome unknown.
const UNKNOWN: u8 = 9;
/// Interrupted.
pub const INTERRUPTED: u8 = 130;

/// Why a command failed: what was being done and what happened, what to do now, and the exit code.
#[derive(Debug)]
pub struct Failure {
    code: u8,
    text: String,
    fix: Option<String>,
    findings: Vec<Finding>,
}

impl Failure {
    /// A mistake on the command line or in the configuration.
    pub fn usage(text: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            code: USAGE,
            text: text.into(),
            fix: Some(fix.into()),
            findings: vec![],
        }
    }

    /// Something failed and no server was changed.
    pub fn failed(text: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            code: FAILED,
            text: text.into(),
            fix: Some(fix.into()),
            findings: vec![],
        }
    }

    /// Refused because it would not be safe; nothing was changed.
    pub fn refused(text: impl Into<String>, fix: impl Into<String>) -> Self {
        Self {
            code: REFUSED,
            text: text.into(),
            fix: Some(fix.into()),
            findings: vec![],
        }
    }

    /// Stopped by a signal.
    pub fn interrupted() -> Self {
        Self {
            code: INTERRUPTED,
            text: "interrupted".into(),
            fix: None,
            findings: vec![],
        }
    }

    /// Prints the failure as one document, for `-o json`.
    pub fn print_json(&self) {
        #[derive(Serialize)]
        struct Document<'a> {
            schema_version: u32,
            error: &'a str,
            fix: &'a Option<String>,
            exit_code: u8,
            findings: &'a [Finding],
        }
        let (error, fix, findings) = (self.text.as_str(), &self.fix, self.findings.as_slice());
        json::print(
            &Document {
                schema_version: 1,
                error,
                fix,
                exit_code: self.code,
                findings,
            },
            true,
        );
    }

    /// Returns the exit code.
    pub fn code(&self) -> u8 {
        self.code
    }

    /// Returns what was being done and what happened.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Prints the last words to standard error.
    pub fn print(&self) {
        let style = style::of_stderr();
        // Those that do not block were told before, or are not what stands in the way.
        for found in self.findings.iter().filter(|found| found.blocks()) {
            talk!("{}", finding::human(found, style));
        }
        if !self.text.is_empty() {
            talk!("{} {}", style.red("dbha:"), self.text);
        }
        if let Some(fix) = &self.fix {
            talk!("      {} {fix}", style.bold("→"));
        }
    }
}

impl From<SetupError> for Failure {
    fn from(error: SetupError) -> Self {
        // Servers have their words in it, and a line of theirs must not look like one of dbha's.
        let (text, fix) = (
            harmless(&error_chain(&error)),
            error.fix().map(|fix| harmless(&fix)),
        );
        let code = error.exit_code();
        let findings = match error {
            SetupError::Blocked(findings) | SetupError::Refused(findings) => findings,
            _ => vec![],
        };
        Self {
            code,
            text,
            fix,
            findings,
        }
    }
}

impl From<FenceError> for Failure {
    fn from(error: FenceError) -> Self {
        let (code, fix) = match &error {
            FenceError::NotHere { .. } => (REFUSED, "run it there, or name the server of this machine"),
            FenceError::NotAServer { .. } | FenceError::LedElsewhere { .. } => (
                REFUSED,
                "name the server by an address at which it listens itself, or by its socket",
            ),
            FenceError::Hidden { .. } => (REFUSED, "run it as root on the server's own machine"),
            FenceError::Machine { .. } => (FAILED, "read the message"),
            _ => (UNKNOWN, "the server may take writes: look at it, and stop it"),
        };
        Self {
            code,
            text: harmless(&error_chain(&error)),
            fix: Some(fix.into()),
            findings: vec![],
        }
    }
}

impl From<BuildError> for Failure {
    fn from(error: BuildError) -> Self {
        Self::usage(error.to_string(), "give --primary and --secondary")
    }
}

impl From<TestkitError> for Failure {
    fn from(error: TestkitError) -> Self {
        Self {
            code: FAILED,
            text: error_chain(&error),
            fix: None,
            findings: vec![],
        }
    }
}
