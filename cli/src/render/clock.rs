//! Moments and spans of time, for a person.

use std::time::{Duration, SystemTime};

/// Seconds since 1970.
pub fn now() -> f64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0.0, |since| since.as_secs_f64())
}

/// Writes a moment as date and time in UTC: `2026-11-25T22:53:48Z`.
pub fn moment(at: f64) -> String {
    let seconds = at.max(0.0) as u64;
    let (year, month, day) = date(seconds / 86_400);
    format!("{year:04}-{month:02}-{day:02}T{}Z", time_of_day(at))
}

/// Writes the time of day of a moment, in UTC.
pub fn time_of_day(at: f64) -> String {
    let seconds = at.max(0.0) as u64 % 86_400;
    format!(
        "{:02}:{:02}:{:02}",
        seconds / 3_600,
        seconds / 60 % 60,
        seconds % 60
    )
}

/// Writes a span with its two largest units.
pub fn span(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3_600 => format!("{} min", seconds / 60),
        3_600..86_400 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
    }
}

/// Year, month and day of a number of days since 1970; years begin in March, so that leap days come last.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_utc() {
        let read = [
            (0.0, "1970-01-01T00:00:00Z"),
            (951_782_399.0, "2000-02-28T23:59:59Z"),
            (951_782_400.9, "2000-02-29T00:00:00Z"),
            (1_709_251_199.0, "2024-02-29T23:59:59Z"),
            (1_767_225_599.0, "2025-12-31T23:59:59Z"),
            (4_107_542_400.0, "2100-03-01T00:00:00Z"),
        ];
        for (at, text) in read {
            assert_eq!(moment(at), text);
        }
    }

    #[test]
    fn spans_have_their_two_largest_units() {
        let read = [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (3_725, "1 h 2 min"),
            (90_000, "1 d 1 h"),
        ];
        for (seconds, text) in read {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
    }
}
