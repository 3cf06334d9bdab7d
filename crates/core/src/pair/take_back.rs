//! Taking back what a set-up changed.

use super::{Pair, close, is_same, observe, tell_failure};
use crate::{
    Both, EventKind, EventSink, SetupError, Topology, UndoOptions, UndoPlan,
    on_heap::on_heap,
    preflight,
    receipt::{ReceiptError, StoredReceipt},
    run_lock::RunLock,
    undo::{UndoInput, observe_with_machines, undo, undo_plan},
};
use dbha_sql::{Facts, Server};

impl Pair {
    /// Works out what an undo of the last set-up would do; changes nothing.
    pub async fn undo_plan(&self, options: &UndoOptions) -> Result<UndoPlan, SetupError> {
        let (mut servers, facts) = self.connect_and_observe().await?;
        let stored = self.receipt_of(&facts, options)?;
        let facts = observe_with_machines(&mut servers, &stored).await?;
        let plan = undo_plan(&stored, &facts, options.keep_data)?;
        close(servers).await;
        Ok(plan)
    }

    /// Takes back what the last set-up changed, as far as that is possible; returns what stays.
    ///
    /// An undo that was cut off is gone on with by calling this again.
    pub async fn undo(&self, options: &UndoOptions, sink: EventSink) -> Result<UndoPlan, SetupError> {
        let done = on_heap(self.undo_unreported(options, &sink)).await;
        match &done {
            Ok(plan) => sink.send(EventKind::Undone {
                stays: plan.stays.clone(),
            }),
            Err(error) => tell_failure(&sink, error),
        }
        done
    }

    async fn undo_unreported(&self, options: &UndoOptions, sink: &EventSink) -> Result<UndoPlan, SetupError> {
        let mut lock = RunLock::take(&self.endpoints, &format!("dbha undo of {}", self.name)).await?;
        let (servers, facts) = self.connect_and_observe().await?;
        let stored = self.receipt_of(&facts, options)?;
        undo(UndoInput {
            servers,
            stored,
            keep_data: options.keep_data,
            lock: &mut lock,
            sink,
            cancel: &self.cancel,
        })
        .await
    }

    /// Finds the receipt by which an undo goes.
    fn receipt_of(&self, facts: &Both<Facts>, options: &UndoOptions) -> Result<StoredReceipt, SetupError> {
        let found = match (&options.receipt, &self.receipts) {
            (Some(path), _) => StoredReceipt::read(path).map(Some),
            (None, Some(store)) => store.newest_of(facts),
            (None, None) => Ok(None),
        };
        let directory = self.receipts.as_ref().map(|store| store.directory().to_owned());
        found
            .and_then(|found| {
                found.ok_or(ReceiptError::None {
                    directory: directory.unwrap_or_default(),
                })
            })
            .and_then(|stored| stored.for_undoing(facts))
            .map_err(SetupError::Receipt)
    }

    /// Connects to both servers, makes sure that they are two, and looks at them.
    pub(super) async fn connect_and_observe(&self) -> Result<(Both<Server>, Both<Facts>), SetupError> {
        let mut servers = self.connect().await?;
        let same = is_same(&mut servers).await?;
        let facts = observe(&mut servers).await?;
        match same {
            true => Err(SetupError::Blocked(preflight(
                &facts,
                &Topology::of_pair(&facts, &self.options),
                &self.options,
                same,
            ))),
            false => Ok((servers, facts)),
        }
    }
}
