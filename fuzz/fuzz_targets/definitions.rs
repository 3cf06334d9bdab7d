#![no_main]
//! What SHOW CREATE gives, and statements of other sessions.

use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &str)| dbha_copy::fuzz_definitions(texts.0, texts.1));
