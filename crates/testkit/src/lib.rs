//! Private MySQL and MariaDB servers for tests, demonstrations and CI.
//!
//! A [`PrivateServer`] is a real server in a directory of its own, on a free loopback port, ready in well
//! under a second and gone without a trace when it is dropped. A [`ServerPair`] is two of them. A sandbox
//! (see [`Sandboxes`]) is a pair that outlives the process which made it. A [`FaultProxy`] is a network in front
//! of a server that is cut, delayed or swallowed up when a test says so.
//!
//! Servers come from the system's own packages or from unpacked trees in a cache directory; see
//! [`Installation`]. Nothing here touches a server that it did not start.
//!
//! ```no_run
//! # async fn example() -> Result<(), dbha_testkit::TestkitError> {
//! use dbha_testkit::{Release, ServerOptions, ServerPair};
//!
//! let mut pair = ServerPair::start(Release::MySql9_7, &ServerOptions::new()).await?;
//! let url = pair.primary.url(); // mysql://root:…@127.0.0.1:…/
//! pair.secondary.kill().await?; // as a power failure would
//! pair.secondary.start().await?;
//! # Ok(())
//! # }
//! ```

pub mod blocking;
mod bond;
mod cache;
mod certificates;
mod clock;
mod clock_skew;
mod error;
mod fault_proxy;
mod home;
mod installation;
mod launch;
mod option_file;
mod pair;
mod password;
mod port;
pub mod prelude;
mod process;
mod process_identity;
mod readiness;
mod release;
mod replicated;
pub mod sample;
mod sandbox;
mod sandboxes;
mod server;
mod server_flavor;
mod server_options;
mod spawner;
mod supervision;
mod template;
mod tree_copy;

pub use certificates::{Authority, ServerCertificate, Validity};
pub use error::TestkitError;
pub use fault_proxy::{Direction, Fault, FaultProxy, Trigger};
pub use installation::Installation;
pub use pair::ServerPair;
pub use process_identity::ProcessIdentity;
pub use release::Release;
pub use replicated::{Backend, Link, ReplicatedPair, ReplicatedPairBuilder};
pub use sandbox::{SandboxInfo, SandboxOptions, SandboxServer};
pub use sandboxes::Sandboxes;
pub use server::PrivateServer;
pub use server_flavor::ServerFlavor;
pub use server_options::ServerOptions;

pub use dbha_core::{EventSink, SetupOptions, Side, Status, Verdict, Writers};
