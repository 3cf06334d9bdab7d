use super::{EtcdBallot, EtcdError, EtcdSettings};
use crate::{
    ballot::{Ballot, Given, Published, Record},
    timing::Timing,
};
use dbha_core::{Durability, VoteChange, VoteError, WriterVote};
use std::{
    future::Future,
    pin::Pin,
    time::{Duration, Instant},
};

/// Pause between two tries to take what nobody holds.
const LOOK_AGAIN: Duration = Duration::from_millis(250);

/// Gives the vote in etcd along with the writes, when somebody changes the roles of a guarded pair.
///
/// It is held for one lease; in that time the guard of the new writer takes it on.
#[derive(Debug)]
pub struct EtcdWriterVote {
    settings: EtcdSettings,
    timing: Timing,
}

/// Why a vote was not given.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotGiven {
    /// etcd did not answer, or refused.
    #[error(transparent)]
    Etcd(#[from] EtcdError),
    /// No guard has ever asked for it.
    #[error(
        "no guard of this pair has ever had the vote there: that is another etcd, or the guards never ran"
    )]
    Unknown,
    /// The record says that another term was given.
    #[error("term {0} was given already")]
    OldTerm(u64),
    /// Somebody else has it.
    #[error("the server with number {0} has it")]
    Taken(u32),
    /// Whoever had it last may still believe that it does.
    #[error("whoever had it last may believe for up to {0} s more that it does")]
    Wait(u64),
}

impl EtcdWriterVote {
    /// Makes one that asks etcd there.
    pub fn new(settings: EtcdSettings, timing: Timing) -> Self {
        Self { settings, timing }
    }

    /// Takes what nobody holds; whoever had it last has its time to notice.
    async fn take(&self, ballot: &mut EtcdBallot, record: &Record) -> Result<Given, EtcdError> {
        let end = Instant::now() + self.timing.lease() + self.timing.answer_limit() * 2;
        loop {
            match ballot.take(record).await? {
                Given::Not(standing) if standing.holder.is_none() && Instant::now() < end => {
                    tokio::time::sleep(LOOK_AGAIN).await;
                }
                given => return Ok(given),
            }
        }
    }

    async fn change(&self, change: &VoteChange) -> Result<(), NotGiven> {
        let limit = self.timing.answer_limit();
        let mut ballot = EtcdBallot::new(self.settings.clone(), &change.mark, self.timing.lease(), limit)?;
        let standing = ballot.look().await?;
        let last = standing.record.ok_or(NotGiven::Unknown)?;
        let asked_again = (last.term, last.server_id) == (change.term, change.to);
        if last.term >= change.term && !asked_again {
            return Err(NotGiven::OldTerm(last.term));
        }
        let record = Record {
            term: change.term,
            server_id: change.to,
            server: change.to_name.clone(),
            published: Some(Published {
                durability: Durability::Solo,
                position: change.position.clone(),
            }),
        };
        let given = match (standing.holder, change.from) {
            (Some(holder), Some(from)) if holder.server_id == from => ballot.give(from, &record).await?,
            // Asked for again, after an answer that was lost.
            (Some(holder), _) if holder.server_id == change.to => return Ok(()),
            (Some(holder), _) => return Err(NotGiven::Taken(holder.server_id)),
            (None, _) => self.take(&mut ballot, &record).await?,
        };
        match given {
            Given::Held { .. } => Ok(()),
            Given::Not(standing) => Err(match standing.holder {
                Some(holder) => NotGiven::Taken(holder.server_id),
                None => NotGiven::Wait(self.timing.lease().as_secs()),
            }),
        }
    }
}

impl WriterVote for EtcdWriterVote {
    fn give<'a>(
        &'a self,
        change: &'a VoteChange,
    ) -> Pin<Box<dyn Future<Output = Result<(), VoteError>> + Send + 'a>> {
        Box::pin(async move { self.change(change).await.map_err(VoteError::from) })
    }
}
