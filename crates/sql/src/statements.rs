//! Every SQL text about one server. Each file holds one subject as methods of [`crate::Dialect`].

mod accounts;
mod advice;
mod choices;
mod client_account;
mod clone;
mod dbha_schema;
mod events;
mod facts;
mod heartbeat;
mod local_data;
mod monitor_account;
mod named_locks;
mod replication;
mod roles;
mod semi_sync;
mod session;
mod settings;
mod surroundings;

pub use accounts::AccountTls;
pub use replication::SourceTarget;
pub use semi_sync::SemiSyncPlugin;
pub(crate) use surroundings::KEPT_BY_SESSIONS;
