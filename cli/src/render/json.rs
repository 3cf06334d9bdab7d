//! Documents for machines.

use serde::Serialize;

/// Prints a document on standard output, in one line or indented.
pub fn print(document: &impl Serialize, indented: bool) {
    let text = match indented {
        true => serde_json::to_string_pretty(document),
        false => serde_json::to_string(document),
    };
    match text {
        Ok(text) => data!("{text}"),
        Err(error) => talk!("dbha: cannot write JSON: {error}"),
    }
}
