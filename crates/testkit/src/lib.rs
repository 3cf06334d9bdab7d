//! A replicated pair of real MySQL or MariaDB servers for tests, demonstrations and CI.
//!
//! ```no_run
//! # async fn example() -> Result<(), dbha_testkit::TestkitError> {
//! use dbha_testkit::prelude::*;
//!
//! let mut pair = ReplicatedPair::builder().flavor(MariaDb("11.8")).writers(One).start().await?;
//! println!("write to {}", pair.primary_url());
//! pair.wait_caught_up().await?;
//! println!("read from {}", pair.secondary_url());
//! pair.kill(Primary).await?; // now see what the application does
//! # Ok(())
//! # }
//! ```
//!
//! A [`ReplicatedPair`] is made by dbha's own set-up: what a test sees is what `dbha setup` makes of servers in production.
//! It is there within seconds and gone without a trace when it is dropped, also by a panic. A plain `#[test]` takes
//! [`ReplicatedPairBuilder::start_blocking`].
//!
//! # What the servers run on
//!
//! | [`Backend`] | needs | can |
//! |---|---|---|
//! | `Processes`, the default | the programs of the server; see [`Installation`] | every fault |
//! | `Containers` | the feature `docker` and a Docker daemon | what containers and their network can |
//! | `Urls` | `DBHA_TEST_PRIMARY_URL` and `DBHA_TEST_SECONDARY_URL` | what SQL can; the servers stay as they are afterwards |
//!
//! A test chooses by [`ReplicatedPairBuilder::backend`]; where it does not, `DBHA_TEST_BACKEND` does
//! (`processes`, `containers`, `urls`).
//!
//! # What can go wrong with them
//!
//! | fault | what happens | mended by |
//! |---|---|---|
//! | [`kill`](ReplicatedPair::kill) | as a power failure | [`start_again`](ReplicatedPair::start_again) |
//! | [`restart`](ReplicatedPair::restart) | orderly; address and settings stay | |
//! | [`freeze`](ReplicatedPair::freeze) | connections stay open, nothing answers | [`thaw`](ReplicatedPair::thaw) |
//! | [`cut`](ReplicatedPair::cut) | one link or both; the caller's own connections go on | [`heal`](ReplicatedPair::heal) |
//! | [`black_hole`](ReplicatedPair::black_hole) | everything on a link vanishes | [`heal`](ReplicatedPair::heal) |
//! | [`delay`](ReplicatedPair::delay) | everything between the two takes longer | [`heal`](ReplicatedPair::heal) |
//! | [`stop_sql_thread`](ReplicatedPair::stop_sql_thread) | received and not applied | [`start_replication`](ReplicatedPair::start_replication) |
//! | [`purge_binlogs`](ReplicatedPair::purge_binlogs) | what the peer has not received it never will | a new set-up |
//! | [`skew_clock`](ReplicatedPair::skew_clock) | restarts with a wrong clock | the same with 0 |
//!
//! What a back end cannot do is [`TestkitError::NotPossible`], never nothing.
//!
//! ```no_run
//! # fn example() -> Result<(), dbha_testkit::TestkitError> {
//! use dbha_testkit::prelude::*;
//!
//! let mut pair = ReplicatedPair::builder()
//!     .flavor(MySql("9.7"))
//!     .writers(Writers::Both)
//!     .setup_sql("CREATE DATABASE app; CREATE TABLE app.t (id INT PRIMARY KEY)")
//!     .start_blocking()?;
//! pair.cut(PrimaryToSecondary)?;
//! // … the application writes on both sides …
//! pair.heal()?;
//! pair.wait_caught_up()?;
//! assert!(pair.status().is_healthy());
//! # Ok(())
//! # }
//! ```
//!
//! # Without replication
//!
//! A [`PrivateServer`] is one server in a directory of its own, on a free loopback port; a [`ServerPair`] is two that know
//! nothing of one another yet. A sandbox (see [`Sandboxes`]) is a pair that outlives the process which made it. A
//! [`FaultProxy`] is a network in front of a server that is cut, delayed or swallowed up when a test says so. Nothing here
//! touches a server that it did not start, but for those whose URLs it is given.

pub mod blocking;
mod bond;
mod cache;
mod certificates;
mod clock;
mod clock_skew;
#[cfg(feature = "docker")]
mod containers;
mod error;
mod etcd;
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
#[cfg(test)]
mod spawnable;
mod spawner;
mod supervision;
mod template;
mod tree_copy;

#[cfg(feature = "docker")]
pub use containers::{ContainerError, Containers};

pub use certificates::{Authority, ServerCertificate, Validity};
pub use error::TestkitError;
pub use etcd::{Etcd, EtcdCluster, EtcdOptions, EtcdTls};
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
