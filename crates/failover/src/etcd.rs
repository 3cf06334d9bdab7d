//! The third vote in etcd: a key with a lease.
//!
//! etcd is spoken to by gRPC alone: its JSON gateway is not there where it was started from a file, as K3s does.

mod channel;
mod client;
mod error;
mod keys;
mod messages;
mod note;
mod patience;
mod settings;
mod vote;

pub use error::EtcdError;
pub use settings::{EtcdLogin, EtcdSettings, EtcdTls};
pub use vote::EtcdVote;
