//! Waiting for something that comes about by itself, with a limit.

use std::fmt::Debug;
use std::time::{Duration, Instant};

use tokio::time::sleep;

/// How long anything may take on a loaded machine before a test has failed.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

const PAUSE: Duration = Duration::from_millis(20);

/// Looks until what is seen is good, or fails the test with what was seen last.
pub(crate) async fn eventually<T: Debug>(
    what: &str,
    mut look: impl AsyncFnMut() -> T,
    good: impl Fn(&T) -> bool,
) -> T {
    let end = Instant::now() + LIMIT;
    loop {
        let seen = look().await;
        if good(&seen) {
            return seen;
        }
        assert!(
            Instant::now() < end,
            "not within {} s: {what}; last seen: {seen:?}",
            LIMIT.as_secs()
        );
        sleep(PAUSE).await;
    }
}
