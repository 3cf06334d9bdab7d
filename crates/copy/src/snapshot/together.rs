use super::{Snapshot, Taking, lock_session};
use crate::{
    CopyError, CopyOptions, ObjectKind,
    accounts::AccountBook,
    counterpart::position,
    meeting::Meeting,
    sessions::{Sessions, Side},
    statements,
    table_identity::TableIdentities,
};
use dbha_sql::{DataSession, GtidSet, SessionProfile};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

/// How long an answer may take beyond the time in which both ought to have met.
const SILENCE: Duration = Duration::from_millis(500);

/// What is known of one moment at which commits on the source stood still.
struct Moment {
    position: GtidSet,
    sequences: Vec<(i128, u64)>,
}

impl Snapshot {
    /// Takes the picture at a moment at which the other server has exactly the same transactions, and takes a picture
    /// of that one too.
    ///
    /// Commits on the source wait for that moment and no longer; the other server is never locked. While it is written
    /// to, some tries may be needed. Prepared transactions are no obstacle: neither picture shows them.
    pub(crate) async fn take_together(
        sessions: &Sessions,
        options: &CopyOptions,
        meeting: &mut Meeting,
    ) -> Result<Self, CopyError> {
        loop {
            let tried = Self::try_together(sessions, options, meeting).await;
            let again = match &tried {
                Err(CopyError::NoCommonPosition { ahead, .. }) => *ahead,
                Err(error) => error.is_about_ddl(),
                Ok(_) => false,
            };
            if !again || !meeting.may_try_again().await {
                return tried;
            }
        }
    }

    async fn try_together(
        sessions: &Sessions,
        options: &CopyOptions,
        meeting: &mut Meeting,
    ) -> Result<Self, CopyError> {
        let mut taking = Taking {
            lock: lock_session(sessions, options).await?,
            present: sessions.open(Side::Source, SessionProfile::Reader).await?,
            options,
        };
        let dialect = taking.present.dialect();
        let mut readers = vec![];
        for _ in 0..options.workers.max(1) {
            let reader = sessions.open_data(&taking.present, SessionProfile::Reader);
            readers.push(reader.await?);
        }
        // DDL that is kept out now may hold a table that is to be looked at: it comes first, and another try later.
        let impatient = statements::sessions::wait_for_locks(1);
        for session in [&mut taking.present, &mut meeting.counterpart.present] {
            let told = session.execute(&impatient).await;
            told.map_err(CopyError::doing("preparing to look"))?;
        }
        meeting.draw_near(&mut taking.present).await?;
        let freeze = statements::snapshot::freeze_definitions(dialect);
        let early = !freeze.is_empty();
        taking.lock_by(freeze).await?;
        let mut seen = None;
        if early {
            // The other server gets every definition that was there before, and no other behind it.
            meeting.draw_near(&mut taking.present).await?;
            seen = Some(taking.look_at_both(meeting).await?);
        }
        meeting.await_calm(&mut taking.present).await?;
        let asked = Instant::now();
        taking
            .lock_by(statements::snapshot::freeze_commits(dialect))
            .await?;
        let names = seen.as_ref().map_or(vec![], |(inventory, _, _)| {
            let sequences = inventory.objects_of(ObjectKind::Sequence);
            sequences
                .map(|one| (one.schema.clone(), one.name.clone()))
                .collect()
        });
        let end = meeting.end(asked, options.lock_wait);
        // A server that says nothing any more must not keep commits waiting (safety rule 8).
        let met = tokio::time::timeout_at(
            (end + SILENCE).into(),
            taking.meet(meeting, &mut readers, &names, end),
        );
        let met = met.await.unwrap_or_else(|_| Err(meeting.silent()));
        taking.thaw().await?;
        let held = asked.elapsed();
        meeting.held += held;
        let moment = met?;
        let (inventory, definitions, identities) = match seen {
            Some(seen) => seen,
            None => taking.look_at_both(meeting).await?,
        };
        let accounts = taking.accounts_or_reason(meeting).await?;
        Ok(Self {
            readers,
            inventory,
            definitions,
            sequences: moment.sequences,
            identities: Arc::new(identities),
            accounts,
            position: moment.position,
            coordinates: None,
            present: taking.present,
            lock: taking.lock,
            frozen_at: asked,
            held: Some(meeting.held),
        })
    }
}

type Seen = (crate::Inventory, crate::definitions::Definitions, TableIdentities);

impl Taking<'_> {
    /// Looks at what both servers define while DDL on the source waits.
    async fn look_at_both(&mut self, meeting: &mut Meeting) -> Result<Seen, CopyError> {
        let (inventory, definitions) = self.look().await?;
        let identities = TableIdentities::read(&mut self.present).await?;
        meeting.counterpart.look().await?;
        Ok((inventory, definitions, identities))
    }

    /// Opens both sets of snapshots while commits wait.
    async fn meet(
        &mut self,
        meeting: &mut Meeting,
        readers: &mut [DataSession],
        sequences: &[(String, String)],
        end: Instant,
    ) -> Result<Moment, CopyError> {
        let dialect = self.present.dialect();
        for reader in readers {
            let opened = reader.execute(&statements::snapshot::open_snapshot()).await;
            opened.map_err(CopyError::doing("opening a consistent snapshot"))?;
        }
        let position = position(&mut self.present).await?;
        meeting.meet(&position, sequences, end).await?;
        let mut numbers = vec![];
        for (schema, name) in sequences {
            numbers.push(super::sequence_position(&mut self.present, schema, name).await?);
        }
        self.lock_by(statements::snapshot::keep_definitions_frozen(dialect))
            .await?;
        Ok(Moment {
            position,
            sequences: numbers,
        })
    }

    /// Reads the accounts, or notes why that was refused: they are no data.
    async fn accounts_or_reason(&mut self, meeting: &mut Meeting) -> Result<AccountBook, CopyError> {
        match self.read_accounts().await {
            Err(CopyError::Sql { source, .. }) if source.is_denied() => {
                meeting.accounts_unread = Some(source.to_string());
                Ok(AccountBook::unread())
            }
            read => read,
        }
    }
}
