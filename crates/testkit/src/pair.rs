//! Two private servers, started together.

use crate::{PrivateServer, Release, ServerOptions, TestkitError};

/// Two private servers that know nothing of one another yet.
#[derive(Debug)]
pub struct ServerPair {
    /// The one that is to have the data.
    pub primary: PrivateServer,
    /// The one that is to follow it.
    pub secondary: PrivateServer,
}

impl ServerPair {
    /// Starts two servers of one release, alike even in their `server_id`, as two fresh installations are.
    ///
    /// # Errors
    /// As [`PrivateServer::launch`]; the other server is gone then.
    pub async fn start(release: Release, options: &ServerOptions) -> Result<Self, TestkitError> {
        Self::start_each((release, options), (release, options)).await
    }

    /// Starts two servers that differ in release or options, the primary first.
    ///
    /// # Errors
    /// As [`ServerPair::start`].
    pub async fn start_each(
        primary: (Release, &ServerOptions),
        secondary: (Release, &ServerOptions),
    ) -> Result<Self, TestkitError> {
        let primary = PrivateServer::launch(primary.0, primary.1);
        let secondary = PrivateServer::launch(secondary.0, secondary.1);
        let (primary, secondary) = tokio::try_join!(primary, secondary)?;
        Ok(Self { primary, secondary })
    }
}
