//! What a run of the program left: exit code, standard output, standard error.

use serde_json::Value;

/// A run that has ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The command line.
    pub(crate) command: String,
    /// The exit code; `None` when a signal ended it.
    pub(crate) code: Option<i32>,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Ran {
    /// Fails the test unless the run ended with this code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// Fails the test unless standard error holds the text, wherever its lines end.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let found = one_line(&self.stderr).contains(&one_line(text));
        assert!(found, "standard error lacks {text:?}\n{self}");
        self
    }

    /// Fails the test unless standard error holds the last word of one failure, and what to do about it.
    #[track_caller]
    pub(crate) fn says_one_error_with_a_fix(self) -> Self {
        let errors = self
            .stderr
            .lines()
            .filter(|line| line.starts_with("dbha: "))
            .count();
        assert_eq!(errors, 1, "not one error\n{self}");
        assert!(self.stderr.contains("→ "), "no fix\n{self}");
        self
    }

    /// Reads standard output as one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }

    /// Reads standard output as one JSON document a line.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Value> {
        let lines = self.stdout.lines();
        let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        lines.map(read).collect()
    }

    /// Returns the ids of the steps that changed something, by the events of `-o ndjson`.
    #[track_caller]
    pub(crate) fn changed_steps(&self) -> Vec<String> {
        let events = self.events();
        let changed = events
            .iter()
            .filter(|event| event["event"] == "step_finished" && event["outcome"] == "changed");
        changed
            .map(|event| event["step"].as_str().unwrap().to_owned())
            .collect()
    }
}

impl std::fmt::Display for Ran {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            command,
            code,
            stdout,
            stderr,
        } = self;
        write!(
            f,
            "\n{command}\nexit code {code:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}"
        )
    }
}
