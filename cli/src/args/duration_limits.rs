//! Times with bounds.

use crate::duration::duration;
use std::time::Duration;

pub(super) fn interval(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        time if time < Duration::from_millis(200) => Err("give at least 200ms".into()),
        time => Ok(time),
    }
}

pub(super) fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<u64>() {
        Ok(seconds) if (1..=3600).contains(&seconds) => Ok(Duration::from_secs(seconds)),
        _ => Err("give a number of seconds from 1 to 3600".into()),
    }
}
