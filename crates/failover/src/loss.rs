use crate::ballot::Published;
use dbha_core::{Durability, GtidSet};
use std::{collections::VecDeque, fmt, time::Duration};

/// How many states of the writer are remembered; renewals come every few seconds.
const REMEMBERED: usize = 240;

/// How much of what the old writer has told its clients may be missing after a failover.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MaxLoss {
    /// Nothing: only a writer whose commits were acknowledged by the other server is replaced.
    None,
    /// What it told them during its last moments, no longer than this.
    Within(Duration),
}

/// What a standby has seen the writer publish, by which it knows how far behind it may be.
#[derive(Debug, Clone, Default)]
pub struct LossBook {
    /// When a position was seen last, oldest first.
    seen: VecDeque<(Duration, GtidSet)>,
    last: Option<(Duration, Published)>,
}

/// Why a standby may not take over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TooMuch {
    /// The writer never said what it had.
    NothingPublished,
    /// Commits were not acknowledged by this server when the writer was heard last.
    NotSync(Durability),
    /// The writer said that it had transactions that did not come.
    Missing {
        /// How many.
        transactions: u64,
        /// From how long before its end on something may be missing; `None` where that is not known.
        since: Option<Duration>,
    },
    /// Nothing that was published is missing, but what came after that may be more than is allowed.
    Unpublished(Duration),
}

impl fmt::Display for TooMuch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TooMuch::NothingPublished => f.write_str("it is not known what the old writer had"),
            TooMuch::NotSync(level) => write!(
                f,
                "the old writer was {level} when it was heard last: what it told its clients may not have come"
            ),
            TooMuch::Missing { transactions, since } => {
                match transactions {
                    1 => f.write_str("1 transaction of the old writer did not come")?,
                    _ => write!(f, "{transactions} transactions of the old writer did not come")?,
                }
                match since {
                    Some(since) => write!(
                        f,
                        "; what it wrote in its last {:.1} s may be missing",
                        since.as_secs_f64()
                    ),
                    None => Ok(()),
                }
            }
            TooMuch::Unpublished(since) => write!(
                f,
                "what the old writer wrote in its last {:.1} s may be missing",
                since.as_secs_f64()
            ),
        }
    }
}

impl LossBook {
    /// Notes what the writer was seen to publish.
    pub fn note(&mut self, now: Duration, published: &Published, position: &GtidSet) {
        if self.last.as_ref().is_some_and(|(_, last)| last == published) {
            // It has written nothing since: who has that has everything up to now.
            self.last = Some((now, published.clone()));
            if let Some((at, _)) = self.seen.back_mut() {
                *at = now;
            }
            return;
        }
        self.last = Some((now, published.clone()));
        self.seen.push_back((now, position.clone()));
        if self.seen.len() > REMEMBERED {
            self.seen.pop_front();
        }
    }

    /// Tells whether a standby that has received so much may take over; `blind` is how long a writer can write beyond what it
    /// has published.
    pub fn judge(&self, received: &GtidSet, allowed: MaxLoss, blind: Duration) -> Result<(), TooMuch> {
        let (Some((at, published)), Some((_, position))) = (&self.last, self.seen.back()) else {
            return Err(TooMuch::NothingPublished);
        };
        let missing = position.count_missing_from(received);
        let since = self
            .covered_until(received)
            .map(|until| at.saturating_sub(until) + blind);
        match allowed {
            MaxLoss::None if missing > 0 => Err(TooMuch::Missing {
                transactions: missing,
                since: None,
            }),
            MaxLoss::None => match published.durability {
                Durability::Sync => Ok(()),
                level => Err(TooMuch::NotSync(level)),
            },
            MaxLoss::Within(limit) => match since {
                Some(since) if since <= limit => Ok(()),
                Some(since) if missing == 0 => Err(TooMuch::Unpublished(since)),
                since => Err(TooMuch::Missing {
                    transactions: missing,
                    since,
                }),
            },
        }
    }

    /// When the newest published position was seen of which nothing is missing.
    fn covered_until(&self, received: &GtidSet) -> Option<Duration> {
        let covered = |(_, position): &&(Duration, GtidSet)| received.contains(position);
        self.seen.iter().rev().find(covered).map(|(at, _)| *at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbha_core::Flavor;

    const BLIND: Duration = Duration::from_secs(2);

    fn set(text: &str) -> GtidSet {
        GtidSet::parse(Flavor::MariaDb, text).unwrap()
    }

    fn second(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    /// A writer that wrote a hundred transactions a second, and renewed every two.
    fn book(durability: Durability) -> LossBook {
        let mut book = LossBook::default();
        for at in [10, 12, 14, 16] {
            let position = set(&format!("1-1-{}", at * 100));
            let published = Published {
                durability,
                position: position.to_string(),
            };
            book.note(second(at), &published, &position);
        }
        book
    }

    #[test]
    fn without_any_loss_only_an_acknowledged_writer_is_replaced() {
        let judge = |level, received| book(level).judge(&set(received), MaxLoss::None, BLIND);
        assert_eq!(judge(Durability::Sync, "1-1-1600"), Ok(()));
        assert_eq!(judge(Durability::Sync, "1-1-1700"), Ok(()));
        let missing = TooMuch::Missing {
            transactions: 1,
            since: None,
        };
        assert_eq!(judge(Durability::Sync, "1-1-1599"), Err(missing));
        for level in [Durability::Async, Durability::Solo] {
            assert_eq!(judge(level, "1-1-1600"), Err(TooMuch::NotSync(level)));
        }
    }

    #[test]
    fn loss_is_measured_in_time_by_what_was_published() {
        let judge = |received, limit| {
            book(Durability::Async).judge(&set(received), MaxLoss::Within(second(limit)), BLIND)
        };
        assert_eq!(judge("1-1-1600", 2), Ok(()));
        assert_eq!(judge("1-1-1600", 1), Err(TooMuch::Unpublished(second(2))));
        // Everything up to second 14 has come.
        assert_eq!(judge("1-1-1500", 4), Ok(()));
        let missing = |transactions, since: Option<u64>| TooMuch::Missing {
            transactions,
            since: since.map(second),
        };
        assert_eq!(judge("1-1-1500", 3), Err(missing(100, Some(4))));
        assert_eq!(judge("1-1-900", 3_600), Err(missing(700, None)));
    }

    #[test]
    fn whoever_never_heard_the_writer_takes_nothing() {
        let book = LossBook::default();
        let allowed = MaxLoss::Within(second(3_600));
        assert_eq!(
            book.judge(&set("1-1-5"), allowed, BLIND),
            Err(TooMuch::NothingPublished)
        );
    }
}
