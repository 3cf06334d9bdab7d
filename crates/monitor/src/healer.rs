use crate::heal::{Mend, MendKind};
use dbha_core::Side;
use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

/// Wait before a second try; doubled with each one more.
const FIRST_WAIT: Duration = Duration::from_secs(5);
const LONGEST_WAIT: Duration = Duration::from_secs(300);
/// What held for so long counts as mended, and the next fault begins with the first wait again.
const HOLDS: Duration = Duration::from_secs(600);

/// Remembers what was tried, so that what does not help is tried ever more seldom.
#[derive(Debug, Default)]
pub(crate) struct Healer {
    tried: BTreeMap<(Side, MendKind), Tried>,
}

#[derive(Debug, Clone, Copy)]
struct Tried {
    at: Instant,
    wait: Duration,
}

impl Healer {
    /// Returns what is to be tried now; each counts as tried.
    pub(crate) fn due(&mut self, mends: Vec<Mend>, now: Instant) -> Vec<Mend> {
        mends
            .into_iter()
            .filter(|mend| {
                let wait = match self.tried.get(&(mend.side, mend.kind)) {
                    Some(tried) if now < tried.at + tried.wait => return false,
                    Some(tried) if now < tried.at + tried.wait + HOLDS => (tried.wait * 2).min(LONGEST_WAIT),
                    _ => FIRST_WAIT,
                };
                self.tried.insert((mend.side, mend.kind), Tried { at: now, wait });
                true
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mend() -> Vec<Mend> {
        vec![Mend {
            side: Side::Primary,
            kind: MendKind::StartReceiver,
            what: String::new(),
            statements: vec![],
        }]
    }

    #[test]
    fn what_does_not_help_is_tried_ever_more_seldom() {
        let (mut healer, began) = (Healer::default(), Instant::now());
        let tries: Vec<u64> = (0..2_000)
            .filter(|second| {
                !healer
                    .due(mend(), began + Duration::from_secs(*second))
                    .is_empty()
            })
            .collect();
        assert_eq!(tries, [0, 5, 15, 35, 75, 155, 315, 615, 915, 1215, 1515, 1815]);
    }

    #[test]
    fn what_has_held_for_long_is_tried_at_once_again() {
        let (mut healer, began) = (Healer::default(), Instant::now());
        assert_eq!(healer.due(mend(), began).len(), 1);
        let later = began + HOLDS + Duration::from_secs(10);
        assert_eq!(healer.due(mend(), later).len(), 1);
        assert_eq!(healer.due(mend(), later + FIRST_WAIT).len(), 1);
    }
}
