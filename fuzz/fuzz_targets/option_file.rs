#![no_main]
//! An option file with the client's account.

use dbha_sql::ClientOptions;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let found = ClientOptions::parse(text);
    assert!(found.password.is_none_or(|password| password.expose().len() <= text.len()));
});
