//! A script in named sections, whose outputs are told apart whatever they hold.

use dbha_sql::generate_password;
use std::collections::BTreeMap;

/// What each section printed.
#[derive(Debug, Default)]
pub(crate) struct Sections(BTreeMap<String, Vec<u8>>);

impl Sections {
    pub(crate) fn bytes(&self, name: &str) -> &[u8] {
        self.0.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns a section as text without the blanks around it.
    pub(crate) fn text(&self, name: &str) -> String {
        String::from_utf8_lossy(self.bytes(name)).trim().to_owned()
    }

    /// Returns the words of a section that are ended by zeros, as in `/proc/PID/cmdline`.
    pub(crate) fn words(&self, name: &str) -> Vec<String> {
        let words = self.bytes(name).split(|byte| *byte == 0);
        let mut words: Vec<String> = words
            .map(|word| String::from_utf8_lossy(word).into_owned())
            .collect();
        if words.last().is_some_and(String::is_empty) {
            words.pop();
        }
        words
    }
}

/// A script that is being put together.
#[derive(Debug)]
pub(crate) struct Script {
    mark: String,
    body: String,
}

impl Script {
    /// Begins a script; its sections are told apart by a word that nobody can know beforehand.
    pub(crate) fn new() -> Self {
        let mark = generate_password().map_or_else(|_| "dbha".into(), |random| random.expose().to_owned());
        Self {
            mark,
            body: String::new(),
        }
    }

    /// Returns the word by which sections are told apart.
    pub(crate) fn mark(&self) -> &str {
        &self.mark
    }

    /// Adds commands whose output is kept under a name; what they return does not matter.
    #[must_use]
    pub(crate) fn section(mut self, name: &str, commands: &str) -> Self {
        let mark = &self.mark;
        self.body
            .push_str(&format!("printf '\\n%s %s\\n' {mark} {name}\n{commands}\n"));
        self
    }

    /// Returns the whole text. The shell reads it to its end before it runs any of it.
    pub(crate) fn text(&self) -> String {
        format!("{{\n{}:\n}} </dev/null\n", self.body)
    }

    pub(crate) fn read(&self, output: &[u8]) -> Sections {
        let mark = format!("\n{} ", self.mark).into_bytes();
        let mut sections = BTreeMap::new();
        let mut rest = output;
        while let Some(at) = find(rest, &mark) {
            rest = &rest[at + mark.len()..];
            let Some(line) = rest.iter().position(|byte| *byte == b'\n') else {
                break;
            };
            let name = String::from_utf8_lossy(&rest[..line]).into_owned();
            rest = &rest[line + 1..];
            let end = find(rest, &mark).unwrap_or(rest.len());
            sections.insert(name, rest[..end].to_vec());
        }
        Sections(sections)
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sections_are_told_apart() {
        let script = Script::new().section("a", "").section("b", "");
        let mark = &script.mark;
        let output = format!("\n{mark} a\none\ntwo\n\n{mark} b\nx\0y z\0");
        let sections = script.read(output.as_bytes());
        assert_eq!(sections.text("a"), "one\ntwo");
        assert_eq!(sections.words("b"), ["x", "y z"]);
        assert_eq!(sections.text("c"), "");
    }
}
