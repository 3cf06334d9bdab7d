#![no_main]
//! The first packet of a server.

use dbha_sql::Greeting;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|payload: &[u8]| {
    if let Some(greeting) = Greeting::parse(payload) {
        assert!(payload[0] == 10 && greeting.version.len() <= payload.len() * 3);
    }
});
