//! What is asked when a server that had the writes comes back, and what was done.

use crate::{Finding, FindingCode as Code, SetupDone, Side};
use dbha_sql::Facts;
use serde::Serialize;
use std::path::PathBuf;

/// How a server that had the writes comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RejoinOptions {
    /// The server that comes back.
    pub server: Side,
    /// Directory in which transactions that the pair lacks are saved.
    pub save_to: PathBuf,
    /// Whether such transactions, once saved, are thrown away with the server's data, which is copied anew.
    pub discard_extra: bool,
}

/// Transactions that a returning server has and the pair lacks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExtraTransactions {
    /// Their numbers.
    pub gtids: String,
    /// The file in which they were saved.
    pub file: PathBuf,
}

/// How a server came back.
#[derive(Debug, Clone)]
pub struct RejoinDone {
    /// What it had beyond the pair, which was saved and thrown away; `None` where there was nothing.
    pub extra: Option<ExtraTransactions>,
    /// The set-up that made the two a pair again.
    pub setup: SetupDone,
}

/// Lists what speaks against a server's coming back; pure.
pub(crate) fn judge_rejoin(back: &Facts, writer: &Facts) -> Vec<Finding> {
    let mut found = Vec::new();
    let newest = |facts: &Facts| {
        let terms = facts.terms.known().into_iter().flatten();
        terms.map(|term| (term.number, term.server_id)).max()
    };
    let names = (&back.name, &writer.name);
    if newest(back)
        .max(newest(writer))
        .is_some_and(|(_, id)| id == back.server_id)
    {
        found.push(Finding::new(
            Code::IsTheWriter,
            None,
            format!(
                "{} is the recorded writer of this pair; it has nothing to come back to",
                names.0
            ),
            format!("for the other server: dbha rejoin --server {}", names.1),
        ));
    } else if writer.is_read_only() {
        found.push(Finding::new(
            Code::IsTheWriter,
            None,
            format!(
                "{} does not take writes, so {} has nobody to follow",
                names.1, names.0
            ),
            format!(
                "end what was begun first: dbha switchover or failover --to {}",
                names.1
            ),
        ));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        SetupOptions,
        built_facts::{finished_pair, set},
    };
    use dbha_sql::{Observed, Setting, Term};

    fn term(number: u64, server_id: u32) -> Observed<Vec<Term>> {
        Observed::Known(vec![Term {
            number,
            server_id,
            reason: "failover".into(),
        }])
    }

    #[test]
    fn whoever_has_the_newest_term_is_no_one_that_comes_back() {
        let pair = finished_pair("9.7.4", &SetupOptions::default());
        let (mut old, mut new) = (pair.primary, pair.secondary);
        set(&mut new, Setting::ReadOnly, "OFF");
        set(&mut new, Setting::SuperReadOnly, "OFF");
        (old.terms, new.terms) = (term(1, old.server_id), term(2, new.server_id));
        assert_eq!(judge_rejoin(&old, &new), []);
        assert_eq!(judge_rejoin(&new, &old)[0].code, Code::IsTheWriter);
        set(&mut new, Setting::ReadOnly, "ON");
        assert_eq!(judge_rejoin(&old, &new)[0].code, Code::IsTheWriter);
    }
}
