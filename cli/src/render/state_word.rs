//! The state of a thread in the word that JSON uses for it.

use serde::Serialize;

/// Returns the word of a state; `unknown` where it could not be looked at.
pub fn state_word<T: Serialize>(state: Option<T>) -> String {
    let value = state.and_then(|state| serde_json::to_value(state).ok());
    value
        .and_then(|value| value.as_str().map(str::to_owned))
        .unwrap_or_else(|| "unknown".into())
}
