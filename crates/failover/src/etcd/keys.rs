//! The keys of one pair, and what is asked about them.

use super::messages::{
    Compare, Compared, DeleteRangeRequest, KeyValue, PutRequest, RangeRequest, Request, RequestOp, Response,
    TxnRequest, TxnResponse,
};
use super::note::Note;

const CREATE: i32 = 1;
const CHANGE: i32 = 2;
const LEASE: i32 = 4;

/// The two keys of a pair: the holder's own, which goes with its lease, and a note that stays, which is written in the same
/// transactions.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    writer: Vec<u8>,
    note: Vec<u8>,
}

/// What stands there at one moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Standing {
    /// The key of whoever holds the vote.
    pub(super) writer: Option<KeyValue>,
    /// What is noted of whoever held it last.
    pub(super) note: Option<Note>,
    /// What was published last, and the revision at which that was; 0 where nothing was.
    pub(super) noted: (String, i64),
}

impl Keys {
    pub(super) fn of_pair(pair: &str) -> Self {
        Self {
            writer: format!("/dbha/pairs/{pair}/writer").into_bytes(),
            note: format!("/dbha/pairs/{pair}/note").into_bytes(),
        }
    }

    /// Reads both, at one revision; a transaction that only reads is answered by a majority.
    pub(super) fn read(&self) -> TxnRequest {
        TxnRequest {
            success: vec![range(&self.writer), range(&self.note)],
            ..TxnRequest::default()
        }
    }

    /// Creates the writer's key with a lease, and reads it, while the note is as it was seen (`noted`, 0 for none); else only
    /// reads.
    pub(super) fn create(&self, value: &str, lease: i64, ttl: u64, noted: i64) -> TxnRequest {
        TxnRequest {
            compare: vec![
                compare(CREATE, &self.writer, Compared::CreateRevision(0)),
                compare(CHANGE, &self.note, Compared::ModRevision(noted)),
            ],
            success: vec![
                put(&self.writer, value, lease),
                put(&self.note, &Note::text(None, lease, ttl, false, value), 0),
                range(&self.writer),
            ],
            failure: vec![range(&self.writer)],
        }
    }

    /// Lets the key go over to another lease, and reads it, while it is as it was seen; else only reads it.
    pub(super) fn replace(&self, value: &str, lease: i64, ttl: u64, seen: &KeyValue) -> TxnRequest {
        TxnRequest {
            compare: vec![compare(
                CHANGE,
                &self.writer,
                Compared::ModRevision(seen.mod_revision),
            )],
            success: vec![
                put(&self.writer, value, lease),
                put(
                    &self.note,
                    &Note::text(Some(seen.create_revision), lease, ttl, false, value),
                    0,
                ),
                range(&self.writer),
            ],
            failure: vec![range(&self.writer)],
        }
    }

    /// Changes the value while the key is still the one that was created.
    pub(super) fn change(&self, value: &str, own: Own) -> TxnRequest {
        TxnRequest {
            compare: self.compare_own(own),
            success: vec![
                put(&self.writer, value, own.lease),
                put(
                    &self.note,
                    &Note::text(Some(own.created), own.lease, own.ttl, false, value),
                    0,
                ),
            ],
            failure: vec![],
        }
    }

    /// Deletes the key while it is still the one that was created, and notes that it was given back.
    pub(super) fn give_back(&self, own: Own, noted: &str) -> TxnRequest {
        let delete = DeleteRangeRequest {
            key: self.writer.clone(),
        };
        TxnRequest {
            compare: self.compare_own(own),
            success: vec![
                put(
                    &self.note,
                    &Note::text(Some(own.created), own.lease, own.ttl, true, noted),
                    0,
                ),
                operation(Request::DeleteRange(delete)),
            ],
            failure: vec![],
        }
    }

    /// Whoever wrote the key by hand has changed its lease; whoever created it anew, its first revision.
    fn compare_own(&self, own: Own) -> Vec<Compare> {
        vec![
            compare(CREATE, &self.writer, Compared::CreateRevision(own.created)),
            compare(LEASE, &self.writer, Compared::Lease(own.lease)),
        ]
    }

    pub(super) fn standing(&self, answer: TxnResponse) -> Standing {
        let mut standing = Standing::default();
        for Response::Range(read) in answer.responses.into_iter().filter_map(|each| each.response) {
            for found in read.kvs {
                if found.key == self.writer {
                    standing.writer = Some(found);
                } else if found.key == self.note {
                    standing.note = Note::read(&found);
                    standing.noted = (Note::value(&found), found.mod_revision);
                }
            }
        }
        standing
    }
}

/// A key that this process created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Own {
    /// Its lease.
    pub(super) lease: i64,
    /// The revision that created it.
    pub(super) created: i64,
    /// Seconds of the lease.
    pub(super) ttl: u64,
}

fn range(key: &[u8]) -> RequestOp {
    operation(Request::Range(RangeRequest { key: key.to_vec() }))
}

fn put(key: &[u8], value: &str, lease: i64) -> RequestOp {
    operation(Request::Put(PutRequest {
        key: key.to_vec(),
        value: value.as_bytes().to_vec(),
        lease,
    }))
}

fn operation(request: Request) -> RequestOp {
    RequestOp {
        request: Some(request),
    }
}

fn compare(target: i32, key: &[u8], compared: Compared) -> Compare {
    Compare {
        result: 0,
        target,
        key: key.to_vec(),
        compared: Some(compared),
    }
}
