use crate::{Both, Finding, FindingCode, SetupError, Side};
use dbha_sql::{Endpoint, Session, SessionProfile};

/// Name of the lock that keeps two runs apart.
const NAME: &str = "dbha.setup";

/// The lock on both servers (safety rule 9); it goes with its connections, however the run ends.
///
/// Connections of their own, because those that act are made anew when identities change.
pub(crate) struct RunLock {
    _held: Both<Session>,
}

impl RunLock {
    /// Takes the lock on both servers, or says who holds it.
    pub(crate) async fn take(endpoints: &Both<Endpoint>) -> Result<Self, SetupError> {
        let primary = take_on(&endpoints.primary, Side::Primary).await?;
        let secondary = take_on(&endpoints.secondary, Side::Secondary).await?;
        Ok(Self {
            _held: Both { primary, secondary },
        })
    }
}

async fn take_on(endpoint: &Endpoint, side: Side) -> Result<Session, SetupError> {
    let mut session = Session::connect(endpoint, SessionProfile::Control)
        .await
        .map_err(SetupError::Connect)?;
    let dialect = session.dialect();
    let got = session
        .query_value(&dialect.take_named_lock(NAME, 0))
        .await
        .map_err(SetupError::Observe)?;
    if got.as_deref() == Some("1") {
        return Ok(session);
    }
    let holder = session.query_value(&dialect.read_lock_holder(NAME)).await;
    let holder = holder.ok().flatten().unwrap_or_else(|| "?".into());
    Err(SetupError::Blocked(vec![Finding::new(
        FindingCode::RunElsewhere,
        Some(side),
        format!(
            "another dbha works on {}: its connection there has id {holder}",
            endpoint.name
        ),
        "wait until it is done; if it is dead, its connection and the lock end with it",
    )]))
}
