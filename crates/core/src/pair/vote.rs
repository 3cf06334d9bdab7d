//! The vote of a guarded pair, which changes hands with the writes.

use super::Pair;
use crate::{Finding, FindingCode, SetupError, Side, choices};
use dbha_sql::{Facts, Server};

impl Pair {
    /// Guards close whatever is opened without the vote: who does not say where it is gives the writes to nobody.
    pub(super) fn unguarded<'a>(&self, seen: impl IntoIterator<Item = &'a Facts>) -> Option<Finding> {
        let urls = seen
            .into_iter()
            .find_map(|facts| choices::recorded(facts).guarded)
            .filter(|_| self.vote.is_none())?;
        Some(Finding::new(
            FindingCode::Guarded,
            None,
            format!(
                "guards let this pair write by a vote in etcd ({urls}), and close whatever has not got it"
            ),
            format!(
                "give --etcd {urls} (and the certificates that the monitors were given), so that the vote goes along"
            ),
        ))
    }

    /// Records on the writer that guards decide, and by which vote: whoever changes roles by hand has to know.
    pub async fn record_guard(&self, side: Side, urls: &str) -> Result<(), SetupError> {
        let server = Server::connect(self.endpoints.of(side)).await;
        let mut server = server.map_err(SetupError::Connect)?;
        let record = server.dialect().record_guard(urls);
        server.execute(&record).await.map_err(SetupError::Observe)?;
        server.session.close().await;
        Ok(())
    }
}
