//! What is asked when a server that had the writes comes back, and what was done.

use super::recorded_peer;
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
    if back.server_id == writer.server_id {
        let own = recorded_peer(writer).map_or("its own number".to_owned(), |row| row.server_id.to_string());
        found.push(Finding::new(
            Code::IsTheWriter,
            None,
            format!(
                "{} has come back with server_id {}, which is that of {}: it has lost its settings at a restart",
                names.0, back.server_id, names.1
            ),
            format!(
                "what it wrote meanwhile cannot be told from the writes of {}: put server_id={own} into its option file \
                 (dbha render my.cnf), then fill it anew: dbha setup --primary {} --secondary {} --overwrite-secondary {}",
                names.1, names.1, names.0, names.0
            ),
        ));
    } else if newest(back)
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

    #[test]
    fn a_server_that_lost_its_number_is_not_taken_for_the_writer() {
        let pair = finished_pair("10.11.19-MariaDB", &SetupOptions::default());
        let (mut back, writer) = (pair.secondary, pair.primary);
        back.server_id = writer.server_id;
        let found = judge_rejoin(&back, &writer);
        assert!(found[0].text.contains("lost its settings"), "{found:?}");
        assert!(found[0].fix.contains("server_id=2"), "{found:?}");
    }
}
