#![no_main]
//! Lines of SHOW GRANTS.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let found = dbha_sql::fuzzing::global_privileges(&lines);
    assert!(found.is_empty() || text.contains(" ON *.* TO "));
});
