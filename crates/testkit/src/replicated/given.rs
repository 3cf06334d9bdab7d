//! Servers that somebody else runs.

use dbha_core::{Both, Endpoint, Side};

use crate::TestkitError;

/// The variable with the URL of each side.
const VARIABLES: Both<&str> = Both {
    primary: "DBHA_TEST_PRIMARY_URL",
    secondary: "DBHA_TEST_SECONDARY_URL",
};

/// Two servers of which nothing is known but how to log in.
#[derive(Clone)]
pub(super) struct Given {
    urls: Both<String>,
}

impl Given {
    /// Takes two URLs; nothing is connected yet.
    pub(super) fn new(urls: Both<String>) -> Result<Self, TestkitError> {
        for side in Side::BOTH {
            let parsed = urls.of(side).parse::<Endpoint>();
            parsed.map_err(|error| TestkitError::Url {
                what: format!("what was given for the {side}"),
                reason: error.to_string(),
            })?;
        }
        Ok(Self { urls })
    }

    /// Reads both URLs from the environment.
    pub(super) fn from_environment() -> Result<Self, TestkitError> {
        let url = |side: Side| {
            let variable = *VARIABLES.of(side);
            std::env::var(variable).map_err(|_| TestkitError::Url {
                what: variable.to_owned(),
                reason: "it is not set".to_owned(),
            })
        };
        Self::new(Both {
            primary: url(Side::Primary)?,
            secondary: url(Side::Secondary)?,
        })
    }

    pub(super) fn url(&self, side: Side) -> String {
        self.urls.of(side).clone()
    }

    /// Says that these servers are not the kit's to harm.
    pub(super) fn cannot<T>(what: &'static str) -> Result<T, TestkitError> {
        Err(TestkitError::NotPossible {
            what,
            reason: "the servers were given by their URLs and belong to somebody else".to_owned(),
            fix: "take the back end 'processes' or 'containers' for this test".to_owned(),
        })
    }
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The URLs hold passwords.
        f.write_str("Given")
    }
}
