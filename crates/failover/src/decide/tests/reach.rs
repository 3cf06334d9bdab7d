//! Every world that can be reached by a number of faults, in every order, at every moment.

use super::world::{BOTH, GIVEN_BACK, MOST_TERMS, World};
use std::collections::{HashMap, VecDeque};

/// Moments after which a pair that has got well writes again: a lease, and what follows.
const WELL_AGAIN: usize = 40;

/// Every reachable world, and the one that it came from.
struct Reached(HashMap<World, Option<World>>);

impl Reached {
    fn by_faults(faults: u8) -> Self {
        Self::from(World::new(faults)).unwrap_or_else(|way| panic!("two writers:\n{way}"))
    }

    /// Walks through everything that can come of a pair, or tells the way to two servers that take writes.
    fn from(begin: World) -> Result<Self, String> {
        let mut reached = Self(HashMap::from([(begin.clone(), None)]));
        let mut open = VecDeque::from([begin]);
        while let Some(world) = open.pop_front() {
            for next in after(&world) {
                if reached.0.contains_key(&next) || next.vote.record.0 > MOST_TERMS {
                    continue;
                }
                reached.0.insert(next.clone(), Some(world.clone()));
                if next.has_two_writers() {
                    return Err(reached.way(next));
                }
                open.push_back(next);
            }
        }
        Ok(reached)
    }

    fn way(&self, last: World) -> String {
        let mut steps = vec![last];
        while let Some(Some(before)) = steps.last().and_then(|world| self.0.get(world)) {
            steps.push(before.clone());
        }
        let steps = steps.iter().rev().map(|world| format!("{world:?}"));
        steps.collect::<Vec<_>>().join("\n")
    }

    fn worlds(&self) -> impl Iterator<Item = &World> {
        self.0.keys()
    }

    /// From wherever a pair has come to, it writes again once everything is well, on one server.
    fn assert_all_get_well(&self) {
        for begin in self.worlds() {
            let mut world = begin.clone();
            world.heal();
            for _ in 0..WELL_AGAIN {
                world.moment(0);
                assert!(
                    !world.has_two_writers(),
                    "two writers:\n{}",
                    self.way(begin.clone())
                );
            }
            assert!(
                world.has_a_writer(),
                "nobody writes:\n{}\n\n{world:?}",
                self.way(begin.clone())
            );
        }
    }
}

/// What can follow: a moment, with or without something that happens before it.
fn after(world: &World) -> Vec<World> {
    let mut before = world.recoveries();
    before.push(world.clone());
    if world.faults > 0 {
        before.extend(world.possible().into_iter().map(|fault| {
            let mut struck = world.clone();
            struck.strike(fault);
            struck
        }));
    }
    let both_ways = before.into_iter().flat_map(|world| {
        BOTH.map(|first| {
            let mut next = world.clone();
            next.moment(first);
            next
        })
    });
    both_ways.collect()
}

#[test]
fn no_two_faults_lead_to_two_writers() {
    let reached = Reached::by_faults(2);
    // It has walked through failovers, and back.
    for wanted in [(1, 0), (2, 1), (3, 0)] {
        let seen = reached.worlds().any(|world| world.vote.record == wanted);
        assert!(seen, "term {wanted:?} was never reached");
    }
    assert!(GIVEN_BACK.get() > 0, "no vote was ever given back");
    reached.assert_all_get_well();
}

/// The walk finds what it looks for: guards that stop too late are two writers' beginning.
#[test]
fn a_guard_that_believes_in_longer_leases_is_found_out() {
    assert!(Reached::from(World::where_guards_believe_in(60, 1)).is_err());
}

#[test]
fn slow_no_three_faults_lead_to_two_writers() {
    let reached = Reached::by_faults(3);
    reached.assert_all_get_well();
}
