//! What the servers of a pair run on.

use std::str::FromStr;

use crate::TestkitError;

/// Names what the servers of a pair run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Backend {
    /// Private processes of this machine: no Docker, nothing to install but the server's programs.
    Processes,
    /// Containers, with a network of their own; needs the feature `docker` and a Docker daemon.
    Containers,
    /// Servers that somebody else runs, named by `DBHA_TEST_PRIMARY_URL` and `DBHA_TEST_SECONDARY_URL`.
    Urls,
}

impl Backend {
    /// The variable that chooses where a test does not.
    pub const VARIABLE: &'static str = "DBHA_TEST_BACKEND";

    /// Reads the choice from the environment; without one it is [`Backend::Processes`].
    ///
    /// # Errors
    /// [`TestkitError::UnknownBackend`].
    pub fn from_environment() -> Result<Self, TestkitError> {
        match std::env::var(Self::VARIABLE) {
            Ok(name) if !name.is_empty() => name.parse(),
            _ => Ok(Self::Processes),
        }
    }
}

impl FromStr for Backend {
    type Err = TestkitError;

    fn from_str(name: &str) -> Result<Self, TestkitError> {
        match name {
            "processes" => Ok(Self::Processes),
            "containers" => Ok(Self::Containers),
            "urls" => Ok(Self::Urls),
            _ => Err(TestkitError::UnknownBackend(name.to_owned())),
        }
    }
}
