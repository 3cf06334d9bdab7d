//! The vote itself: one key, created with a lease, kept by renewals, lost with the lease.

use super::{
    EtcdError, EtcdSettings,
    client::{Client, Method},
    keys::{Keys, Own, Standing},
    messages::{
        Header, KeyValue, LeaseGrantRequest, LeaseGrantResponse, LeaseId, LeaseKeepAliveResponse,
        LeaseRevokeResponse, LeaseTimeToLiveResponse, TxnRequest, TxnResponse,
    },
    patience::{Patience, Sighting},
};
use super::{Held, Holder, Renewal, Seen, Taking};
use std::time::{Duration, Instant};

const TXN: Method = Method("/etcdserverpb.KV/Txn");
const GRANT: Method = Method("/etcdserverpb.Lease/LeaseGrant");
const REVOKE: Method = Method("/etcdserverpb.Lease/LeaseRevoke");
const KEEP_ALIVE: Method = Method("/etcdserverpb.Lease/LeaseKeepAlive");
const TIME_TO_LIVE: Method = Method("/etcdserverpb.Lease/LeaseTimeToLive");

/// How often a renewal is tried again because the leader or the member changed meanwhile.
const ROUNDS: usize = 4;

/// The third vote, in etcd.
pub struct EtcdVote {
    client: Client,
    keys: Keys,
    /// What is held, or was asked for without an answer.
    lease: Option<Lease>,
    patience: Patience,
    /// The key that this process held or asked for last, by the revision that created it and its lease.
    last: Option<(i64, i64)>,
    /// What was published last by this process.
    published: String,
    cluster: Option<u64>,
    revision: i64,
}

/// A lease of this process.
#[derive(Debug, Clone, Copy)]
struct Lease {
    id: i64,
    /// Revision that created the key; `None` until it is known to be there.
    created: Option<i64>,
    held: Held,
}

impl Lease {
    fn own(&self) -> Option<Own> {
        Some(Own {
            lease: self.id,
            created: self.created?,
            ttl: self.held.ttl.as_secs(),
        })
    }
}

impl std::fmt::Debug for EtcdVote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("EtcdVote");
        shown.field("endpoint", &self.client.endpoint());
        shown.field("lease", &self.lease).finish_non_exhaustive()
    }
}

impl EtcdVote {
    /// Makes the vote of a pair; nothing is dialled. Every call to it ends within the limit.
    ///
    /// # Errors
    /// [`EtcdError::Settings`] where the pair has no name.
    pub fn new(settings: EtcdSettings, pair: &str, limit: Duration) -> Result<Self, EtcdError> {
        if pair.is_empty() {
            return Err(EtcdError::Settings("the pair has no name".into()));
        }
        Ok(Self {
            client: Client::new(settings, limit),
            keys: Keys::of_pair(pair),
            lease: None,
            patience: Patience::default(),
            last: None,
            published: String::new(),
            cluster: None,
            revision: 0,
        })
    }

    async fn transact(&mut self, request: TxnRequest, until: Instant) -> Result<TxnResponse, EtcdError> {
        let answer: TxnResponse = self.client.ask(TXN, request, until).await?;
        let header = answer.header.clone().unwrap_or_default();
        let expected = *self.cluster.get_or_insert(header.cluster_id);
        if header.cluster_id != expected {
            return Err(EtcdError::OtherCluster {
                endpoint: self.client.endpoint().to_owned(),
                seen: header.cluster_id,
                expected,
            });
        }
        if header.revision < self.revision {
            tracing::warn!(
                before = self.revision,
                now = header.revision,
                "etcd went back to an earlier state; nothing is taken for the time of a lease"
            );
            self.patience.forget();
        }
        self.revision = header.revision;
        Ok(answer)
    }

    /// Reads what stands there, and remembers it.
    async fn observe(&mut self, until: Instant) -> Result<(Standing, Option<Holder>), EtcdError> {
        let answer = self.transact(self.keys.read(), until).await?;
        let standing = self.keys.standing(answer);
        let holder = match &standing.writer {
            Some(found) => Some(self.holder(found, until).await),
            None => None,
        };
        Ok((standing, holder))
    }

    async fn holder(&mut self, found: &KeyValue, until: Instant) -> Holder {
        if found.lease == 0 {
            self.patience.forget();
        } else {
            self.patience.saw(Sighting {
                created: found.create_revision,
                changed: found.mod_revision,
                seen_at: Instant::now(),
            });
        }
        Holder {
            value: String::from_utf8_lossy(&found.value).into_owned(),
            remaining: self.remaining(found.lease, until).await,
            own: self.lease.is_some_and(|lease| lease.id == found.lease),
        }
    }

    /// Asks what is left of a lease, for people: nothing is decided by it.
    async fn remaining(&mut self, id: i64, until: Instant) -> Option<Duration> {
        if id == 0 {
            return None;
        }
        let asked = self.client.ask(TIME_TO_LIVE, LeaseId { id }, until).await;
        let answer: LeaseTimeToLiveResponse = asked.ok()?;
        Some(seconds(answer.ttl))
    }

    /// Tells whether the key that was found is the one whose creation was never answered.
    fn recognised(&mut self, found: &KeyValue) -> Option<Held> {
        let lease = self.lease.as_mut().filter(|lease| lease.id == found.lease)?;
        if Instant::now() >= lease.held.until() {
            return None;
        }
        lease.created = Some(found.create_revision);
        self.last = lease.created.map(|created| (created, lease.id));
        self.patience.held();
        Some(lease.held)
    }

    /// Says how long a vote that nobody holds is to be left alone.
    fn left_alone(&mut self, standing: &Standing, ttl: Duration) -> Duration {
        let now = Instant::now();
        let left = self.patience.left_alone(now, standing.note, ttl);
        // This process held it last, and knows that it does not hold it.
        match (standing.note, self.last) {
            (Some(note), Some(own)) if (note.created, note.lease) == own => Duration::ZERO,
            _ => left,
        }
    }

    /// Gets a lease and puts the key under it by a transaction that is made of it.
    ///
    /// Without an answer the lease is remembered: the next look finds out whose key it is.
    async fn put(
        &mut self,
        ttl: Duration,
        until: Instant,
        request: impl FnOnce(&Keys, i64, u64) -> TxnRequest,
    ) -> Result<Taking, EtcdError> {
        let sent_at = Instant::now();
        let wanted = LeaseGrantRequest {
            ttl: i64::try_from(ttl.as_secs()).unwrap_or(i64::MAX).max(1),
        };
        let granted: LeaseGrantResponse = self.client.ask(GRANT, wanted, until).await?;
        let held = Held {
            sent_at,
            ttl: seconds(granted.ttl),
        };
        self.lease = Some(Lease {
            id: granted.id,
            created: None,
            held,
        });
        let request = request(&self.keys, granted.id, held.ttl.as_secs());
        let answer = self.transact(request, until).await?;
        let found = self.keys.standing(answer).writer;
        if let Some(held) = found.as_ref().and_then(|found| self.recognised(found)) {
            return Ok(Taking::Held(held));
        }
        self.lease = None;
        // It would lapse by itself.
        let _ = self.revoke(granted.id, until).await;
        Ok(match found {
            Some(found) => Taking::Taken(self.holder(&found, until).await),
            None => Taking::Changed,
        })
    }

    async fn revoke(&mut self, id: i64, until: Instant) -> Result<(), EtcdError> {
        let revoked: Result<LeaseRevokeResponse, _> = self.client.ask(REVOKE, LeaseId { id }, until).await;
        match revoked {
            Err(error) if error.is_missing_lease() => Ok(()),
            other => other.map(drop),
        }
    }

    /// Keeps the lease alive and changes the value, until both were done under one leader.
    async fn keep(&mut self, own: Own, value: &str) -> Result<Option<Held>, EtcdError> {
        let until = self.client.deadline();
        for _ in 0..ROUNDS {
            let sent_at = Instant::now();
            let kept: LeaseKeepAliveResponse = self
                .client
                .ask(KEEP_ALIVE, LeaseId { id: own.lease }, until)
                .await?;
            if kept.ttl <= 0 {
                return Ok(None);
            }
            let change = self.keys.change(value, own);
            let changed = match self.transact(change, until).await {
                Err(error) if error.is_missing_lease() => return Ok(None),
                changed => changed?,
            };
            if !changed.succeeded {
                return Ok(None);
            }
            if is_one_leader(kept.header.as_ref(), changed.header.as_ref()) {
                let ttl = seconds(kept.ttl);
                return Ok(Some(Held { sent_at, ttl }));
            }
        }
        Err(EtcdError::Unsteady)
    }
}

/// A leader that was cut off goes on acknowledging renewals for a while (Debian 12's etcd 3.4.23 among others), and the one
/// elected meanwhile knows nothing of them. The same member was in the same term before the renewal was passed on and after a
/// majority had agreed to the change that followed: so no other leader had been elected by the time of the renewal, and
/// whichever comes later gives the lease its whole time again.
fn is_one_leader(kept: Option<&Header>, changed: Option<&Header>) -> bool {
    match (kept, changed) {
        (Some(kept), Some(changed)) => {
            (kept.cluster_id, kept.member_id, kept.raft_term)
                == (changed.cluster_id, changed.member_id, changed.raft_term)
        }
        _ => false,
    }
}

/// Nobody renews for longer than a day, whatever a server says.
fn seconds(count: i64) -> Duration {
    Duration::from_secs(u64::try_from(count).unwrap_or(0).min(24 * 60 * 60))
}

impl EtcdVote {
    /// Looks how it stands, by what a majority has agreed to.
    pub async fn look(&mut self) -> Result<Seen, EtcdError> {
        let until = self.client.deadline();
        let (standing, holder) = self.observe(until).await?;
        let (published, revision) = standing.noted;
        Ok(Seen {
            holder,
            published: Some(published).filter(|text| !text.is_empty()),
            revision,
        })
    }

    /// Tries to take it for a time, with the first value that is published; nobody else loses it by that.
    ///
    /// `revision`, where it is given: only while nothing was published since that look.
    pub async fn hold(
        &mut self,
        ttl: Duration,
        value: &str,
        revision: Option<i64>,
    ) -> Result<Taking, EtcdError> {
        let until = self.client.deadline();
        let (standing, holder) = self.observe(until).await?;
        if let (Some(found), Some(holder)) = (&standing.writer, holder) {
            return Ok(match self.recognised(found) {
                Some(held) => Taking::Held(held),
                None => Taking::Taken(holder),
            });
        }
        let noted = standing.noted.1;
        if revision.is_some_and(|revision| revision != noted) {
            return Ok(Taking::Changed);
        }
        match self.left_alone(&standing, ttl) {
            Duration::ZERO => {
                value.clone_into(&mut self.published);
                self.put(ttl, until, |keys, lease, ttl| {
                    keys.create(value, lease, ttl, noted)
                })
                .await
            }
            left => Ok(Taking::Wait(left)),
        }
    }

    /// Takes it from whoever holds it while that is who was expected: whoever loses it by that knows at its next renewal, and
    /// whoever calls has seen to it that nobody writes by it.
    pub async fn replace(
        &mut self,
        ttl: Duration,
        value: &str,
        expected: impl Fn(&Holder) -> bool + Send,
    ) -> Result<Taking, EtcdError> {
        let until = self.client.deadline();
        let (standing, holder) = self.observe(until).await?;
        let (Some(found), Some(holder)) = (standing.writer, holder) else {
            return Ok(Taking::Changed);
        };
        if !expected(&holder) || found.lease == 0 {
            return Ok(Taking::Taken(holder));
        }
        value.clone_into(&mut self.published);
        self.put(ttl, until, |keys, lease, ttl| {
            keys.replace(value, lease, ttl, &found)
        })
        .await
    }

    /// Holds it for another such time and publishes a value, in one.
    pub async fn renew(&mut self, value: &str) -> Result<Renewal, EtcdError> {
        let Some((lease, own)) = self.lease.and_then(|lease| Some((lease, lease.own()?))) else {
            return Ok(Renewal::Gone);
        };
        // Whoever slept through its end has closed its server, and must not wake up as the writer.
        if Instant::now() >= lease.held.until() {
            self.lease = None;
            return Ok(Renewal::Gone);
        }
        value.clone_into(&mut self.published);
        let kept = self.keep(own, value).await?;
        self.lease = kept.map(|held| Lease { held, ..lease });
        Ok(kept.map_or(Renewal::Gone, Renewal::Acknowledged))
    }

    /// Gives it back at once, so that nobody has to wait for its end; whoever calls has closed the server before.
    pub async fn release(&mut self) -> Result<(), EtcdError> {
        let Some(lease) = self.lease.take() else {
            return Ok(());
        };
        let until = self.client.deadline();
        if let Some(own) = lease.own() {
            let give_back = self.keys.give_back(own, &self.published);
            self.transact(give_back, until).await?;
        }
        self.revoke(lease.id, until).await
    }
}
