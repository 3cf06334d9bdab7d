//! Which server of a managed pair is to be opened after both have started read-only; pure.

use crate::{Both, Side, choices};
use dbha_sql::{Facts, Statement, Term};

/// Why no server may be opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotToOpen {
    /// Both servers have to say that dbha alone opens one.
    #[error("the pair is not managed: it is not recorded on both servers that dbha alone opens one")]
    NotManaged,
    /// Guards open it.
    #[error("guards open its writer, by a vote in etcd ({0})")]
    Guarded(String),
    /// A server takes writes.
    #[error("{0} takes writes already")]
    IsOpen(String),
    /// The newest terms differ, or more than one server has the newest.
    #[error("the servers do not agree about the newest term: {0}")]
    TermsDiffer(String),
    /// Nobody of the two has the newest term.
    #[error("the newest term belongs to server_id {0}, which neither of the two has, or both")]
    WriterUnknown(u32),
}

/// Finds the server that has the writes by the newest term, where both servers agree about it and both are closed.
pub fn writer_to_open(facts: &Both<Facts>) -> Result<Side, NotToOpen> {
    if !Side::BOTH
        .into_iter()
        .all(|side| choices::recorded(facts.of(side)).managed)
    {
        return Err(NotToOpen::NotManaged);
    }
    let guarded = |side: &Side| choices::recorded(facts.of(*side)).guarded;
    if let Some(urls) = Side::BOTH.iter().find_map(guarded) {
        return Err(NotToOpen::Guarded(urls));
    }
    if let Some(open) = Side::BOTH
        .into_iter()
        .find(|side| !facts.of(*side).is_read_only())
    {
        return Err(NotToOpen::IsOpen(facts.of(open).name.clone()));
    }
    let terms = facts.map(|_, facts| facts.terms.known().cloned().unwrap_or_default());
    let (Some(term), true) = (
        terms.primary.first(),
        terms.primary == terms.secondary && terms.primary.len() == 1,
    ) else {
        return Err(NotToOpen::TermsDiffer(shown(facts, &terms)));
    };
    let is_writer = |side: &Side| facts.of(*side).server_id == term.server_id;
    let writers: Vec<Side> = Side::BOTH.into_iter().filter(is_writer).collect();
    match writers.as_slice() {
        [writer] => Ok(*writer),
        _ => Err(NotToOpen::WriterUnknown(term.server_id)),
    }
}

fn shown(facts: &Both<Facts>, terms: &Both<Vec<Term>>) -> String {
    let words = |side: Side| {
        let list: Vec<String> = terms
            .of(side)
            .iter()
            .map(|term| format!("term {} of server_id {}", term.number, term.server_id))
            .collect();
        let list = if list.is_empty() {
            "none".to_owned()
        } else {
            list.join(", ")
        };
        format!("{}: {list}", facts.of(side).name)
    };
    Side::BOTH.map(words).join("; ")
}

/// What opens a server of a managed pair: its commits wait first, where that is chosen.
pub(crate) fn opening(facts: &Facts) -> Vec<Statement> {
    let mut all = super::opened::waiting(facts);
    all.extend(super::opened::door(facts));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        SetupOptions,
        built_facts::{finished_pair, set},
    };
    use dbha_sql::{Choices, Observed, Setting};

    fn term(number: u64, server_id: u32) -> Term {
        Term {
            number,
            server_id,
            reason: "setup".into(),
        }
    }

    /// A managed pair as it is after both servers have started.
    fn started() -> Both<Facts> {
        let mut pair = finished_pair("9.7.4", &SetupOptions::default());
        for side in Side::BOTH {
            let facts = pair.of_mut(side);
            set(facts, Setting::ReadOnly, "ON");
            set(facts, Setting::SuperReadOnly, "ON");
            facts.choices = Observed::Known(Choices {
                semi_sync: None,
                managed: true,
                ..Choices::default()
            });
            facts.terms = Observed::Known(vec![term(3, 2)]);
        }
        pair
    }

    #[test]
    fn the_writer_of_the_newest_term_is_opened_whoever_is_named_first() {
        assert_eq!(writer_to_open(&started()), Ok(Side::Secondary));
    }

    #[test]
    fn every_doubt_leaves_both_closed() {
        type Doubt = fn(&mut Both<Facts>);
        let doubts: [(Doubt, &str); 9] = [
            (|pair| pair.secondary.choices = Observed::Absent, "not managed"),
            (
                |pair| pair.primary.choices = Observed::Denied("x".into()),
                "not managed",
            ),
            (|pair| set(&mut pair.primary, Setting::SuperReadOnly, "OFF"), "-"),
            (
                |pair| {
                    set(&mut pair.primary, Setting::SuperReadOnly, "OFF");
                    set(&mut pair.primary, Setting::ReadOnly, "OFF");
                },
                "takes writes already",
            ),
            (
                |pair| pair.primary.terms = Observed::Known(vec![term(2, 1)]),
                "do not agree",
            ),
            (|pair| pair.secondary.terms = Observed::Absent, "do not agree"),
            (
                |pair| {
                    for side in Side::BOTH {
                        pair.of_mut(side).terms = Observed::Known(vec![term(3, 1), term(3, 2)]);
                    }
                },
                "do not agree",
            ),
            (|pair| pair.secondary.server_id = 7, "neither of the two"),
            (|pair| pair.primary.server_id = 2, "or both"),
        ];
        for (doubt, words) in doubts {
            let mut pair = started();
            doubt(&mut pair);
            match words {
                // read_only alone keeps ordinary accounts out: still closed.
                "-" => assert_eq!(writer_to_open(&pair), Ok(Side::Secondary)),
                words => {
                    let why = writer_to_open(&pair).unwrap_err().to_string();
                    assert!(why.contains(words), "{why}");
                }
            }
        }
    }

    #[test]
    fn what_is_opened_starts_read_only_again_and_waits_where_so_chosen() {
        let mut pair = started();
        set(&mut pair.secondary, Setting::SemiSyncSource, "OFF");
        let text = |facts: &Facts| {
            opening(facts)
                .iter()
                .map(|one| one.sql().to_owned())
                .collect::<Vec<_>>()
        };
        let door = text(&pair.secondary);
        assert!(
            door.iter().all(|sql| !sql.starts_with("SET PERSIST ")),
            "{door:?}"
        );
        pair.secondary.choices = Observed::Known(Choices {
            semi_sync: Some(std::time::Duration::from_secs(10)),
            managed: true,
            ..Choices::default()
        });
        let waiting = text(&pair.secondary);
        assert_eq!(waiting.len(), door.len() + 1);
        assert!(
            waiting[0].contains("rpl_semi_sync_source_enabled = ON"),
            "{waiting:?}"
        );
    }
}
