use super::{Observed, observe::look};
use crate::{MONITOR_USER, Row, Session, SqlError, printable, quote_account};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a monitor with an account of its own depends on.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MonitorFacts {
    /// The monitor's accounts.
    pub accounts: Observed<Vec<MonitorAccount>>,
    /// Whether the table of heartbeats is there.
    pub has_heartbeat: bool,
    /// The host from which the server takes dbha's connection to come.
    pub seen_from: String,
}

/// One account of the monitor.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MonitorAccount {
    /// Its host part.
    pub host: String,
    /// Whether it may log in over TLS only.
    pub requires_tls: bool,
    /// Whether it may do what a monitor needs, and nothing else.
    pub grants_as_wanted: bool,
}

/// Looks at the monitor's accounts and what they may do; `opens`: whether a monitor is to open the writer.
pub(super) async fn look_at_monitor(session: &mut Session, opens: bool) -> Result<MonitorFacts, SqlError> {
    let dialect = session.dialect();
    let place = look(session, &dialect.read_monitor_place()).await?;
    let accounts = look(session, &dialect.read_replication_accounts(MONITOR_USER)).await?;
    let grants = look(session, &dialect.read_monitor_grants()).await?;
    let row = place.known().and_then(|rows| rows.first());
    let text = |name: &str| printable(row.and_then(|row| row.get(name)).unwrap_or(""));
    let wanted: BTreeSet<(String, String)> = dialect
        .wanted_of_monitor(opens)
        .into_iter()
        .map(|(place, privilege)| (place.to_owned(), privilege.to_owned()))
        .collect();
    let grants = grants.known().map(Vec::as_slice).unwrap_or_default().to_vec();
    Ok(MonitorFacts {
        has_heartbeat: text("heartbeat") == "1",
        seen_from: text("host"),
        accounts: accounts.and(|rows| {
            let account = |row: &Row| {
                let host = row.get("host").unwrap_or("").to_owned();
                MonitorAccount {
                    requires_tls: !row.get("tls").unwrap_or("").is_empty(),
                    grants_as_wanted: granted(&grants, &host) == wanted,
                    host,
                }
            };
            rows.iter().map(account).collect()
        }),
    })
}

/// Everything that is granted to one account, by place.
fn granted(grants: &[Row], host: &str) -> BTreeSet<(String, String)> {
    let grantee = quote_account(MONITOR_USER, host);
    let own = grants.iter().filter(|row| row.get("grantee") == Some(&grantee));
    own.map(|row| {
        let text = |name: &str| row.get(name).unwrap_or("").to_owned();
        (text("place"), text("privilege").to_ascii_uppercase())
    })
    .filter(|(_, privilege)| privilege != "USAGE")
    .collect()
}
