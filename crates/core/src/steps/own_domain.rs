//! The own domain in a MariaDB replica's position.

use super::{Run, Step, StepTrouble, catch_up, follow::gtids};
use crate::{Side, wait::Pause};
use std::time::Duration;

/// Tells the replica that it has its own transactions, as far as its source has them too.
///
/// MariaDB asks the source for everything after `gtid_slave_pos`, its own domains included. What the source has
/// purged since, or has not applied yet, would end the IO thread with 1236. The secondary's link runs by the time the
/// primary's is started, so the primary can wait for the secondary; the other way round both would wait for ever.
pub(super) async fn move_own_domain(run: &mut Run<'_>, step: Step, source: Side) -> Result<(), StepTrouble> {
    const CONFLICTS_WITH_BINLOG: u16 = 1947;
    let replica = source.peer();
    let dialect = run.servers.of(replica).dialect();
    let mut pause = Pause::within(Duration::from_secs(10));
    let own = loop {
        let (executed, applied) = gtids(run, replica).await?;
        if source == Side::Primary && !gtids(run, source).await?.0.contains(&executed) {
            return Ok(());
        }
        let position = executed.union(&applied);
        match run
            .servers
            .of_mut(replica)
            .execute(&dialect.set_replica_position(&position))
            .await
        {
            Ok(_) => break executed,
            // A writer was faster than the statement: its transaction came between the look and the setting.
            Err(error) if error.code() == Some(CONFLICTS_WITH_BINLOG) => pause.wait(run.cancel).await?,
            Err(error) => return Err(error.into()),
        }
    };
    catch_up::wait_until_has(run, step, source, &own).await
}
