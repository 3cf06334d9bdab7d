use crate::{
    AccountChange, CopyError, CopyOptions, CopyPhase, CopyProgress, Table,
    accounts::{AccountBook, AccountPlan},
    check::check,
    continuation::{self, Continuation},
    copying::tell,
    definer::Definer,
    definitions::ObjectDefinition,
    local_loading::open_local_loading,
    objects::{self, ViewJudge},
    picture::Picture,
    sessions::Sessions,
    statements,
    tables::{self, WaitingTable},
};
use dbha_sql::{DataSession, Dialect, SessionProfile};
use std::sync::Arc;
use tokio::sync::mpsc;

/// A target on its way to hold what a picture shows: everything but the rows, wherever those come from.
pub(crate) struct Filling<'a> {
    /// Opens what is needed on the target.
    pub(crate) sessions: &'a Sessions,
    /// Creates things there.
    pub(crate) definer: Definer,
    continuation: Continuation,
    options: &'a CopyOptions,
    news: &'a mpsc::Sender<CopyProgress>,
}

impl<'a> Filling<'a> {
    pub(crate) async fn open(
        sessions: &'a Sessions,
        options: &'a CopyOptions,
        news: &'a mpsc::Sender<CopyProgress>,
    ) -> Result<Self, CopyError> {
        let mut definer = Definer::open(sessions).await?;
        open_local_loading(sessions, &mut definer.session).await?;
        Ok(Self {
            sessions,
            definer,
            continuation: Continuation::new(),
            options,
            news,
        })
    }

    /// Opens a session that stores rows for each worker.
    pub(crate) async fn open_loaders(&self) -> Result<Vec<DataSession>, CopyError> {
        let mut loaders = vec![];
        for _ in 0..self.options.workers.max(1) {
            let beside = &self.definer.session;
            loaders.push(self.sessions.open_data(beside, SessionProfile::Loader).await?);
        }
        Ok(loaders)
    }

    /// Sees to it that what is stored is noted, and finds what an earlier copy has stored, where that may stay.
    pub(crate) async fn go_on(&mut self, picture: &Picture, may_stay: bool) -> Result<(), CopyError> {
        if may_stay {
            self.continuation = continuation::prepare(self.sessions, &mut self.definer, picture).await?;
            let ranges = || self.continuation.values().flat_map(|table| &table.ranges);
            let kept = CopyProgress::GoesOn {
                tables: self.continuation.len() as u64,
                ranges: ranges().count() as u64,
                bytes: ranges().map(|range| range.bytes).sum(),
            };
            let _ = self.news.send(kept).await;
        }
        for statement in statements::copied_ranges::ensure() {
            let ensured = self.definer.run(&statement).await;
            ensured.map_err(CopyError::doing("preparing to note what is copied"))?;
        }
        Ok(())
    }

    /// Lets definitions mean what they mean on the source.
    pub(crate) async fn mean_as(&mut self, source: Dialect) -> Result<(), CopyError> {
        if let Some(mean) = statements::sessions::mean_as_source(source, self.definer.dialect()) {
            let doing = CopyError::doing("preparing the session that defines");
            self.definer.run(&mean).await.map_err(doing)?;
        }
        Ok(())
    }

    pub(crate) async fn create_schemas_and_sequences(&mut self, picture: &Picture) -> Result<(), CopyError> {
        for (schema, create) in &picture.definitions.schemas {
            self.definer
                .run(&statements::definitions::as_given(create))
                .await
                .map_err(CopyError::doing(format!("creating schema {schema}")))?;
        }
        let objects = &picture.definitions.objects;
        objects::create_sequences(&mut self.definer, objects, &picture.sequences).await
    }

    pub(crate) async fn create_tables(
        &mut self,
        picture: &Picture,
        tables: &[Table],
    ) -> Result<Vec<WaitingTable>, CopyError> {
        let mut waiting = vec![];
        for table in tables {
            let definitions = &picture.definitions;
            let key = (table.schema.clone(), table.name.clone());
            if let Some(kept) = self.continuation.remove(&key) {
                waiting.push(WaitingTable {
                    table: Arc::new(table.clone()),
                    later: kept.later,
                    kept: Some(kept.ranges),
                    counter: kept.counter,
                });
                continue;
            }
            waiting.push(tables::create(&mut self.definer, table, definitions, self.options).await?);
        }
        Ok(waiting)
    }

    pub(crate) async fn add_foreign_keys(&mut self, waiting: &[WaitingTable]) -> Result<(), CopyError> {
        tell(self.news, CopyPhase::Indexes).await;
        for table in waiting {
            tables::add_foreign_keys(&mut self.definer, table).await?;
        }
        Ok(())
    }

    /// Creates accounts, then what may name them as its definer, then grants on all of it; what is broken on the source
    /// too is taken out of the picture.
    pub(crate) async fn objects_and_accounts(
        &mut self,
        picture: &mut Picture,
        judge: ViewJudge<'_>,
    ) -> Result<Vec<AccountChange>, CopyError> {
        tell(self.news, CopyPhase::Objects).await;
        let target = AccountBook::read(&mut self.definer.session).await?;
        for account in &picture.accounts.unknown {
            self.definer.warn(format!(
                "account {account} is not in use on the source (skip_name_resolve), and was not carried"
            ));
        }
        let plan = AccountPlan::make(&picture.accounts, &target);
        plan.create(&mut self.definer).await?;
        let definitions = &picture.definitions.objects;
        let broken = objects::create_all(&mut self.definer, definitions, judge).await?;
        let is_broken = |one: &ObjectDefinition| broken.contains(one);
        picture.definitions.objects.retain(|one| !is_broken(one));
        tell(self.news, CopyPhase::Accounts).await;
        plan.grant(&mut self.definer).await?;
        Ok(plan.changes)
    }

    pub(crate) async fn check(&mut self, picture: &Picture) -> Result<(), CopyError> {
        tell(self.news, CopyPhase::Check).await;
        check(self.sessions, picture, &mut self.definer).await
    }
}
