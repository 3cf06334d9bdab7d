//! Logging in to a secondary that is a clone, whose accounts are the primary's.

use crate::{Both, Finding, FindingCode, Side};
use dbha_sql::{ConnectFault, Endpoint, Server, SqlError};

/// Tells whether one name and one password open both servers.
pub(super) fn is_same(endpoints: &Both<Endpoint>) -> bool {
    let (primary, secondary) = (&endpoints.primary, &endpoints.secondary);
    (&primary.user, &primary.password) == (&secondary.user, &secondary.password)
}

/// Tries the primary's login where the secondary refused its own: a run that was cut off may have made it a clone.
pub(super) async fn as_on_primary(endpoints: &Both<Endpoint>, refusal: SqlError) -> Result<Server, SqlError> {
    let refused = matches!(
        refusal,
        SqlError::Connect {
            fault: ConnectFault::Refused,
            ..
        }
    );
    if !refused || is_same(endpoints) {
        return Err(refusal);
    }
    let endpoint = Endpoint {
        user: endpoints.primary.user.clone(),
        password: endpoints.primary.password.clone(),
        ..endpoints.secondary.clone()
    };
    // The first refusal is the one to tell of: it is about what the caller gave.
    Server::connect(&endpoint).await.map_err(|_| refusal)
}

/// Says that another login was used than the one that was given.
pub(super) fn of_primary(endpoints: &Both<Endpoint>, used: &Endpoint) -> Option<Finding> {
    let given = &endpoints.secondary;
    let other = (&given.user, &given.password) != (&used.user, &used.password);
    other.then(|| {
        let user = used.user.as_deref().unwrap_or("root");
        Finding::new(
            FindingCode::LoginOfPrimary,
            Some(Side::Secondary),
            format!(
                "{} refuses the login that was given for it and takes that of the primary ({user})",
                used.name
            ),
            "give the primary's login for both; or give the account its own password again once the set-up is done",
        )
    })
}
