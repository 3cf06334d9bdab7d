#![no_main]
//! MariaDB's GTID positions: what is read is written again, and the algebra holds.

use dbha_sql::{Flavor, GtidSet};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|texts: (&str, &str)| {
    let read = |text| GtidSet::parse(Flavor::MariaDb, text);
    let (Ok(a), Ok(b)) = (read(texts.0), read(texts.1)) else { return };
    assert_eq!(read(&a.to_string()).as_ref(), Ok(&a));
    assert!(a.union(&b).contains(&a) && a.union(&b).contains(&b));
    assert_eq!(a.minus(&b).is_empty(), b.contains(&a));
    assert_eq!(a.count_missing_from(&b) == 0, b.contains(&a));
});
