//! What all connections of a proxy share: the fault of the moment, the armed triggers, the counts.

use std::time::Duration;

use tokio::sync::watch;

use super::{Direction, Fault, Trigger};

/// Where faults are switched and every piece is judged.
#[derive(Debug)]
pub(super) struct Switchboard {
    state: watch::Sender<State>,
}

/// The state at one moment.
#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) fault: Option<Fault>,
    arms: Vec<Arm>,
    to_server: u64,
    to_client: u64,
    fired: bool,
}

#[derive(Debug)]
struct Arm {
    direction: Direction,
    trigger: Trigger,
    fault: Fault,
}

/// What becomes of a piece.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It goes on, so much later.
    Pass(Duration),
    /// It vanishes.
    Swallow,
    /// So many bytes of it go on, then everything is cut.
    Cut(usize),
}

impl Switchboard {
    pub(super) fn new() -> Self {
        Self {
            state: watch::Sender::new(State::default()),
        }
    }

    /// Changes the fault; without one, nothing is armed any more either.
    pub(super) fn set(&self, fault: Option<Fault>) {
        self.state.send_modify(|state| {
            state.fault = fault;
            if fault.is_none() {
                state.arms.clear();
            }
        });
    }

    pub(super) fn arm(&self, direction: Direction, trigger: Trigger, fault: Fault) {
        self.state.send_modify(|state| {
            state.arms.push(Arm {
                direction,
                trigger,
                fault,
            });
        });
    }

    /// Judges a piece; `before` is the end of what came by before it on the same connection and way.
    ///
    /// A verdict to cut is told to the other connections by [`Switchboard::set`], once the piece is dealt with.
    pub(super) fn judge(&self, direction: Direction, before: &[u8], piece: &[u8]) -> Verdict {
        let mut verdict = Verdict::Swallow;
        self.state.send_if_modified(|state| {
            let fired = state.fire(direction, before, piece);
            verdict = state.judge(direction, piece.len());
            fired && !matches!(verdict, Verdict::Cut(_))
        });
        verdict
    }

    /// How many bytes before a piece may belong to a pattern that ends in it.
    pub(super) fn longest_pattern(&self) -> usize {
        let state = self.state.borrow();
        let patterns = state.arms.iter().flat_map(|arm| &arm.trigger.patterns);
        patterns.map(Vec::len).max().unwrap_or(0)
    }

    pub(super) fn fault(&self) -> Option<Fault> {
        self.state.borrow().fault
    }

    pub(super) fn changes(&self) -> watch::Receiver<State> {
        self.state.subscribe()
    }

    pub(super) fn pieces(&self, direction: Direction) -> u64 {
        let state = self.state.borrow();
        match direction {
            Direction::ToServer => state.to_server,
            Direction::ToClient => state.to_client,
        }
    }

    pub(super) fn has_fired(&self) -> bool {
        self.state.borrow().fired
    }

    pub(super) async fn fired(&self) {
        // The sender lives as long as `self`.
        let _ = self.changes().wait_for(|state| state.fired).await;
    }
}

impl State {
    /// Counts the piece, and switches to the fault of the first trigger that it pulls.
    fn fire(&mut self, direction: Direction, before: &[u8], piece: &[u8]) -> bool {
        match direction {
            Direction::ToServer => self.to_server += 1,
            Direction::ToClient => self.to_client += 1,
        }
        let mut pulled = None;
        for (at, arm) in self.arms.iter_mut().enumerate() {
            if arm.direction != direction {
                continue;
            }
            let patterns = &arm.trigger.patterns;
            let held = |pattern: &Vec<u8>| holds(before, piece, pattern);
            if patterns.is_empty() || patterns.iter().any(held) {
                arm.trigger.left = arm.trigger.left.saturating_sub(1);
            }
            if arm.trigger.left == 0 && pulled.is_none() {
                pulled = Some(at);
            }
        }
        let Some(at) = pulled else { return false };
        self.fault = Some(self.arms.remove(at).fault);
        self.fired = true;
        true
    }

    fn judge(&mut self, direction: Direction, length: usize) -> Verdict {
        match self.fault {
            Some(fault) if fault.swallows(direction) => Verdict::Swallow,
            Some(Fault::Cut) => Verdict::Cut(0),
            Some(Fault::Lose(lost)) if lost == direction => {
                self.fault = Some(Fault::Cut);
                Verdict::Cut(0)
            }
            Some(Fault::Truncate(cut, left)) if cut == direction => match left.checked_sub(length as u64) {
                Some(left) => {
                    self.fault = Some(Fault::Truncate(cut, left));
                    Verdict::Pass(Duration::ZERO)
                }
                None => {
                    self.fault = Some(Fault::Cut);
                    // Less than `length`, which is a usize.
                    Verdict::Cut(usize::try_from(left).unwrap_or(length))
                }
            },
            Some(fault) => Verdict::Pass(fault.delay()),
            None => Verdict::Pass(Duration::ZERO),
        }
    }
}

/// Tells whether a pattern ends in the piece.
fn holds(before: &[u8], piece: &[u8], pattern: &[u8]) -> bool {
    if pattern.is_empty() {
        return true;
    }
    let kept = before.len().min(pattern.len() - 1);
    let joined = [&before[before.len() - kept..], piece].concat();
    joined.windows(pattern.len()).any(|part| part == pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_found_over_the_border_of_two_pieces_and_once() {
        assert!(holds(b"xxCHANGE M", b"ASTER TO", b"CHANGE MASTER"));
        assert!(holds(b"", b"a CHANGE MASTER", b"CHANGE MASTER"));
        assert!(!holds(b"CHANGE MASTER", b" TO", b"CHANGE MASTER"));
    }

    #[test]
    fn the_fault_meets_the_piece_that_triggers_it() {
        let board = Switchboard::new();
        board.arm(Direction::ToServer, "b".into(), Fault::Lose(Direction::ToServer));
        let judge = |text: &str| board.judge(Direction::ToServer, b"", text.as_bytes());
        assert_eq!(judge("a"), Verdict::Pass(Duration::ZERO));
        assert!(!board.has_fired());
        assert_eq!(judge("b"), Verdict::Cut(0));
        assert!(board.has_fired());
        assert_eq!(board.fault(), Some(Fault::Cut));
    }

    #[test]
    fn truncation_counts_the_bytes_of_one_direction() {
        let board = Switchboard::new();
        board.set(Some(Fault::Truncate(Direction::ToClient, 5)));
        let judge = |direction, text: &str| board.judge(direction, b"", text.as_bytes());
        assert_eq!(
            judge(Direction::ToServer, "123456789"),
            Verdict::Pass(Duration::ZERO)
        );
        assert_eq!(judge(Direction::ToClient, "123"), Verdict::Pass(Duration::ZERO));
        assert_eq!(judge(Direction::ToClient, "45678"), Verdict::Cut(2));
    }

    #[test]
    fn pieces_are_counted_from_the_moment_of_arming() {
        let board = Switchboard::new();
        let judge = || board.judge(Direction::ToServer, b"", b"x");
        judge();
        board.arm(Direction::ToServer, Trigger::any_piece().nth(2), Fault::BlackHole);
        assert_eq!(judge(), Verdict::Pass(Duration::ZERO));
        assert_eq!(judge(), Verdict::Swallow);
        assert_eq!(board.pieces(Direction::ToServer), 3);
    }
}
