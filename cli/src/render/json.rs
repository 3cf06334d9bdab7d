//! Documents for machines.

use dbha_core::is_unprintable;
use serde::Serialize;

/// Prints a document on standard output, in one line or indented.
pub fn print(document: &impl Serialize, indented: bool) {
    let text = match indented {
        true => serde_json::to_string_pretty(document),
        false => serde_json::to_string(document),
    };
    match text {
        Ok(text) => data!("{}", escaped(&text)),
        Err(error) => talk!("dbha: cannot write JSON: {error}"),
    }
}

/// Returns a document in one line.
pub fn line(document: &impl Serialize) -> Option<String> {
    serde_json::to_string(document).ok().map(|text| escaped(&text))
}

/// Escapes what a terminal must not see; outside its strings JSON has no such characters but ends of lines.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match is_unprintable(c) && c != '\n' {
            true => c
                .encode_utf16(&mut [0; 2])
                .iter()
                .for_each(|unit| safe.push_str(&format!("\\u{unit:04x}"))),
            false => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    #[test]
    fn scenario_82_unprintable_characters_are_escaped_and_read_back() {
        let hostile = "a\u{9b}31m\u{202e}\u{7f}\u{e0041}é🦀";
        let text = super::escaped(&serde_json::to_string(hostile).unwrap());
        assert!(!text.chars().any(dbha_core::is_unprintable), "{text:?}");
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), hostile);
    }
}
