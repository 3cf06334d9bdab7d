//! Opening the writer of a managed pair, after both servers have started read-only.

use super::{Pair, close};
use crate::{
    SetupError,
    on_heap::on_heap,
    roles::{opening, writer_to_open},
    run_lock::RunLock,
};
use dbha_sql::Depth;

impl Pair {
    /// Opens the server that has the writes by the newest term; returns its name.
    ///
    /// Under the lock of a set-up, so that no change of roles is under way, and only while both servers answer, agree about the
    /// newest term and are both closed. Anything else is refused with [`SetupError::Unsafe`], and nothing is changed.
    pub async fn open_writer(&self) -> Result<String, SetupError> {
        on_heap(self.open_writer_locked()).await
    }

    async fn open_writer_locked(&self) -> Result<String, SetupError> {
        let _lock = RunLock::take(
            &self.endpoints,
            &format!("dbha opens the writer of {}", self.name),
        )
        .await?;
        let mut servers = self.connect().await?;
        let facts = super::observe_to(&mut servers, Depth::Running).await?;
        let side = writer_to_open(&facts).map_err(|why| SetupError::Unsafe {
            text: format!("no server of {} is opened: {why}", self.name),
            fix: "dbha status shows where the pair stands".to_owned(),
        })?;
        let statements = opening(facts.of(side));
        let done = servers.of_mut(side).execute_all(&statements).await;
        done.map_err(SetupError::Observe)?;
        close(servers).await;
        Ok(facts.of(side).name.clone())
    }
}
