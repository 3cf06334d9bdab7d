#![no_main]
//! A SERVER argument: URL, Go DSN, host and port, socket. What is read names the same place again.

use dbha_sql::Endpoint;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match text.parse::<Endpoint>() {
        Ok(endpoint) => {
            assert!(!endpoint.name.is_empty());
            if endpoint.address.tcp().is_some() {
                let again: Endpoint = endpoint.name.parse().expect("an address is a SERVER");
                assert_eq!(again.address, endpoint.address);
            }
        }
        Err(error) => assert!(!error.to_string().contains('\n')),
    }
});
