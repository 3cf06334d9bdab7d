use crate::{
    CopyError,
    common_position::{Stand, judge},
    counterpart::{Counterpart, position},
    sessions::Sessions,
};
use dbha_sql::{GtidSet, Session};
use std::time::{Duration, Instant};

/// How both servers come to be seen at one position, while both work on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeetingTerms {
    /// How long the secondary may take to get what the primary has: once without any lock, and then, in all tries
    /// together, while commits on the primary wait for it.
    pub wait: Duration,
    /// Whether what is written on the secondary reaches the primary.
    pub way_back: bool,
}

impl Default for MeetingTerms {
    fn default() -> Self {
        Self {
            wait: Duration::from_secs(5),
            way_back: true,
        }
    }
}

/// The secondary on its way to a common position with the primary.
pub(crate) struct Meeting {
    /// The secondary.
    pub(crate) counterpart: Counterpart,
    /// Transactions of the secondary that will never reach the primary.
    pub(crate) errant: GtidSet,
    /// How long commits were held up in all tries.
    pub(crate) held: Duration,
    /// Why accounts could not be read on the primary.
    pub(crate) accounts_unread: Option<String>,
    terms: MeetingTerms,
    began: Instant,
    tries: u32,
}

/// Most tries while the secondary is being written to.
const MOST_TRIES: u32 = 300;
/// Longest time for all tries.
const TRYING: Duration = Duration::from_secs(60);
/// Longest wait for a moment without transactions on their way.
const CALM_WITHIN: Duration = Duration::from_millis(500);
/// Longest pause between two looks at the secondary.
const LONGEST_PAUSE: Duration = Duration::from_millis(20);

impl Meeting {
    /// Opens the sessions to the secondary, so that nothing of that is done while commits wait.
    pub(crate) async fn prepare(
        sessions: &Sessions,
        workers: usize,
        terms: &MeetingTerms,
    ) -> Result<Self, CopyError> {
        let counterpart = Counterpart::open(sessions, workers).await?;
        Ok(Self {
            errant: GtidSet::empty(counterpart.present.dialect().flavor()),
            counterpart,
            held: Duration::ZERO,
            accounts_unread: None,
            terms: terms.clone(),
            began: Instant::now(),
            tries: 1,
        })
    }

    /// Waits until the secondary has what the primary has at this moment; nobody else waits meanwhile.
    pub(crate) async fn draw_near(&mut self, primary: &mut Session) -> Result<(), CopyError> {
        let goal = position(primary).await?;
        let end = Instant::now() + self.terms.wait;
        let mut pause = Duration::from_millis(1);
        loop {
            let have = self.counterpart.position().await?;
            let missing = goal.minus(&have);
            if missing.is_empty() {
                return Ok(());
            }
            if Instant::now() >= end {
                return Err(self.behind(&goal, &have));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Waits a moment for one at which the primary has all that was written on the secondary, where it ever gets it: then
    /// the try that follows has a chance.
    pub(crate) async fn await_calm(&mut self, primary: &mut Session) -> Result<(), CopyError> {
        let end = Instant::now() + CALM_WITHIN;
        while self.terms.way_back && Instant::now() < end {
            let have = self.counterpart.position().await?;
            let goal = position(primary).await?;
            if have.minus(&goal).is_empty() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    /// Opens the secondary's snapshots at the position at which the primary's commits are held up, by `end` at the
    /// latest.
    pub(crate) async fn meet(
        &mut self,
        primary: &GtidSet,
        sequences: &[(String, String)],
        end: Instant,
    ) -> Result<(), CopyError> {
        let mut pause = Duration::from_millis(1);
        loop {
            let have = self.counterpart.position().await?;
            match judge(primary, &have, self.terms.way_back) {
                Stand::Ahead(more) => return Err(self.ahead(&more)),
                Stand::Together(errant) => {
                    self.counterpart.read_sequences(sequences).await?;
                    if self.counterpart.open_snapshots(&have).await? {
                        self.errant = errant;
                        return Ok(());
                    }
                }
                Stand::Behind(_) => {}
            }
            if Instant::now() >= end {
                return Err(self.behind(primary, &have));
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Returns when the secondary must have come, where commits wait since `asked` at the latest.
    pub(crate) fn end(&self, asked: Instant, lock_wait: Duration) -> Instant {
        let left = self.terms.wait.saturating_sub(self.held);
        (Instant::now() + left).min(asked + lock_wait)
    }

    /// Waits a while before another try, if there may be one.
    pub(crate) async fn may_try_again(&mut self) -> bool {
        let spent = self.held >= self.terms.wait || self.began.elapsed() >= TRYING;
        if spent || self.tries >= MOST_TRIES {
            return false;
        }
        self.tries += 1;
        // Of ever another length, so that it does not keep step with what is written there.
        let pause = 30 + u64::from(self.tries * 37 % 100);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        true
    }

    /// Says that a server did not answer while commits waited.
    pub(crate) fn silent(&self) -> CopyError {
        CopyError::NoCommonPosition {
            text: format!(
                "{} or the primary did not answer within {:.1} s while commits waited for it",
                self.counterpart.present.name(),
                self.terms.wait.as_secs_f64()
            ),
            ahead: false,
        }
    }

    fn behind(&self, primary: &GtidSet, have: &GtidSet) -> CopyError {
        let missing = primary.minus(have);
        let text = format!(
            "{} did not come to the primary's position within {:.1} s: it lacks {} transactions ({missing})",
            self.counterpart.present.name(),
            self.terms.wait.as_secs_f64(),
            primary.count_missing_from(have),
        );
        // After several tries it was not the lag that stood in the way.
        match self.tries > 1 || missing.is_empty() {
            true => self.ahead(&missing),
            false => CopyError::NoCommonPosition { text, ahead: false },
        }
    }

    fn ahead(&self, last: &GtidSet) -> CopyError {
        CopyError::NoCommonPosition {
            text: format!(
                "{} and the primary never had the same transactions in {} tries, since both are written to (the last \
                 between them: {last})",
                self.counterpart.present.name(),
                self.tries,
            ),
            ahead: true,
        }
    }
}
