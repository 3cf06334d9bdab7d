mod together;

use crate::{
    CopyError, CopyOptions, Inventory, ObjectKind,
    accounts::AccountBook,
    blocker::blocker,
    definitions::Definitions,
    lock_free,
    lock_holder::LockHolder,
    sessions::{Sessions, Side},
    statements,
    table_identity::TableIdentities,
};
use dbha_sql::{DataSession, GtidSet, Session, SessionProfile, Statement, printable};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// Time between two tries of a snapshot that met prepared transactions.
const BETWEEN_TRIES: Duration = Duration::from_millis(200);

/// One consistent picture of a server over several sessions, and everything that is in no snapshot beside it.
pub(crate) struct Snapshot {
    /// Sessions that see the rows of one moment.
    pub(crate) readers: Vec<DataSession>,
    /// What there is.
    pub(crate) inventory: Inventory,
    /// How it is created.
    pub(crate) definitions: Definitions,
    /// Where its sequences stand: next number and round, in the order of the inventory.
    pub(crate) sequences: Vec<(i128, u64)>,
    /// What its tables are.
    pub(crate) identities: Arc<TableIdentities>,
    /// Its accounts.
    pub(crate) accounts: AccountBook,
    /// Everything up to here is in the picture.
    pub(crate) position: GtidSet,
    /// File and offset of the binary log.
    pub(crate) coordinates: Option<(String, u64)>,
    /// A session that sees the present, for questions about it.
    pub(crate) present: Session,
    pub(crate) lock: LockHolder,
    pub(crate) frozen_at: Instant,
    pub(crate) held: Option<Duration>,
}

/// What [`Snapshot::take`] gathers on its way.
pub(crate) struct Taking<'a> {
    pub(crate) lock: LockHolder,
    pub(crate) present: Session,
    pub(crate) options: &'a CopyOptions,
}

/// Server error: the account lacks a privilege.
const PRIVILEGE_MISSING: u16 = 1227;

impl Snapshot {
    /// Takes the picture.
    ///
    /// Commits still wait when it returns and there are tables without a snapshot; [`Snapshot::release`] lets them
    /// go on. The order is another for each family: see the comments in `statements/snapshot.rs`.
    pub(crate) async fn take(sessions: &Sessions, options: &CopyOptions) -> Result<Self, CopyError> {
        let began = Instant::now();
        loop {
            match Self::take_once(sessions, options).await {
                // Most are finished a moment later; the lock is free while we wait.
                Err(CopyError::TransactionsPrepared { .. }) if began.elapsed() < options.lock_wait => {
                    tokio::time::sleep(BETWEEN_TRIES).await;
                }
                taken => return taken,
            }
        }
    }

    async fn take_once(sessions: &Sessions, options: &CopyOptions) -> Result<Self, CopyError> {
        let mut taking = Taking {
            lock: lock_session(sessions, options).await?,
            present: sessions.open(Side::Source, SessionProfile::Reader).await?,
            options,
        };
        let mut readers = vec![];
        for _ in 0..options.workers.max(1) {
            readers.push(
                sessions
                    .open_data(&taking.present, SessionProfile::Reader)
                    .await?,
            );
        }
        let dialect = taking.present.dialect();
        let before = Inventory::take(&mut taking.present).await?;
        // A table that cannot be opened may just be being made: judged when nothing is made any more.
        refuse_uncopyable(&before, true)?;
        let locked_rows = before.tables_without_snapshot().next().is_some();
        match taking
            .lock_by(statements::snapshot::freeze_definitions(dialect))
            .await
        {
            Err(CopyError::Sql { source, .. })
                if source.code() == Some(PRIVILEGE_MISSING)
                    && dialect.has_snapshot_coordinates()
                    && !locked_rows =>
            {
                return lock_free::take(taking, readers).await;
            }
            locked => locked?,
        }
        let early = match dialect.has_backup_stages() {
            true => Some(taking.look().await?),
            false => None,
        };
        let frozen_at = Instant::now();
        taking
            .lock_by(statements::snapshot::freeze_commits(dialect))
            .await?;
        for reader in &mut readers {
            reader
                .execute(&statements::snapshot::open_snapshot())
                .await
                .map_err(CopyError::doing("opening a consistent snapshot"))?;
        }
        taking.refuse_prepared_transactions().await?;
        let (position, coordinates) = taking.read_position().await?;
        let mut held = None;
        let (inventory, definitions) = match early {
            Some(seen) => seen,
            None => {
                taking
                    .lock_by(statements::snapshot::keep_definitions_frozen(dialect))
                    .await?;
                if dialect.has_instance_backup_lock() && !locked_rows {
                    taking.thaw().await?;
                    held = Some(frozen_at.elapsed());
                }
                taking.look().await?
            }
        };
        refuse_uncopyable(&inventory, false)?;
        let identities = Arc::new(TableIdentities::read(&mut taking.present).await?);
        let sequences = taking.read_sequences(&inventory).await?;
        let accounts = taking.read_accounts().await?;
        if held.is_some() && inventory.tables_without_snapshot().next().is_some() {
            return Err(CopyError::SchemaChanged {
                what: "the list of tables".into(),
            });
        }
        Ok(Self {
            readers,
            inventory,
            definitions,
            sequences,
            identities,
            accounts,
            position,
            coordinates,
            present: taking.present,
            lock: taking.lock,
            frozen_at,
            held,
        })
    }

    /// Lets commits on the source go on, if they still wait; returns how long they were held up.
    pub(crate) async fn release(&mut self) -> Result<Duration, CopyError> {
        if let Some(held) = self.held {
            return Ok(held);
        }
        let thaw = statements::snapshot::thaw_commits(self.present.dialect());
        self.lock
            .execute(thaw)
            .await?
            .map_err(CopyError::doing("releasing the snapshot's lock"))?;
        let held = self.frozen_at.elapsed();
        self.held = Some(held);
        Ok(held)
    }

    /// Gives back what kept DDL out; fails when that was lost on the way.
    pub(crate) async fn finish(self) -> Result<(), CopyError> {
        for statement in statements::snapshot::thaw_definitions(self.present.dialect()) {
            self.lock
                .execute(statement)
                .await?
                .map_err(CopyError::doing("releasing the lock against DDL"))?;
        }
        for reader in self.readers {
            reader.close().await;
        }
        self.present.close().await;
        Ok(())
    }
}

/// Fails when something cannot be copied; `early` passes over what a running statement could be the cause of.
pub(crate) fn refuse_uncopyable(inventory: &Inventory, early: bool) -> Result<(), CopyError> {
    let mut all = inventory.objects_that_cannot_be_copied();
    all.retain(|one| !(early && one.is_unopened));
    match all.is_empty() {
        true => Ok(()),
        false => Err(CopyError::Uncopyable(all)),
    }
}

async fn lock_session(sessions: &Sessions, options: &CopyOptions) -> Result<LockHolder, CopyError> {
    let mut session = sessions.open(Side::Source, SessionProfile::Control).await?;
    let short = statements::sessions::die_soon_when_alone(options.lock_wait.as_secs());
    session
        .execute(&short)
        .await
        .map_err(CopyError::doing("preparing the session that locks"))?;
    Ok(LockHolder::new(session, options.lock_wait))
}

impl Taking<'_> {
    pub(crate) async fn look(&mut self) -> Result<(Inventory, Definitions), CopyError> {
        let inventory = Inventory::take(&mut self.present).await?;
        let definitions = Definitions::read(&mut self.present, &inventory).await?;
        Ok((inventory, definitions))
    }

    async fn lock_by(&mut self, statements: Vec<Statement>) -> Result<(), CopyError> {
        for statement in statements {
            match self.lock.execute(statement).await? {
                Ok(()) => {}
                Err(error) if error.code() == Some(1205) || error.outcome_unknown() => {
                    return Err(CopyError::LockNotGranted {
                        server: self.present.name().to_owned(),
                        waited: self.options.lock_wait,
                        blocker: blocker(&mut self.present).await,
                    });
                }
                Err(error) => return Err(CopyError::doing("locking the source for a snapshot")(error)),
            }
        }
        Ok(())
    }

    async fn thaw(&self) -> Result<(), CopyError> {
        let thaw = statements::snapshot::thaw_commits(self.present.dialect());
        self.lock
            .execute(thaw)
            .await?
            .map_err(CopyError::doing("releasing the snapshot's lock"))
    }

    /// Scenario 42: a prepared transaction is in the binary log already and in no snapshot. The target would begin
    /// behind it, without its rows.
    pub(crate) async fn refuse_prepared_transactions(&mut self) -> Result<(), CopyError> {
        let asked = statements::snapshot::prepared_transactions();
        let rows = self
            .present
            .query(&asked)
            .await
            .map_err(CopyError::doing("looking for prepared transactions"))?;
        if rows.is_empty() {
            return Ok(());
        }
        let name = |row: &dbha_sql::Row| printable(row.get("data").unwrap_or("?"));
        Err(CopyError::TransactionsPrepared {
            server: self.present.name().to_owned(),
            names: rows.iter().map(name).collect(),
        })
    }

    /// Scenario 45: a statement about accounts may hold their tables and wait for the very lock that is held here.
    /// Not waited for: commits stand still meanwhile; the copy begins anew once the lock is free.
    pub(crate) async fn read_accounts(&mut self) -> Result<AccountBook, CopyError> {
        let impatient = statements::sessions::wait_for_locks(1);
        self.present
            .execute(&impatient)
            .await
            .map_err(CopyError::doing("preparing to read accounts"))?;
        match AccountBook::read(&mut self.present).await {
            Err(CopyError::Sql { source, .. }) if source.code() == Some(1205) => {
                Err(CopyError::SchemaChanged {
                    what: "an account".into(),
                })
            }
            read => read,
        }
    }

    async fn read_position(&mut self) -> Result<(GtidSet, Option<(String, u64)>), CopyError> {
        let dialect = self.present.dialect();
        let doing = || CopyError::doing("reading the position of the snapshot");
        let gtids = self
            .present
            .query_first(&dialect.read_gtids())
            .await
            .map_err(doing())?;
        let executed = gtids
            .as_ref()
            .and_then(|row| row.get("executed"))
            .unwrap_or_default();
        let position = GtidSet::parse(dialect.flavor(), executed).map_err(|_| CopyError::Unreadable {
            server: self.present.name().to_owned(),
            what: "its GTID position".into(),
        })?;
        let asked = dialect.read_binlog_coordinates();
        let row = self.present.query_first(&asked).await.map_err(doing())?;
        let coordinates = row.and_then(|row| Some((row.get("File")?.to_owned(), row.parse("Position")?)));
        Ok((position, coordinates))
    }

    pub(crate) async fn read_sequences(
        &mut self,
        inventory: &Inventory,
    ) -> Result<Vec<(i128, u64)>, CopyError> {
        let mut positions = vec![];
        for sequence in inventory.objects_of(ObjectKind::Sequence) {
            positions.push(sequence_position(&mut self.present, &sequence.schema, &sequence.name).await?);
        }
        Ok(positions)
    }
}

/// Reads where one sequence stands.
pub(crate) async fn sequence_position(
    session: &mut Session,
    schema: &str,
    name: &str,
) -> Result<(i128, u64), CopyError> {
    let asked = statements::definitions::sequence_position(schema, name);
    let row = session
        .query_first(&asked)
        .await
        .map_err(CopyError::reading(&format!("{schema}.{name}")))?;
    row.and_then(|row| Some((row.parse("next")?, row.parse("round")?)))
        .ok_or_else(|| CopyError::Unreadable {
            server: session.name().to_owned(),
            what: format!("sequence {schema}.{name}"),
        })
}
