//! A snapshot over several sessions without any lock, for an account that may not lock the server.
//!
//! Each session's own snapshot knows up to where in the binary log it goes; where all are equal, no commit came in
//! between. What is in no snapshot is read before and after them, and has to be the same. Statements that were
//! under way at both ends are told by counters: a definition that is there already and not yet in the binary log
//! would be applied a second time on the target.

use crate::{
    CopyError, Inventory,
    accounts::AccountBook,
    check::definition_differences,
    definitions::Definitions,
    error::LOCK_WAIT_TIMEOUT,
    query_text::masked,
    snapshot::{Snapshot, Taking, refuse_uncopyable},
    statements,
    table_identity::TableIdentities,
};
use dbha_sql::{DataSession, GtidSet, Row, Session};
use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Tries before it gives up; the time that a lock might have been waited for ends them as well.
const MOST_TRIES: u32 = 50;
/// Time between two tries.
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// Everything that is in no snapshot, read at one moment.
struct Still {
    begun: String,
    inventory: Inventory,
    definitions: Definitions,
    identities: TableIdentities,
    accounts: AccountBook,
    sequences: Vec<(i128, u64)>,
}

/// Why one try did not succeed.
enum Trouble {
    /// Something moved; another try may find it still.
    Moved(String),
    /// No try can succeed.
    Fatal(CopyError),
}

impl From<CopyError> for Trouble {
    fn from(error: CopyError) -> Self {
        match error {
            CopyError::SchemaChanged { what } => Trouble::Moved(format!("{what} changed")),
            CopyError::TableLocked { table, .. } => Trouble::Moved(format!("{table} is locked")),
            CopyError::Sql { doing, source } if source.code() == Some(LOCK_WAIT_TIMEOUT) => {
                Trouble::Moved(format!("{doing} waits for a lock"))
            }
            other => Trouble::Fatal(other),
        }
    }
}

/// Takes the picture; nobody waits for it, and nothing is locked.
pub(crate) async fn take(
    mut taking: Taking<'_>,
    mut readers: Vec<DataSession>,
) -> Result<Snapshot, CopyError> {
    let began = Instant::now();
    let mut seen = None;
    let mut tries = 0;
    loop {
        tries += 1;
        let why = match try_once(&mut taking, readers, &mut seen).await {
            (all, Ok((still, coordinates))) => return finish(taking, all, still, coordinates).await,
            (_, Err(Trouble::Fatal(error))) => return Err(error),
            (all, Err(Trouble::Moved(why))) => {
                readers = all;
                why
            }
        };
        if tries == MOST_TRIES || began.elapsed() >= taking.options.lock_wait {
            return Err(CopyError::NeverStill {
                server: taking.present.name().to_owned(),
                tries,
                last: why,
            });
        }
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
}

type Coordinates = (String, u64);

async fn try_once(
    taking: &mut Taking<'_>,
    readers: Vec<DataSession>,
    seen: &mut Option<Still>,
) -> (Vec<DataSession>, Result<(Still, Coordinates), Trouble>) {
    let before = match seen.take() {
        Some(still) => still,
        None => match look(taking).await {
            Ok(still) => still,
            Err(trouble) => return (readers, Err(trouble)),
        },
    };
    let (readers, opened) = open_all(readers).await;
    let found = match opened {
        Ok(Some(coordinates)) => match look_again(taking, &before).await {
            Ok(after) => Ok((after, coordinates)),
            Err(trouble) => return (readers, Err(trouble)),
        },
        Ok(None) => Err(Trouble::Moved("its binary log grew between two snapshots".into())),
        Err(error) => Err(error.into()),
    };
    if found.is_err() {
        // Still as it was: a commit between the snapshots changes nothing of it.
        *seen = Some(before);
    }
    (readers, found)
}

/// Reads what is in no snapshot; nothing of it may be under way.
async fn look(taking: &mut Taking<'_>) -> Result<Still, Trouble> {
    let begun = definitions_begun(&mut taking.present).await?;
    if let Some(running) = definition_running(&mut taking.present).await? {
        return Err(Trouble::Moved(running));
    }
    taking.refuse_prepared_transactions().await?;
    let (inventory, definitions) = taking.look().await?;
    let identities = TableIdentities::read(&mut taking.present).await?;
    let accounts = taking.read_accounts().await?;
    let sequences = taking.read_sequences(&inventory).await?;
    Ok(Still {
        begun,
        inventory,
        definitions,
        identities,
        accounts,
        sequences,
    })
}

/// Reads everything anew and compares it; the counter is read last as well, so that it spans all of it.
async fn look_again(taking: &mut Taking<'_>, before: &Still) -> Result<Still, Trouble> {
    let after = look(taking).await?;
    if let Some(what) = differs(before, &after) {
        return Err(Trouble::Moved(format!("{what} changed")));
    }
    match definitions_begun(&mut taking.present).await? == before.begun {
        true => Ok(after),
        false => Err(Trouble::Moved("statements change its definitions".into())),
    }
}

fn differs(before: &Still, after: &Still) -> Option<String> {
    let named = |still: &Still| -> BTreeSet<String> {
        let tables = still.inventory.tables.iter().map(crate::Table::shown);
        let objects = still.inventory.objects.iter().map(crate::Object::shown);
        tables
            .chain(objects)
            .chain(still.inventory.schemas.clone())
            .collect()
    };
    if let Some(name) = named(before).symmetric_difference(&named(after)).next() {
        return Some(name.clone());
    }
    let differing = definition_differences(&before.definitions, &after.definitions);
    if let Some((what, _)) = differing.into_iter().next() {
        return Some(what);
    }
    let same = [
        ("a table", before.identities == after.identities),
        ("an account", before.accounts == after.accounts),
        ("a sequence", before.sequences == after.sequences),
    ];
    same.into_iter()
        .find(|(_, same)| !same)
        .map(|(what, _)| what.to_owned())
}

/// Opens all snapshots at the same time; returns where they stand, or nothing when a commit came in between.
async fn open_all(readers: Vec<DataSession>) -> (Vec<DataSession>, Result<Option<Coordinates>, CopyError>) {
    let mut opening = JoinSet::new();
    for mut reader in readers {
        opening.spawn(async move {
            let opened = open(&mut reader).await;
            (reader, opened)
        });
    }
    let (mut readers, mut at) = (vec![], BTreeSet::new());
    let mut failed = None;
    while let Some(ended) = opening.join_next().await {
        // Only a panic inside ends one otherwise.
        let Ok((reader, opened)) = ended else {
            return (readers, Err(CopyError::Cancelled));
        };
        readers.push(reader);
        match opened {
            Ok(coordinates) => drop(at.insert(coordinates)),
            Err(error) => failed = Some(error),
        }
    }
    let one = at.pop_first().filter(|_| at.is_empty());
    (readers, failed.map_or(Ok(one), Err))
}

async fn open(reader: &mut DataSession) -> Result<Coordinates, CopyError> {
    let doing = || CopyError::doing("opening a consistent snapshot");
    reader
        .execute(&statements::snapshot::open_snapshot())
        .await
        .map_err(doing())?;
    let rows = reader
        .query(&statements::lock_free::snapshot_coordinates())
        .await
        .map_err(doing())?;
    let value = |name: &str| {
        let named = |row: &&Row| {
            row.get("Variable_name")
                .is_some_and(|found| found.eq_ignore_ascii_case(name))
        };
        rows.iter().find(named).and_then(|row| row.get("Value"))
    };
    let file = value("Binlog_snapshot_file").filter(|file| !file.is_empty());
    let offset = value("Binlog_snapshot_position").and_then(|offset| offset.parse().ok());
    file.map(str::to_owned)
        .zip(offset)
        .ok_or_else(|| CopyError::Unreadable {
            server: reader.name().to_owned(),
            what: "the place of a snapshot in its binary log".into(),
        })
}

async fn definitions_begun(session: &mut Session) -> Result<String, CopyError> {
    let begun = session
        .query_value(&statements::lock_free::definitions_begun())
        .await
        .map_err(CopyError::doing("counting statements that define something"))?;
    begun.ok_or_else(|| CopyError::Unreadable {
        server: session.name().to_owned(),
        what: "its counters of statements".into(),
    })
}

async fn definition_running(session: &mut Session) -> Result<Option<String>, CopyError> {
    let rows = session
        .query(&statements::lock_free::definitions_running())
        .await
        .map_err(CopyError::doing("looking for statements that define something"))?;
    Ok(rows.first().map(|row| {
        format!(
            "connection {} of {} runs {}",
            row.get("id").unwrap_or("?"),
            row.get("user").unwrap_or("?"),
            masked(row.get("query").unwrap_or("?"))
        )
    }))
}

async fn finish(
    mut taking: Taking<'_>,
    readers: Vec<DataSession>,
    still: Still,
    coordinates: Coordinates,
) -> Result<Snapshot, CopyError> {
    let position = position_at(&mut taking.present, &coordinates).await?;
    refuse_uncopyable(&still.inventory, false)?;
    if still.inventory.tables_without_snapshot().next().is_some() {
        return Err(CopyError::SchemaChanged {
            what: "the list of tables".into(),
        });
    }
    Ok(Snapshot {
        readers,
        inventory: still.inventory,
        definitions: still.definitions,
        sequences: still.sequences,
        identities: Arc::new(still.identities),
        accounts: still.accounts,
        position,
        coordinates: Some(coordinates),
        present: taking.present,
        lock: taking.lock,
        frozen_at: Instant::now(),
        held: Some(Duration::ZERO),
    })
}

async fn position_at(session: &mut Session, (file, offset): &Coordinates) -> Result<GtidSet, CopyError> {
    let asked = statements::lock_free::position_at(file, *offset);
    let executed = session
        .query_value(&asked)
        .await
        .map_err(CopyError::doing("reading the position of the snapshot"))?;
    let flavor = session.dialect().flavor();
    executed
        .and_then(|text| GtidSet::parse(flavor, &text).ok())
        .ok_or_else(|| CopyError::Unreadable {
            server: session.name().to_owned(),
            what: format!("the GTID position at {file}:{offset}"),
        })
}
