use crate::{Finding, FindingCode, SetupError, Side};
use dbha_sql::{Server, SqlError};

/// Name of the lock that keeps two runs apart.
const NAME: &str = "dbha.setup";

/// Takes the lock of one server for this connection (safety rule 9); it goes with the connection, however the run ends.
pub(crate) async fn take(server: &mut Server, side: Side) -> Result<(), SetupError> {
    if try_take(server).await.map_err(SetupError::Observe)? {
        return Ok(());
    }
    let holder = server
        .session
        .query_value(&server.dialect().read_lock_holder(NAME))
        .await;
    let holder = holder.ok().flatten().unwrap_or_else(|| "?".into());
    Err(SetupError::Blocked(vec![Finding::new(
        FindingCode::RunElsewhere,
        Some(side),
        format!(
            "another dbha works on {}: its connection there has id {holder}",
            server.name()
        ),
        "wait until it is done; if it is dead, its connection and the lock end with it",
    )]))
}

/// Makes the connection anew and takes the lock again, so that what was set for new sessions holds for dbha's own.
///
/// On MariaDB an open session keeps its server_id and GTID domain: what it wrote would carry the old ones.
pub(crate) async fn renew(server: &mut Server) -> Result<bool, SqlError> {
    server.session.reconnect().await?;
    try_take(server).await
}

async fn try_take(server: &mut Server) -> Result<bool, SqlError> {
    let dialect = server.dialect();
    Ok(server
        .session
        .query_value(&dialect.take_named_lock(NAME, 1))
        .await?
        .as_deref()
        == Some("1"))
}
