//! Spans of time as people type them.

use std::time::Duration;

/// Reads `10s`, `500ms`, `2m`, `1h`, or a plain number of seconds; at least a millisecond, at most a year.
pub fn duration(text: &str) -> Result<Duration, String> {
    const YEAR: f64 = 365.0 * 86_400.0;
    let wrong = || "give a time such as 10s, 500ms, 2m or 1h".to_owned();
    let end = text
        .find(|c: char| !c.is_ascii_digit() && c != '.')
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let number: f64 = number.parse().map_err(|_| wrong())?;
    let factor = match unit {
        "ms" => 0.001,
        "" | "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        "d" => 86_400.0,
        _ => return Err(wrong()),
    };
    match number * factor {
        seconds if (0.001..=YEAR).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::duration;
    use std::time::Duration;

    #[test]
    fn times_are_read_with_their_units() {
        let read = [
            ("10s", 10_000),
            ("10", 10_000),
            ("500ms", 500),
            ("1.5s", 1_500),
            ("2m", 120_000),
            ("1h", 3_600_000),
            ("1d", 86_400_000),
        ];
        for (text, milliseconds) in read {
            assert_eq!(duration(text), Ok(Duration::from_millis(milliseconds)), "{text}");
        }
        for text in [
            "", "s", "0", "-1s", "1w", "1 s", "1e9", "9999999h", "inf", "NaN", "1.2.3s",
        ] {
            assert!(duration(text).is_err(), "{text}");
        }
    }
}
