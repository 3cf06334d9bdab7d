//! How long a vote that nobody holds is left alone, because whoever held it may still believe that it does; pure.
//!
//! That a key is gone does not say that its holder's time is over: keys are deleted by hand, leases are revoked by hand or by a
//! leader of etcd that does not know yet that it is none, and an etcd may be restored from a backup. What counts is when the
//! holder can have renewed last: no later than its last renewal was seen here.

use super::note::Note;
use std::time::{Duration, Instant};

/// Nobody holds for longer than a day, whatever is written there.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Whoever was seen to hold it last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sighting {
    /// Revision that created its key.
    pub(super) created: i64,
    /// Revision of the last renewal that was seen.
    pub(super) changed: i64,
    /// When that was seen first: the renewal was sent before.
    pub(super) seen_at: Instant,
}

/// Remembers who held the vote, and since when nobody does.
#[derive(Debug, Default)]
pub(super) struct Patience {
    sighting: Option<Sighting>,
    absent_since: Option<Instant>,
}

impl Patience {
    /// Takes in that somebody holds it.
    pub(super) fn saw(&mut self, now: Sighting) {
        self.absent_since = None;
        let known = self.sighting;
        let is_known =
            known.is_some_and(|known| (known.created, known.changed) == (now.created, now.changed));
        if !is_known {
            self.sighting = Some(now);
        }
    }

    /// Takes in that this process holds it: an absence before that is over.
    pub(super) fn held(&mut self) {
        self.absent_since = None;
    }

    /// Forgets everything: etcd went back to an earlier state, or somebody holds it of whom nothing can be known.
    pub(super) fn forget(&mut self) {
        *self = Self::default();
    }

    /// Takes in that nobody holds it; returns how long it is to be left alone still.
    pub(super) fn left_alone(&mut self, now: Instant, note: Option<Note>, ttl: Duration) -> Duration {
        let since = *self.absent_since.get_or_insert(now);
        let noted = note.map_or(Duration::ZERO, |note| Duration::from_secs(note.ttl).min(LONGEST));
        let end = match (self.sighting, note) {
            (Some(seen), Some(note)) if seen.created == note.created && note.released => {
                return Duration::ZERO;
            }
            (Some(seen), Some(note)) if (seen.created, seen.changed) == (note.created, note.changed) => {
                seen.seen_at + noted
            }
            // It was renewed, or held anew, without being seen: at the latest when it was seen to be gone.
            _ => since + noted.max(ttl),
        };
        end.saturating_duration_since(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TTL: Duration = Duration::from_secs(10);
    const RENEWED: Note = Note {
        created: 7,
        lease: 5,
        changed: 9,
        ttl: 12,
        released: false,
    };

    fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    fn sighting(seen_at: Instant, changed: i64) -> Sighting {
        Sighting {
            created: 7,
            changed,
            seen_at,
        }
    }

    /// A holder whose last renewal was seen.
    fn after_a_sighting() -> (Patience, Instant) {
        let at = Instant::now();
        let mut patience = Patience::default();
        patience.saw(sighting(at, 9));
        (patience, at)
    }

    #[test]
    fn whoever_was_seen_renewing_last_has_its_time_from_then_on() {
        let (mut patience, at) = after_a_sighting();
        // The same renewal, seen again, is no later one.
        patience.saw(sighting(at + seconds(5), 9));
        assert_eq!(
            patience.left_alone(at + seconds(8), Some(RENEWED), TTL),
            seconds(4)
        );
        assert_eq!(
            patience.left_alone(at + seconds(12), Some(RENEWED), TTL),
            Duration::ZERO
        );
    }

    #[test]
    fn what_was_given_back_is_taken_at_once() {
        let (mut patience, at) = after_a_sighting();
        let given_back = Note {
            changed: 10,
            released: true,
            ..RENEWED
        };
        assert_eq!(patience.left_alone(at, Some(given_back), TTL), Duration::ZERO);
        let (mut patience, at) = after_a_sighting();
        let by_another = Note {
            created: 20,
            ..given_back
        };
        assert_eq!(patience.left_alone(at, Some(by_another), TTL), seconds(12));
    }

    #[test]
    fn a_renewal_that_was_not_seen_may_be_as_young_as_the_absence() {
        for unseen in [
            Some(Note {
                changed: 10,
                ..RENEWED
            }),
            Some(Note {
                created: 8,
                ..RENEWED
            }),
        ] {
            let (mut patience, at) = after_a_sighting();
            assert_eq!(patience.left_alone(at + seconds(60), unseen, TTL), seconds(12));
            assert_eq!(patience.left_alone(at + seconds(71), unseen, TTL), seconds(1));
            assert_eq!(patience.left_alone(at + seconds(72), unseen, TTL), Duration::ZERO);
        }
        // Both keys were deleted.
        let (mut patience, at) = after_a_sighting();
        assert_eq!(patience.left_alone(at + seconds(60), None, TTL), TTL);
    }

    #[test]
    fn without_a_memory_a_whole_lease_is_waited_for_once() {
        let now = Instant::now();
        let mut patience = Patience::default();
        assert_eq!(patience.left_alone(now, None, TTL), TTL);
        assert_eq!(patience.left_alone(now + seconds(4), None, TTL), seconds(6));
        assert_eq!(patience.left_alone(now + TTL, None, TTL), Duration::ZERO);
        let (mut restored, at) = after_a_sighting();
        restored.forget();
        assert_eq!(
            restored.left_alone(at + seconds(60), Some(RENEWED), TTL),
            seconds(12)
        );
    }

    #[test]
    fn whoever_is_seen_again_ends_the_wait() {
        let (mut patience, at) = after_a_sighting();
        patience.left_alone(at + seconds(11), Some(RENEWED), TTL);
        patience.saw(sighting(at + seconds(11), 30));
        let again = Note {
            changed: 30,
            ..RENEWED
        };
        assert_eq!(
            patience.left_alone(at + seconds(13), Some(again), TTL),
            seconds(10)
        );
    }

    #[test]
    fn a_hostile_note_holds_for_a_day_at_most() {
        let mut patience = Patience::default();
        let endless = Note {
            ttl: u64::MAX,
            ..RENEWED
        };
        assert_eq!(patience.left_alone(Instant::now(), Some(endless), TTL), LONGEST);
    }
}
