#![no_main]
//! The version of a server: read or refused, and nothing of it is lost.

use dbha_sql::{Version, harmless, is_unprintable, printable};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok((flavor, version)) = Version::detect(text) {
        let again = Version::detect(&format!("{version}-{flavor}")).expect("what was read is a version");
        assert_eq!(again.1, version);
    }
    assert!(!printable(text).chars().any(is_unprintable));
    assert_eq!(harmless(text).chars().count(), text.chars().count());
});
