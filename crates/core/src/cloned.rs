//! What a clone that was cut off leaves, seen from the next run.
//!
//! A clone takes the claim on the secondary away with everything else that was there. In its place stands the note: on
//! the primary from before the clone until both servers are tidy again, and on the secondary from the moment at which
//! it is a clone, since it came along.

use crate::{Both, partner::source_name};
use dbha_sql::{Claim, ClaimState, CloneNote, Facts, Observed};

/// Tells whether the secondary is a clone of this primary that dbha made and has not finished with.
///
/// Not once it wrote anything of its own: that is somebody's data.
pub(crate) fn is_clone(facts: &Both<Facts>) -> bool {
    note_of_clone(facts).is_some() && !has_written(&facts.secondary, &facts.primary)
}

/// Returns the note by which the secondary says that it is a clone of this primary, whatever became of it since.
fn note_of_clone(facts: &Both<Facts>) -> Option<&CloneNote> {
    let note = facts.secondary.clone_note.known()?;
    (note.donor == source_name(&facts.primary) && is_for(note, &facts.secondary)).then_some(note)
}

/// Tells whether a clone into this secondary was begun, took its data away, and did not come to its end.
fn is_emptied(facts: &Both<Facts>) -> bool {
    let note = facts.primary.clone_note.known();
    let empty = facts.secondary.schemas.known().is_some_and(Vec::is_empty);
    empty && note.is_some_and(|note| is_for(note, &facts.secondary))
}

fn is_for(note: &CloneNote, recipient: &Facts) -> bool {
    recipient.server_uuid.as_deref() == Some(note.recipient.as_str())
}

/// A clone has the number of no other server in its own transactions, and begins with none under its own.
fn has_written(server: &Facts, donor: &Facts) -> bool {
    let own = server.executed.minus(&donor.executed).to_string();
    server
        .server_uuid
        .as_deref()
        .is_some_and(|uuid| own.contains(uuid))
}

/// Puts the claim into what was seen that the clone took away.
pub(crate) fn give_claim_back(facts: &mut Both<Facts>) {
    if facts.secondary.claim.known().is_some() || !(is_clone(facts) || is_emptied(facts)) {
        return;
    }
    let note = note_of_clone(facts).or(facts.primary.clone_note.known());
    facts.secondary.claim = Observed::Known(Claim {
        run: note.map_or_else(String::new, |note| note.run.clone()),
        source: source_name(&facts.primary),
        state: ClaimState::Copying,
        position: None,
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::built_facts::fresh_pair;
    use dbha_sql::{GtidSet, SchemaFacts};

    const MYSQL: &str = "9.7.4";

    fn note(facts: &Both<Facts>) -> Observed<CloneNote> {
        Observed::Known(CloneNote {
            run: "r".into(),
            donor: source_name(&facts.primary),
            recipient: facts.secondary.server_uuid.clone().unwrap_or_default(),
            ..CloneNote::default()
        })
    }

    fn clone() -> Both<Facts> {
        let mut facts = fresh_pair(MYSQL);
        facts.secondary.clone_note = note(&facts);
        facts.secondary.schemas = Observed::Known(vec![schema()]);
        facts.secondary.executed = gtids("11111111-1111-1111-1111-111111111111:1-9");
        facts.primary.executed = facts.secondary.executed.clone();
        facts
    }

    fn schema() -> SchemaFacts {
        SchemaFacts {
            name: "shop".into(),
            tables: 1,
            rows: 1,
            bytes: 1,
            views: 0,
            routines: 0,
            events: 0,
            has_kine: false,
        }
    }

    fn gtids(text: &str) -> GtidSet {
        GtidSet::parse(dbha_sql::Flavor::MySql, text).unwrap()
    }

    fn claimed(mut facts: Both<Facts>) -> bool {
        give_claim_back(&mut facts);
        crate::partner::is_claimed(&facts)
    }

    #[test]
    fn a_clone_of_this_primary_is_claimed_although_the_row_is_gone() {
        assert!(claimed(clone()));
        // Killed in the proof: it follows already and may be ahead of what was seen of the primary.
        let mut ahead = clone();
        ahead.secondary.executed = gtids("11111111-1111-1111-1111-111111111111:1-12");
        assert!(claimed(ahead));
    }

    #[test]
    fn a_clone_that_wrote_something_is_somebodys() {
        let mut facts = clone();
        let own = "11111111-1111-1111-1111-111111111111:1-9,22222222-2222-2222-2222-222222222222:1";
        facts.secondary.executed = gtids(own);
        assert!(!claimed(facts));
    }

    #[test]
    fn a_clone_of_or_for_another_server_is_not_ours() {
        let not: [fn(&mut CloneNote); 2] =
            [|note| note.donor = "x".into(), |note| note.recipient = "x".into()];
        for change in not {
            let mut facts = clone();
            if let Observed::Known(note) = &mut facts.secondary.clone_note {
                change(note);
            }
            assert!(!claimed(facts));
        }
    }

    #[test]
    fn a_server_that_a_clone_emptied_is_claimed_and_one_with_data_is_not() {
        let mut facts = fresh_pair(MYSQL);
        facts.primary.clone_note = note(&facts);
        assert!(claimed(facts.clone()));
        facts.secondary.schemas = Observed::Known(vec![schema()]);
        assert!(!claimed(facts));
    }

    #[test]
    fn a_claim_that_is_there_stays_as_it_is() {
        let mut facts = clone();
        let claim = Claim {
            run: "r".into(),
            source: source_name(&facts.primary),
            state: ClaimState::Copied,
            position: Some("x".into()),
        };
        facts.secondary.claim = Observed::Known(claim.clone());
        give_claim_back(&mut facts);
        assert_eq!(facts.secondary.claim.known(), Some(&claim));
    }
}
