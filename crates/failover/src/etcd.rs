//! The third vote in etcd: a key with a lease.
//!
//! etcd is spoken to by gRPC alone: its JSON gateway is not there where it was started from a file, as K3s does.

mod answers;
mod ballot;
mod channel;
mod client;
mod error;
mod keys;
mod messages;
mod note;
mod patience;
mod settings;
mod vote;
mod writer_vote;

pub use answers::{Held, Holder, Renewal, Seen, Taking};
pub use ballot::EtcdBallot;
pub use error::EtcdError;
pub use settings::{EtcdLogin, EtcdSettings, EtcdTls};
pub use vote::EtcdVote;
pub use writer_vote::{EtcdWriterVote, NotGiven};
