use super::{EtcdError, EtcdSettings, EtcdVote, Renewal, Seen, Taking};
use crate::ballot::{Ballot, Given, Holding, Published, Record, Standing};
use std::time::Duration;

/// The vote in etcd as guards use it: the record is what is published.
pub struct EtcdBallot {
    vote: EtcdVote,
    lease: Duration,
    /// The record of the last look, and its revision.
    seen: (Option<Record>, i64),
}

impl EtcdBallot {
    /// Makes the ballot of the pair of a mark; nothing is dialled. Every call to it ends within the limit.
    ///
    /// # Errors
    /// [`EtcdError::Settings`] where the mark is empty.
    pub fn new(
        settings: EtcdSettings,
        mark: &str,
        lease: Duration,
        limit: Duration,
    ) -> Result<Self, EtcdError> {
        Ok(Self {
            vote: EtcdVote::new(settings, mark, limit)?,
            lease,
            seen: (None, 0),
        })
    }

    /// Gives it to the other server of the pair, whose guard adopts it; `from` is the one that holds it and takes no writes
    /// any more.
    pub async fn give(&mut self, from: u32, record: &Record) -> Result<Given, EtcdError> {
        self.replace(from, record.clone()).await
    }

    async fn replace(&mut self, from: u32, record: Record) -> Result<Given, EtcdError> {
        let is_expected =
            |holder: &super::Holder| read(&holder.value).is_some_and(|seen| seen.server_id == from);
        let taking = self.vote.replace(self.lease, &text(&record), is_expected).await?;
        self.given(taking, record).await
    }

    fn standing(&mut self, seen: Seen) -> Standing {
        let record = seen.published.as_deref().and_then(read);
        self.seen = (record.clone(), seen.revision);
        Standing {
            holder: seen.holder.map(|holder| Holding {
                // What cannot be read was written by somebody else, and is nobody's of this pair.
                server_id: read(&holder.value).map_or(0, |record| record.server_id),
                own: holder.own,
                remaining: holder.remaining,
            }),
            record,
        }
    }

    async fn given(&mut self, taking: Taking, record: Record) -> Result<Given, EtcdError> {
        match taking {
            Taking::Held(held) => {
                self.seen.0 = Some(record.clone());
                Ok(Given::Held {
                    sent_at: held.sent_at,
                    ttl: held.ttl,
                    record,
                })
            }
            Taking::Taken(_) | Taking::Wait(_) | Taking::Changed => Ok(Given::Not(self.look().await?)),
        }
    }
}

impl Ballot for EtcdBallot {
    type Error = EtcdError;

    async fn look(&mut self) -> Result<Standing, EtcdError> {
        let seen = self.vote.look().await?;
        Ok(self.standing(seen))
    }

    async fn take(&mut self, record: &Record) -> Result<Given, EtcdError> {
        let revision = self.seen.1;
        let taking = self.vote.hold(self.lease, &text(record), Some(revision)).await?;
        self.given(taking, record.clone()).await
    }

    async fn adopt(&mut self, server_id: u32) -> Result<Given, EtcdError> {
        match self.seen.0.clone().filter(|record| record.server_id == server_id) {
            Some(record) => self.replace(server_id, record).await,
            None => Ok(Given::Not(self.look().await?)),
        }
    }

    async fn give_back(&mut self) -> Result<Standing, EtcdError> {
        self.vote.release().await?;
        self.look().await
    }

    async fn renew(&mut self, published: &Published) -> Result<Given, EtcdError> {
        let Some(record) = self.seen.0.clone() else {
            return Ok(Given::Not(self.look().await?));
        };
        let record = Record {
            published: Some(published.clone()),
            ..record
        };
        match self.vote.renew(&text(&record)).await? {
            Renewal::Acknowledged(held) => self.given(Taking::Held(held), record).await,
            Renewal::Gone => Ok(Given::Not(self.look().await?)),
        }
    }
}

fn text(record: &Record) -> String {
    // Numbers and texts always have a form in JSON.
    serde_json::to_string(record).unwrap_or_default()
}

fn read(text: &str) -> Option<Record> {
    serde_json::from_str(text).ok()
}
