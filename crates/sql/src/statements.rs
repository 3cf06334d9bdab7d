//! Every SQL text about one server. Each file holds one subject as methods of [`crate::Dialect`].

mod accounts;
mod dbha_schema;
mod facts;
mod named_locks;
mod replication;
mod session;
mod settings;

pub use accounts::AccountTls;
pub use replication::SourceTarget;
