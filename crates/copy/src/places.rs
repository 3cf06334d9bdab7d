/// Numbers for ranges that stand between two others, so that their order is known without comparing keys.
///
/// There is room between two numbers for what a later run may have to put there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Places {
    next: u64,
    end: u64,
}

/// Room that a number has behind it where there is plenty.
const STRIDE: u64 = 1 << 20;

impl Places {
    /// All numbers.
    pub(crate) const ALL: Self = Self {
        next: 0,
        end: Self::END,
    };
    /// Behind all numbers.
    pub(crate) const END: u64 = 1 << 62;

    /// The numbers from one on and before another.
    pub(crate) fn between(from: u64, end: u64) -> Self {
        Self { next: from, end }
    }

    /// Returns the first number.
    pub(crate) fn start(&self) -> u64 {
        self.next
    }

    /// Takes the next number; `None` when there is none left, and the range stays without a note.
    pub(crate) fn take(&mut self) -> Option<u64> {
        if self.next >= self.end {
            return None;
        }
        let place = self.next;
        self.next = place.saturating_add(self.stride());
        Some(place)
    }

    /// Keeps the first half and hands the second out.
    pub(crate) fn split(&mut self) -> Self {
        let middle = self.next + (self.end.saturating_sub(self.next)) / 2;
        let second = Self::between(middle, self.end);
        self.end = middle;
        second
    }

    /// Shares the numbers from a range's own to the next one's: between the range itself, should it be copied anew and
    /// cut otherwise, and what lies behind it.
    pub(crate) fn around(place: u64, end: u64) -> (Self, Self) {
        let middle = place + (end.saturating_sub(place) / 2).max(1);
        (Self::between(place, middle), Self::between(middle, end))
    }

    fn stride(&self) -> u64 {
        ((self.end - self.next) >> 10).clamp(1, STRIDE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_grow_with_room_between_them() {
        let mut all = Places::ALL;
        assert_eq!((all.take(), all.take()), (Some(0), Some(STRIDE)));
        let mut second = all.split();
        let (first, later) = (all.take().unwrap(), second.take().unwrap());
        assert!(STRIDE < first && first < later);
    }

    #[test]
    fn a_range_that_is_cut_anew_stays_where_it_was() {
        for end in [4 * STRIDE, 3 * STRIDE + 512] {
            let (mut within, mut behind) = Places::around(3 * STRIDE, end);
            let numbers: Vec<u64> = std::iter::from_fn(|| within.take()).take(100).collect();
            assert!(numbers.is_sorted() && numbers.first() == Some(&(3 * STRIDE)));
            assert!(numbers.last() < behind.take().as_ref());
        }
    }

    #[test]
    fn where_no_number_is_left_none_is_given_twice() {
        let mut few = Places::between(5, 7);
        assert_eq!([few.take(), few.take(), few.take()], [Some(5), Some(6), None]);
        assert_eq!(few.split().take(), None);
    }
}
