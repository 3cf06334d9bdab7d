//! Long strings of faults and recoveries, drawn at random: further than the walk through everything comes.

use super::world::{BOTH, World};
use proptest::prelude::*;

/// What happens before a moment: nothing most of the time, else the number of a fault or of a recovery.
#[derive(Debug, Clone, Copy)]
enum Happens {
    Nothing,
    Fault(usize),
    Recovery(usize),
}

fn happens() -> impl Strategy<Value = (Happens, usize)> {
    let what = prop_oneof![
        6 => Just(Happens::Nothing),
        2 => any::<usize>().prop_map(Happens::Fault),
        2 => any::<usize>().prop_map(Happens::Recovery),
    ];
    (what, prop::sample::select(&BOTH[..]))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn no_string_of_faults_leads_to_two_writers(string in prop::collection::vec(happens(), 1..150)) {
        let mut world = World::new(u8::MAX);
        for (what, first) in string {
            match what {
                Happens::Nothing => {}
                Happens::Fault(number) => {
                    let possible = world.possible();
                    if !possible.is_empty() {
                        world.strike(possible[number % possible.len()]);
                    }
                }
                Happens::Recovery(number) => {
                    let recoveries = world.recoveries();
                    if !recoveries.is_empty() {
                        world = recoveries[number % recoveries.len()].clone();
                    }
                }
            }
            world.moment(first);
            prop_assert!(!world.has_two_writers(), "{world:?}");
        }
    }
}
