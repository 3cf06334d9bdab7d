//! What the monitor shows to browsers, load balancers, probes and Prometheus; it reads the [`crate::Board`] and nothing else.

mod assets;
mod connection;
mod dashboard;
mod documents;
mod error;
mod events;
mod guard;
mod hosts;
mod metrics;
mod patient_stream;
mod probes;
mod router;
mod seen;
mod server;
mod settings;
mod tls;
mod token;

pub use error::HttpError;
pub use server::HttpServer;
pub use settings::{HttpSettings, TlsFiles};
