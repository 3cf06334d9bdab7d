//! What speaks against giving the writes to the server that is left: pure, over what was seen of it alone.

use crate::{Finding, FindingCode as Code};
use dbha_sql::{Facts, GtidSet, RecordedServer, SqlState};

/// What is known of the old writer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OldWriter {
    /// It does not answer; why.
    Silent(String),
    /// It answers.
    Answers,
    /// It answered, and was closed on the caller's wish, or will be; what it has, where it told.
    Closed(Option<GtidSet>),
}

impl OldWriter {
    /// Returns what it has, where it was closed and told.
    pub(crate) fn position(self) -> Option<GtidSet> {
        match self {
            OldWriter::Closed(position) => position,
            OldWriter::Silent(_) | OldWriter::Answers => None,
        }
    }
}

/// Returns the row of the pair's other server in the survivor's record.
pub(crate) fn recorded_peer(survivor: &Facts) -> Option<&RecordedServer> {
    let rows = survivor.recorded.known()?;
    let own = |row: &&RecordedServer| row.server_id == survivor.server_id;
    match rows.len() == 2 && rows.iter().any(|row| own(&row)) {
        true => rows.iter().find(|row| !own(row)),
        false => None,
    }
}

/// Lists everything that was found, what stops it first.
pub(crate) fn judge_survivor(survivor: &Facts, old: &str, state: &OldWriter) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(no_member(survivor, old));
    found.extend(answers(survivor, old, state));
    found.extend(has_the_writes(survivor));
    found.extend(link(survivor, old));
    found.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    found
}

fn no_member(survivor: &Facts, old: &str) -> Option<Finding> {
    let name = &survivor.name;
    (recorded_peer(survivor).is_none() || survivor.claim.known().is_some()).then(|| {
        Finding::new(
            Code::NotAPair,
            None,
            format!("{name} is not recorded as a server of a finished pair"),
            format!("if its data is what you want, open it by hand; for a new pair: dbha setup --primary {name} --secondary {old}"),
        )
    })
}

fn answers(survivor: &Facts, old: &str, state: &OldWriter) -> Option<Finding> {
    (*state == OldWriter::Answers).then(|| {
        Finding::new(
            Code::OldWriterLives,
            None,
            format!("{old} answers"),
            format!(
                "if it works: dbha switchover --to {}, which loses nothing; if it answers and does not work: --stop-old closes \
                 it first",
                survivor.name
            ),
        )
    })
}

fn has_the_writes(survivor: &Facts) -> Option<Finding> {
    (!survivor.is_read_only()).then(|| {
        Finding::new(
            Code::HasTheWrites,
            None,
            format!("{} takes writes already", survivor.name),
            "nothing is to be done; dbha status shows where the pair stands",
        )
    })
}

/// Scenario 51: what was received and cannot be applied would be thrown away with the link.
fn link(survivor: &Facts, old: &str) -> Option<Finding> {
    let Some(link) = survivor.default_link() else {
        return Some(Finding::new(
            Code::LinkIsGone,
            None,
            format!(
                "{} no longer has a link from {old}: what it lacks cannot be told",
                survivor.name
            ),
            "nothing, if an earlier failover was cut off; else look when the link was removed, and by whom",
        ));
    };
    let error = link
        .sql_error
        .as_ref()
        .filter(|_| link.sql == SqlState::Stopped)?;
    Some(Finding::new(
        Code::CannotApply,
        None,
        format!(
            "{} has received from {old} what it cannot apply: error {}: {}",
            survivor.name, error.code, error.text
        ),
        crate::advice::for_link(error.code)
            .unwrap_or("mend the cause, so that it is applied, then run the same command again"),
    ))
}

/// The survivor still receives: the old writer lives, where the one who asks cannot see it.
pub(crate) fn still_feeds(survivor: &str, old: &str) -> Finding {
    Finding::new(
        Code::OldWriterLives,
        None,
        format!("{old} cannot be reached from here, and {survivor} still receives from it"),
        format!(
            "{old} works: mend the way to it, or shut it down there; a failover beside it would make two writers"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        SetupOptions,
        built_facts::{finished_pair, set},
    };
    use dbha_sql::{LinkError, Observed, Setting};

    fn survivor() -> Facts {
        finished_pair("9.7.4", &SetupOptions::default()).secondary
    }

    fn codes(facts: &Facts, state: &OldWriter) -> Vec<(Code, bool)> {
        let all = judge_survivor(facts, "a", state);
        all.into_iter().map(|one| (one.code, one.blocks())).collect()
    }

    #[test]
    fn a_standby_whose_writer_is_silent_or_closed_may_take_over() {
        assert_eq!(codes(&survivor(), &OldWriter::Silent("x".into())), []);
        assert_eq!(codes(&survivor(), &OldWriter::Closed(None)), []);
    }

    #[test]
    fn every_reason_against_it_blocks() {
        assert_eq!(
            codes(&survivor(), &OldWriter::Answers),
            [(Code::OldWriterLives, true)]
        );
        let mut stranger = survivor();
        stranger.recorded = Observed::Absent;
        assert_eq!(
            codes(&stranger, &OldWriter::Closed(None)),
            [(Code::NotAPair, true)]
        );
        let mut open = survivor();
        set(&mut open, Setting::ReadOnly, "OFF");
        set(&mut open, Setting::SuperReadOnly, "OFF");
        assert_eq!(
            codes(&open, &OldWriter::Closed(None)),
            [(Code::HasTheWrites, true)]
        );
        let mut stuck = survivor();
        if let Observed::Known(links) = &mut stuck.links {
            links[0].sql = SqlState::Stopped;
            links[0].sql_error = Some(LinkError {
                code: 1062,
                text: "twice".into(),
            });
        }
        assert_eq!(
            codes(&stuck, &OldWriter::Closed(None)),
            [(Code::CannotApply, true)]
        );
    }

    #[test]
    fn a_cut_off_failover_goes_on_without_its_link() {
        let mut facts = survivor();
        facts.links = Observed::Known(vec![]);
        assert_eq!(
            codes(&facts, &OldWriter::Closed(None)),
            [(Code::LinkIsGone, false)]
        );
    }
}
