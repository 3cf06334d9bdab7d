use crate::Damping;
use std::collections::VecDeque;

/// Looks for which a condition that came and went is remembered as one that comes and goes.
const CALM: u64 = 60;
/// So many beginnings within that time are flapping.
const FLAPPING: usize = 3;
/// Looks without it after which something that began at once is over.
const OVER_AFTER: usize = 2;

/// Decides when one condition of one server is told as begun and as over.
///
/// What is urgent is told at the first look, as long as it has not come and gone just before; everything else when it was
/// there at so many of the last looks ([`Damping`]; scenario 71). Pure: it counts looks and knows no time.
#[derive(Debug)]
pub(crate) struct Damper {
    damping: Damping,
    urgent: bool,
    last: VecDeque<bool>,
    looks: u64,
    begins: VecDeque<u64>,
    stands: bool,
    flapping: bool,
}

/// What is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// It began.
    Began,
    /// It is over.
    Ended,
    /// It comes and goes; nothing more is told of it until it stays or stays away.
    Flapping,
}

impl Damper {
    pub(crate) fn new(damping: Damping, urgent: bool) -> Self {
        Self {
            damping,
            urgent,
            last: VecDeque::new(),
            looks: 0,
            begins: VecDeque::new(),
            stands: false,
            flapping: false,
        }
    }

    /// Takes in whether it is there at this look.
    pub(crate) fn look(&mut self, bad: bool) -> Option<Change> {
        self.looks += 1;
        self.last.push_back(bad);
        while self.last.len() > self.damping.window.max(1) {
            self.last.pop_front();
        }
        while self.begins.front().is_some_and(|at| at + CALM < self.looks) {
            self.begins.pop_front();
        }
        match (self.stands, self.flapping) {
            (false, false) => self.begins_now(bad),
            (true, false) => self.is_over(bad).then(|| {
                self.stands = false;
                Change::Ended
            }),
            (_, true) => self.while_flapping(),
        }
    }

    /// Tells whether it was told as begun and not as over.
    pub(crate) fn stands(&self) -> bool {
        self.stands || self.flapping
    }

    /// Tells whether nothing of it is left that anybody has to remember.
    pub(crate) fn is_forgotten(&self) -> bool {
        !self.stands() && self.begins.is_empty() && !self.last.iter().any(|bad| *bad)
    }

    fn begins_now(&mut self, bad: bool) -> Option<Change> {
        let bad_looks = self.last.iter().filter(|bad| **bad).count();
        let at_once = self.urgent && self.begins.is_empty();
        if !bad || !(at_once || bad_looks >= self.damping.bad.max(1)) {
            return None;
        }
        self.stands = true;
        self.begins.push_back(self.looks);
        match self.begins.len() >= FLAPPING {
            true => {
                self.flapping = true;
                Some(Change::Flapping)
            }
            false => Some(Change::Began),
        }
    }

    fn is_over(&self, bad: bool) -> bool {
        let needed = match self.urgent && self.begins.len() < 2 {
            true => OVER_AFTER.min(self.damping.window.max(1)),
            false => self.damping.bad.max(1),
        };
        !bad && self.last.len() >= needed && self.last.iter().rev().take(needed).all(|bad| !bad)
    }

    /// Waits until it has stayed, or stayed away, for as long as the last beginnings are remembered.
    fn while_flapping(&mut self) -> Option<Change> {
        let all = |value: bool| self.last.iter().all(|bad| *bad == value);
        let (stays, away) = (all(true), all(false));
        if !stays && !away {
            // It still comes and goes.
            self.begins.push_back(self.looks);
            if self.begins.len() > FLAPPING {
                self.begins.pop_front();
            }
            return None;
        }
        if !self.begins.is_empty() {
            return None;
        }
        self.flapping = false;
        self.stands = stays;
        Some(if stays { Change::Began } else { Change::Ended })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(urgent: bool, looks: &str) -> Vec<(usize, Change)> {
        let mut damper = Damper::new(Damping::default(), urgent);
        looks
            .chars()
            .enumerate()
            .filter_map(|(at, look)| Some((at, damper.look(look == '#')?)))
            .collect()
    }

    #[test]
    fn what_is_urgent_is_told_at_the_first_look_and_over_after_two() {
        assert_eq!(told(true, "..###.."), [(2, Change::Began), (6, Change::Ended)]);
    }

    #[test]
    fn everything_else_needs_three_of_five() {
        assert_eq!(told(false, ".#.#...#."), []);
        assert_eq!(told(false, ".#.##...."), [(4, Change::Began), (7, Change::Ended)]);
    }

    #[test]
    fn scenario_71_what_comes_and_goes_is_told_a_few_times_and_then_as_such() {
        let looks = "#..".repeat(4) + &"###...".repeat(20) + &".".repeat(100);
        let told = told(true, &looks);
        let kinds: Vec<Change> = told.iter().map(|(_, change)| *change).collect();
        assert_eq!(
            kinds,
            [
                Change::Began,
                Change::Ended,
                Change::Began,
                Change::Ended,
                Change::Flapping,
                Change::Ended
            ],
            "{told:?}"
        );
    }

    #[test]
    fn what_stays_after_flapping_is_told_as_begun() {
        let looks = "#...".to_owned() + &"###...".repeat(6) + &"#".repeat(100);
        assert_eq!(
            told(true, &looks).last().map(|(_, change)| *change),
            Some(Change::Began)
        );
    }
}
