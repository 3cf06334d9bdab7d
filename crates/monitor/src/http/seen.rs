//! A report together with how old it is: what nobody has looked at for a while is not what it was.

use super::router::State;
use crate::PairReport;
use dbha_core::Verdict;
use std::{sync::Arc, time::Duration};

/// Letters of a short reason.
const LETTERS: usize = 150;

/// A pair as it may be shown.
pub(super) struct Seen {
    pub(super) report: Arc<PairReport>,
    pub(super) age: Duration,
    pub(super) stale: bool,
}

impl Seen {
    /// Returns every pair that was judged, by name.
    pub(super) fn all(state: &State) -> Vec<Self> {
        let limit = state.settings.stale_after();
        let aged = state.board.aged_reports();
        aged.into_iter()
            .map(|(report, age)| Self {
                report,
                age,
                stale: age > limit,
            })
            .collect()
    }

    /// Returns one pair.
    pub(super) fn one(state: &State, pair: &str) -> Option<Self> {
        Self::all(state).into_iter().find(|seen| seen.name() == pair)
    }

    pub(super) fn name(&self) -> &str {
        &self.report.status.pair
    }

    /// Returns the verdict, which is unknown once the report is too old.
    pub(super) fn verdict(&self) -> Verdict {
        if self.stale {
            Verdict::Unknown
        } else {
            self.report.status.verdict
        }
    }

    /// Returns the sentence to the verdict without a server's own words; they stand in full among the problems.
    pub(super) fn short_reason(&self) -> String {
        shortened(&self.reason())
    }

    /// Returns the sentence to the verdict.
    pub(super) fn reason(&self) -> String {
        if self.stale {
            format!("the monitor last looked {:.0} s ago", self.age.as_secs_f64())
        } else {
            self.report.status.reason.clone()
        }
    }
}

/// Cuts a reason before a server's own words, which may be a page long.
fn shortened(reason: &str) -> String {
    let cut = reason
        .find(", error ")
        .and_then(|at| Some(at + reason.get(at..)?.find(": ")?));
    let short = reason.get(..cut.unwrap_or(reason.len())).unwrap_or(reason);
    if short.chars().count() > LETTERS {
        return short.chars().take(LETTERS).collect::<String>() + " …";
    }
    short.to_owned()
}

/// Orders verdicts, the worst greatest.
pub(super) fn weight(verdict: Verdict) -> u8 {
    match verdict {
        Verdict::Healthy => 0,
        Verdict::Lagging => 1,
        Verdict::Degraded => 2,
        Verdict::Broken => 4,
        Verdict::Unreachable => 5,
        // A word of a later release is as good as none.
        _ => 3,
    }
}

/// Returns watched pairs that were not judged yet.
pub(super) fn waiting(state: &State, seen: &[Seen]) -> Vec<String> {
    let mut watched = state.board.watched().unwrap_or_default();
    watched.retain(|name| seen.iter().all(|pair| pair.name() != name));
    watched
}

/// Returns one verdict on all pairs, the worst, and one sentence.
pub(super) fn worst(seen: &[Seen], waiting: &[String]) -> (Verdict, String) {
    let worst = seen.iter().max_by_key(|pair| weight(pair.verdict()));
    match worst {
        Some(pair) if weight(pair.verdict()) >= weight(Verdict::Unknown) || waiting.is_empty() => {
            (pair.verdict(), sentence(pair, seen))
        }
        _ if waiting.is_empty() => (Verdict::Unknown, "no pair was looked at yet".into()),
        _ => (
            Verdict::Unknown,
            format!("{} was not looked at yet", waiting.join(", ")),
        ),
    }
}

fn sentence(worst: &Seen, seen: &[Seen]) -> String {
    if seen.len() == 1 {
        return worst.reason();
    }
    let alike = seen
        .iter()
        .filter(|pair| pair.verdict() == worst.verdict())
        .count();
    match (worst.verdict(), alike) {
        (Verdict::Healthy, _) => format!("all {} pairs are healthy", seen.len()),
        (_, 1) => format!("{}: {}", worst.name(), worst.short_reason()),
        (verdict, more) => format!(
            "{}: {}; {} more {verdict}",
            worst.name(),
            worst.short_reason(),
            more - 1
        ),
    }
}
