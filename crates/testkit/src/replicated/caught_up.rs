//! Waiting until a replica has what its source has.

use std::time::Duration;

use dbha_core::{GtidSet, LinkStatus, Side, SqlError, SqlState, Status};
use dbha_sql::{Server, SessionProfile};
use tokio::time::{Instant, sleep};

use super::ReplicatedPair;
use crate::TestkitError;

/// The first and the longest pause between two looks: most things arrive within milliseconds.
const PAUSES: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));
/// After so long without progress the state of the link is looked at, which may say that it is no use to wait.
const PATIENCE: Duration = Duration::from_millis(500);

/// The positions of one server.
struct Positions {
    /// What its binary log holds.
    executed: GtidSet,
    /// What came by replication and can be read here; the other set is ahead of that by a moment.
    applied: GtidSet,
}

/// What a replica lacks, and how its link stands.
struct Lack {
    missing: GtidSet,
    link: String,
}

/// Waits until a server has applied what its peer has at this moment.
pub(super) async fn wait(pair: &ReplicatedPair, replica: Side, limit: Duration) -> Result<(), TestkitError> {
    let began = Instant::now();
    let mut source = pair.connect(replica.peer(), SessionProfile::Monitor).await?;
    let wanted = positions(&mut source).await;
    source.session.close().await;
    let wanted = wanted.map_err(TestkitError::sql(replica.peer(), "tell its position"))?;
    let mut server = pair.connect(replica, SessionProfile::Monitor).await?;
    let lack = lack_of(pair, (replica, &mut server), &wanted.executed, limit).await;
    server.session.close().await;
    match lack.map_err(TestkitError::sql(replica, "tell its position"))? {
        None => Ok(()),
        Some(lack) => Err(TestkitError::NotCaughtUp {
            side: replica,
            waited: began.elapsed(),
            missing: lack.missing.to_string(),
            link: lack.link,
        }),
    }
}

/// Looks until nothing is missing any more, or until it is no use to wait.
async fn lack_of(
    pair: &ReplicatedPair,
    (replica, server): (Side, &mut Server),
    wanted: &GtidSet,
    limit: Duration,
) -> Result<Option<Lack>, SqlError> {
    let end = Instant::now() + limit;
    let id = *pair.ids.of(replica);
    let (mut pause, mut before, mut moved) = (PAUSES.0, None, Instant::now());
    loop {
        let missing = wanted.minus(&visible(server, id).await?);
        if missing.is_empty() {
            return Ok(None);
        }
        if before.as_ref() != Some(&missing) {
            (before, moved) = (Some(missing.clone()), Instant::now());
        }
        let over = Instant::now() >= end;
        if over || moved.elapsed() >= PATIENCE {
            let status = pair.status().await;
            let link = link_into(&status, replica);
            if over || link.is_some_and(has_given_up) {
                let link = link.map_or_else(|| status.reason.clone(), told);
                return Ok(Some(Lack { missing, link }));
            }
            moved = Instant::now();
        }
        sleep(pause).await;
        pause = (pause * 2).min(PAUSES.1);
    }
}

/// Reads what can be read on a server: what came by replication, and what it wrote itself.
async fn visible(server: &mut Server, id: u32) -> Result<GtidSet, SqlError> {
    let seen = positions(server).await?;
    Ok(match server.dialect().has_gtid_domains() {
        // The binary log has a transaction a moment before the tables do.
        true => seen.applied.union(&seen.executed.written_by(id)),
        false => seen.executed,
    })
}

async fn positions(server: &mut Server) -> Result<Positions, SqlError> {
    let statement = server.dialect().read_gtids();
    let rows = server.query(&statement).await?;
    let flavor = server.dialect().flavor();
    let set = |column: &str| {
        let text = rows.first().and_then(|row| row.get(column)).unwrap_or_default();
        GtidSet::parse(flavor, text).map_err(|error| SqlError::Unexpected {
            server: server.name().to_owned(),
            statement: statement.shown().to_owned(),
            text: error.to_string(),
        })
    };
    Ok(Positions {
        executed: set("executed")?,
        applied: set("applied")?,
    })
}

fn link_into(status: &Status, replica: Side) -> Option<&LinkStatus> {
    let name = replica.to_string();
    status.links.iter().find(|link| link.to == name)
}

/// Tells whether a replica has stopped with an error, which nothing but a person mends.
fn has_given_up(link: &LinkStatus) -> bool {
    link.sql == Some(SqlState::Stopped) && link.last_error.is_some()
}

fn told(link: &LinkStatus) -> String {
    let word = |state: Option<String>| state.unwrap_or_else(|| "not to be seen".to_owned());
    let io = word(link.io.map(|state| format!("{state:?}").to_lowercase()));
    let sql = word(link.sql.map(|state| format!("{state:?}").to_lowercase()));
    let error = link.last_error.as_ref();
    let error = error.map(|error| format!(", last error {}: {}", error.code, error.text));
    format!(
        "its IO thread is {io}, its SQL thread is {sql}{}",
        error.unwrap_or_default()
    )
}
