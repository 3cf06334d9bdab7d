//! What a sampler saw: whether two servers took writes at one moment. Pure.

use std::time::Instant;

/// How one attempt to write on a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The write was acknowledged.
    Taken,
    /// The server said no, or nobody was there.
    Refused,
    /// No answer came in time: it may have been taken or not.
    Unanswered,
}

/// One attempt; the server decided about it somewhere between both moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attempt {
    pub(super) sent: Instant,
    pub(super) answered: Instant,
    pub(super) outcome: Outcome,
}

/// A time in which a server surely took writes: from the first answer to the sending of the last, with no "no" between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Open {
    pub(super) from: Instant,
    pub(super) until: Instant,
}

/// Returns the times in which a server surely took writes.
pub(super) fn open_times(attempts: &[Attempt]) -> Vec<Open> {
    let mut times = Vec::new();
    for run in attempts.split(|attempt| attempt.outcome != Outcome::Taken) {
        if let [first, .., last] = run
            && first.answered < last.sent
        {
            times.push(Open {
                from: first.answered,
                until: last.sent,
            });
        }
    }
    times
}

/// Finds a moment at which both servers took writes: an acknowledged write on one that was sent and answered while the
/// other one surely was open.
pub(super) fn both_at_once<'a>(one: &'a [Attempt], other: &'a [Attempt]) -> Option<&'a Attempt> {
    let within = |writes: &'a [Attempt], times: &[Open]| {
        let inside = |write: &Attempt| {
            let covers = |time: &Open| time.from <= write.sent && write.answered <= time.until;
            write.outcome == Outcome::Taken && times.iter().any(covers)
        };
        writes.iter().find(|write| inside(write))
    };
    within(one, &open_times(other)).or_else(|| within(other, &open_times(one)))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    /// Attempts from pairs of milliseconds; `+` is taken, `-` refused, `?` unanswered.
    fn attempts(start: Instant, text: &str) -> Vec<Attempt> {
        let at = |word: &str| start + Duration::from_millis(word.parse().unwrap());
        let one = |word: &str| {
            let (kind, times) = word.split_at(1);
            let (sent, answered) = times.split_once('.').unwrap();
            Attempt {
                sent: at(sent),
                answered: at(answered),
                outcome: match kind {
                    "+" => Outcome::Taken,
                    "-" => Outcome::Refused,
                    _ => Outcome::Unanswered,
                },
            }
        };
        text.split(' ').map(one).collect()
    }

    fn both(one: &str, other: &str) -> bool {
        let start = Instant::now();
        let (one, other) = (attempts(start, one), attempts(start, other));
        let found = both_at_once(&one, &other).is_some();
        assert_eq!(found, both_at_once(&other, &one).is_some());
        found
    }

    #[test]
    fn writes_that_take_turns_are_seen() {
        assert!(both("+0.1 +20.21 +40.41", "-0.1 +22.23 -42.43"));
        assert!(both("+0.1 +20.21 +40.41 +60.61", "+10.11 +30.31 +50.51"));
        assert!(both("+0.1 +900.901", "?0.1 +500.501"));
    }

    #[test]
    fn a_change_of_the_writer_is_none() {
        assert!(!both("+0.1 +20.21 -40.41", "-0.1 -20.21 +40.41 +60.61"));
        // There and back.
        assert!(!both("+0.1 -20.21 +60.61", "-0.1 +30.31 +40.41 -50.51"));
    }

    #[test]
    fn a_late_answer_proves_nothing() {
        // It may have been decided long before the answer came.
        assert!(!both("+0.1 +20.80 -90.91", "-0.1 +50.51 +70.71"));
        assert!(!both("+0.1 +20.80", "+50.51 +79.81"));
        assert!(!both("+0.1 ?20.520", "+50.51 +70.71"));
    }

    #[test]
    fn a_no_ends_a_time_and_one_write_begins_none() {
        assert!(!both("+0.1 -20.21 +40.41", "+22.23"));
        assert!(open_times(&attempts(Instant::now(), "+0.1")).is_empty());
        assert!(open_times(&attempts(Instant::now(), "+0.1 -2.3 ?4.5")).is_empty());
    }
}
