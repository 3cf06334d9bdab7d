//! Moments as people read them, in UTC: the servers, the chart and the list then say the same.

/// Writes seconds since 1970 as `2026-11-25 22:54:33`.
pub(super) fn moment(at: f64) -> String {
    let seconds = if at.is_finite() { at.max(0.0) as u64 } else { 0 };
    let (year, month, day) = date(seconds / 86_400);
    format!("{year:04}-{month:02}-{day:02} {}", clock(at))
}

/// Writes the time of the day as `22:54:33`.
pub(super) fn clock(at: f64) -> String {
    let seconds = if at.is_finite() { at.max(0.0) as u64 } else { 0 };
    let of_day = seconds % 86_400;
    format!("{:02}:{:02}:{:02}", of_day / 3600, of_day / 60 % 60, of_day % 60)
}

/// The date of a day since 1970, by the Gregorian calendar counted from March, where the leap day comes last.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days.min(2_932_896) + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn moments_are_written_as_date_prints_them() {
        for (at, text) in [
            (0.0, "1970-01-01 00:00:00"),
            (951_827_696.9, "2000-02-29 12:34:56"),
            (1_795_645_673.0, "2026-11-25 22:27:53"),
            (1_798_761_599.0, "2026-12-31 23:59:59"),
            (4_107_542_400.0, "2100-03-01 00:00:00"),
            (f64::NAN, "1970-01-01 00:00:00"),
        ] {
            assert_eq!(moment(at), text);
        }
    }
}
