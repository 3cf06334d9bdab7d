//! Whether two servers hold exactly the same.

use crate::{
    CopyError, CopyOptions, CopyPhase, CopyProgress, Inventory, ObjectKind, Table,
    accounts::AccountBook,
    counterpart::Counterpart,
    definition_comparison::{account_differences, comparable, definition_differences, sequence_differences},
    difference::{Findings, NotCompared},
    meeting::{Meeting, MeetingTerms},
    row_comparison::{RowTerms, SnapshotPair, compare_rows},
    sessions::{Guard, Sessions},
    snapshot::Snapshot,
    statements,
};
use dbha_sql::{Endpoint, GtidSet};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// What accounts are called among what was not compared; every table has a dot in its name.
const ACCOUNTS: &str = "accounts";
/// Rows of each table that are named where the caller does not say how many.
const NAMED_ROWS: usize = 100;

/// A consistent picture of one server that another one is to be compared with; nothing is changed on either.
pub struct Comparison {
    sessions: Sessions,
    guard: Guard,
    snapshot: Snapshot,
    met: Option<Meeting>,
    lock_held: Duration,
    options: CopyOptions,
    limit: usize,
    news: mpsc::Sender<CopyProgress>,
}

/// What was compared and found equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Compared {
    /// Position of the source at which both are equal.
    pub position: GtidSet,
    /// Tables.
    pub tables: u64,
    /// Rows of all tables.
    pub rows: u64,
    /// How long commits on the source were held up.
    pub lock_held: Duration,
}

/// How a running pair is compared.
#[derive(Debug, Clone, Default)]
pub struct VerifyOptions {
    /// How rows are read and locks are taken.
    pub copy: CopyOptions,
    /// How both come to one position.
    pub terms: MeetingTerms,
    /// Rows of each table that are named; all are counted. `None` is 100.
    pub limit: Option<usize>,
}

/// Compares everything on two servers that work on meanwhile, at one position that both have.
///
/// Writes to neither and changes nothing about their replication. Commits on the primary wait until the secondary has
/// come to its position. Cancelled or failed, it ends every session that it opened within a second.
pub async fn verify(
    primary: &Endpoint,
    secondary: &Endpoint,
    options: &VerifyOptions,
    progress: &(dyn Fn(CopyProgress) + Send + Sync),
    cancel: &CancellationToken,
) -> Result<Findings, CopyError> {
    let (news, inbox) = mpsc::channel(256);
    let sessions = Sessions::new(primary, secondary);
    // What a run that was killed left behind.
    sessions.end_all().await;
    let guard = sessions.guard();
    let result = tokio::select! {
        result = verify_once(&sessions, options, news) => result,
        () = crate::copy::pass_on(inbox, progress) => Err(CopyError::Cancelled),
        () = cancel.cancelled() => Err(CopyError::Cancelled),
    };
    match &result {
        Ok(_) => guard.disarm(),
        Err(_) => guard.clean().await,
    }
    result
}

async fn verify_once(
    sessions: &Sessions,
    options: &VerifyOptions,
    news: mpsc::Sender<CopyProgress>,
) -> Result<Findings, CopyError> {
    crate::copying::tell(&news, CopyPhase::Snapshot).await;
    let mut meeting = Meeting::prepare(sessions, options.copy.workers, &options.terms).await?;
    let snapshot = Snapshot::take_together(sessions, &options.copy, &mut meeting).await?;
    let held_ms = u64::try_from(meeting.held.as_millis()).unwrap_or(u64::MAX);
    let _ = news.send(CopyProgress::LockReleased { held_ms }).await;
    let mut comparison = Comparison {
        sessions: sessions.clone(),
        guard: Guard::none(),
        snapshot,
        lock_held: meeting.held,
        met: Some(meeting),
        options: options.copy.clone(),
        limit: options.limit.unwrap_or(NAMED_ROWS),
        news,
    };
    let findings = comparison.find().await?;
    comparison.finish().await?;
    Ok(findings)
}

impl Comparison {
    /// Takes the picture of the source; its writers wait for no longer than that.
    ///
    /// Dropped before its end, it ends every session that it opened.
    pub async fn begin(
        source: &Endpoint,
        target: &Endpoint,
        options: &CopyOptions,
    ) -> Result<Self, CopyError> {
        let sessions = Sessions::new(source, target);
        sessions.end_all().await;
        let guard = sessions.guard();
        let mut snapshot = Snapshot::take(&sessions, options).await?;
        let without = snapshot.inventory.tables_without_snapshot();
        let tables: Vec<String> = without.map(Table::shown).collect();
        if !tables.is_empty() {
            return Err(CopyError::NoSnapshotOf(tables));
        }
        let lock_held = snapshot.release().await?;
        // Nobody listens; news that cannot be sent are dropped.
        let (news, _) = mpsc::channel(1);
        Ok(Self {
            sessions,
            guard,
            snapshot,
            met: None,
            lock_held,
            options: options.clone(),
            limit: NAMED_ROWS,
            news,
        })
    }

    /// Returns file and offset of the source's binary log up to which the picture goes.
    pub fn coordinates(&self) -> Option<&(String, u64)> {
        self.snapshot.coordinates.as_ref()
    }

    /// Returns the transactions that are in the picture.
    pub fn position(&self) -> &GtidSet {
        &self.snapshot.position
    }

    /// Compares definitions and all rows; the target must stand at the coordinates and must not move.
    ///
    /// Fails with [`CopyError::NotEqual`] and everything that differs.
    pub async fn run(mut self) -> Result<Compared, CopyError> {
        let mut meeting =
            Meeting::prepare(&self.sessions, self.options.workers, &MeetingTerms::default()).await?;
        meeting.counterpart.look().await?;
        let sequences = self.snapshot.inventory.objects_of(ObjectKind::Sequence);
        let sequences: Vec<_> = sequences
            .map(|one| (one.schema.clone(), one.name.clone()))
            .collect();
        meeting.counterpart.read_sequences(&sequences).await?;
        let position = meeting.counterpart.position().await?;
        // It stands still, so its position says nothing new.
        meeting.counterpart.open_snapshots(&position).await?;
        self.met = Some(meeting);
        let found = self.find().await?;
        let definitions = found.definitions.iter().map(|one| one.shown());
        let rows = found.differing.iter().map(|one| one.shown());
        // Accounts may not have been read; they are made equal by nobody here.
        let unseen = found.not_compared.iter().filter(|one| one.what != ACCOUNTS);
        let unseen = unseen.map(|one| format!("{}: {}", one.what, one.reason));
        let differences: Vec<String> = definitions.chain(rows).chain(unseen).collect();
        if !differences.is_empty() {
            self.guard.clean().await;
            return Err(CopyError::NotEqual(differences));
        }
        let guard = std::mem::replace(&mut self.guard, Guard::none());
        let identities = self.snapshot.identities.clone();
        identities.check_rest(&mut self.snapshot.present, &[]).await?;
        self.finish().await?;
        guard.disarm();
        Ok(Compared {
            position: found.position,
            tables: found.tables,
            rows: found.rows,
            lock_held: found.lock_held,
        })
    }

    /// Compares everything, inside the two pictures.
    async fn find(&mut self) -> Result<Findings, CopyError> {
        let Some(mut meeting) = self.met.take() else {
            return Err(CopyError::Cancelled);
        };
        let errant = meeting.errant.clone();
        let accounts_unread = meeting.accounts_unread.take();
        let mut there = meeting.counterpart;
        let Some((inventory, definitions)) = there.seen.take() else {
            return Err(CopyError::Cancelled);
        };
        crate::copying::tell(&self.news, CopyPhase::Check).await;
        let own = (&self.snapshot.inventory, &self.snapshot.definitions);
        let mut found = definition_differences(own, (&inventory, &definitions));
        found.extend(sequence_differences(
            &self.snapshot.inventory,
            &self.snapshot.sequences,
            &there.sequences,
        ));
        found.sort();
        found.dedup();
        let mut not_compared = vec![];
        let accounts = self
            .accounts(&mut there, accounts_unread, &mut not_compared)
            .await?;
        let tables = self.tables(&inventory, &mut not_compared);
        let count = tables.len() as u64;
        let rows = self.rows(tables, &mut there).await?;
        let total = rows.rows;
        let (mut differing, changed) = rows.into_tables();
        let names: Vec<_> = differing
            .iter()
            .map(|one| (one.schema.clone(), one.table.clone()))
            .collect();
        let identities = self.snapshot.identities.clone();
        let swapped = identities.changed(&mut self.snapshot.present, &names).await?;
        differing.retain(|one| !swapped.contains(&(one.schema.clone(), one.table.clone())));
        let changed: Vec<_> = changed.into_iter().chain(swapped).collect();
        let of_changed = |(schema, table): &(String, String)| NotCompared {
            what: format!("{schema}.{table}"),
            reason: "its definition was changed meanwhile; run it again".into(),
        };
        not_compared.extend(changed.iter().map(of_changed));
        there.close().await;
        Ok(Findings {
            position: self.snapshot.position.clone(),
            errant,
            tables: count - changed.len() as u64,
            rows: total,
            lock_held: self.lock_held,
            definitions: found,
            accounts,
            not_compared,
            differing,
        })
    }

    async fn accounts(
        &self,
        there: &mut Counterpart,
        unread: Option<String>,
        not_compared: &mut Vec<NotCompared>,
    ) -> Result<Vec<crate::DefinitionDifference>, CopyError> {
        let mut refuse = |reason| {
            not_compared.push(NotCompared {
                what: ACCOUNTS.into(),
                reason,
            });
            vec![]
        };
        if let Some(reason) = unread {
            return Ok(refuse(reason));
        }
        match AccountBook::read(&mut there.present).await {
            Ok(book) => Ok(account_differences(&self.snapshot.accounts, &book)),
            Err(CopyError::Sql { source, .. }) if source.is_denied() => Ok(refuse(source.to_string())),
            Err(other) => Err(other),
        }
    }

    /// Chooses the tables whose rows can be compared, and names the others.
    fn tables(&self, inventory: &Inventory, not_compared: &mut Vec<NotCompared>) -> Vec<Table> {
        let mut tables = vec![];
        for table in &self.snapshot.inventory.tables {
            // One that is missing is a difference by itself.
            let Some(have) = inventory.table(&table.schema, &table.name) else {
                continue;
            };
            match comparable(table, have) {
                Ok(table) => tables.push(table),
                Err(reason) => not_compared.push(NotCompared {
                    what: table.shown(),
                    reason: reason.into(),
                }),
            }
        }
        tables
    }

    async fn rows(
        &mut self,
        tables: Vec<Table>,
        there: &mut Counterpart,
    ) -> Result<crate::row_comparison::RowFindings, CopyError> {
        let sum = |of: fn(&Table) -> u64| tables.iter().map(of).fold(0, u64::saturating_add);
        let totals = CopyProgress::Totals {
            tables: tables.len() as u64,
            rows: sum(|table| table.rows_estimate),
            bytes: sum(|table| table.bytes_estimate),
            key_bytes: 0,
        };
        let _ = self.news.send(totals).await;
        crate::copying::tell(&self.news, CopyPhase::Data).await;
        let impatient = statements::sessions::wait_for_locks(1);
        for reader in self.snapshot.readers.iter_mut().chain(&mut there.readers) {
            let told = reader.execute(&impatient).await;
            told.map_err(CopyError::doing("preparing to compare"))?;
        }
        let readers = std::mem::take(&mut self.snapshot.readers).into_iter();
        let others = std::mem::take(&mut there.readers).into_iter();
        let pairs = readers
            .zip(others)
            .map(|(primary, secondary)| SnapshotPair { primary, secondary });
        let terms = RowTerms {
            range_bytes: self.options.range_bytes,
            limit: self.limit,
            news: self.news.clone(),
        };
        let (pairs, found) = compare_rows(pairs.collect(), tables, &terms).await?;
        for pair in pairs {
            self.snapshot.readers.push(pair.primary);
            there.readers.push(pair.secondary);
        }
        Ok(found)
    }

    async fn finish(self) -> Result<(), CopyError> {
        self.snapshot.finish().await
    }
}
