//! How safe commits are, followed over time: since when, and when that is told.

use dbha_core::{Durability, DurabilityStatus};

/// So many looks in a row have to agree before a change is told.
const AGREE: u32 = 2;

/// Remembers since when commits are as safe as they are.
#[derive(Debug, Default)]
pub(crate) struct Since {
    known: Option<(Durability, f64)>,
}

impl Since {
    /// Notes in what was judged since when it is so.
    pub(crate) fn note(&mut self, judged: &mut DurabilityStatus, at: f64) {
        let since = match self.known {
            Some((level, since)) if level == judged.level => since,
            _ => at,
        };
        self.known = Some((judged.level, since));
        judged.since = Some(since);
    }
}

/// Decides when a change is told: once it has held for some looks; what was there at the first look is no change.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    told: Option<Durability>,
    seen: Option<(Durability, u32)>,
}

impl Changes {
    /// Takes in a look; returns the sentence to be told.
    pub(crate) fn look(&mut self, judged: Option<&DurabilityStatus>) -> Option<String> {
        // Where nobody writes there are no commits to judge.
        let judged = judged?;
        let looks = match self.seen {
            Some((level, looks)) if level == judged.level => looks.saturating_add(1),
            _ => 1,
        };
        self.seen = Some((judged.level, looks));
        if self.told.is_none() {
            self.told = Some(judged.level);
            return None;
        }
        if self.told == Some(judged.level) || looks < AGREE {
            return None;
        }
        self.told = Some(judged.level);
        Some(format!(
            "commits on {} are {} now: {}",
            judged.server, judged.level, judged.why
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(level: Durability) -> DurabilityStatus {
        DurabilityStatus {
            level,
            server: "a".into(),
            holds: false,
            wanted: true,
            why: "so it is".into(),
            since: None,
        }
    }

    #[test]
    fn a_change_is_told_once_it_has_held() {
        use Durability::{Async, Solo, Sync};
        let mut changes = Changes::default();
        let told: Vec<bool> = [Sync, Sync, Async, Sync, Async, Async, Async, Solo, Solo]
            .into_iter()
            .map(|level| changes.look(Some(&judged(level))).is_some())
            .collect();
        assert_eq!(
            told,
            [false, false, false, false, false, true, false, false, true]
        );
        assert_eq!(changes.look(None), None);
    }

    #[test]
    fn since_is_the_first_look_of_a_level() {
        let mut since = Since::default();
        let mut noted = |level, at| {
            let mut one = judged(level);
            since.note(&mut one, at);
            one.since
        };
        assert_eq!(noted(Durability::Sync, 1.0), Some(1.0));
        assert_eq!(noted(Durability::Sync, 2.0), Some(1.0));
        assert_eq!(noted(Durability::Async, 3.0), Some(3.0));
        assert_eq!(noted(Durability::Async, 4.0), Some(3.0));
    }
}
