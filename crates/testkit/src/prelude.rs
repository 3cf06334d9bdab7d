//! Everything that the lines of a test need: `use dbha_testkit::prelude::*;`.

pub use crate::Link::{PrimaryToSecondary, SecondaryToPrimary};
pub use crate::ServerFlavor::{MariaDb, MySql};
pub use crate::{Backend, ReplicatedPair, ServerOptions, TestkitError};
pub use dbha_core::Side::{self, Primary, Secondary};
pub use dbha_core::Writers::{self, One};
