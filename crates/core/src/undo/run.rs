//! Runs an undo: look, judge, do the first thing that is left, look again.

use super::{UndoKind, UndoPlan, UndoStep, undo_plan};
use crate::{
    Both, EventKind, EventSink, Receipt, ReceiptState, SetupError, Side, StoredReceipt,
    error::StepFault,
    error_chain,
    event::millis,
    host::{self, Host},
    pair::observe,
    run_lock::RunLock,
    wait::or_cancelled,
};
use dbha_sql::{Facts, Server, Session, SessionProfile, Setting, SqlError};
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// Everything that an undo needs.
pub(crate) struct UndoInput<'a> {
    pub(crate) servers: Both<Server>,
    pub(crate) stored: StoredReceipt,
    pub(crate) keep_data: bool,
    pub(crate) lock: &'a mut RunLock,
    pub(crate) sink: &'a EventSink,
    pub(crate) cancel: &'a CancellationToken,
}

/// Takes everything back that can be; returns what stays.
pub(crate) async fn undo(mut input: UndoInput<'_>) -> Result<UndoPlan, SetupError> {
    let mut last: Option<UndoStep> = None;
    loop {
        if input.cancel.is_cancelled() {
            return Err(SetupError::Cancelled);
        }
        input.lock.hold_on().await?;
        let facts = observe_with_machines(&mut input.servers, &input.stored).await?;
        let mut plan = undo_plan(&input.stored, &facts, input.keep_data)?;
        if plan.steps.is_empty() {
            mark(&mut input, ReceiptState::Undone)?;
            return Ok(plan);
        }
        let step = plan.steps.remove(0);
        if last.as_ref() == Some(&step) {
            return Err(half_way(
                &step,
                "it was done, and yet it is left to do: something else changes these servers",
            ));
        }
        mark(&mut input, ReceiptState::Undoing)?;
        let began = Instant::now();
        match or_cancelled(
            input.cancel,
            apply(
                &mut input.servers,
                &input.stored.receipt,
                facts.of(step.server),
                &step,
            ),
        )
        .await
        {
            None => return Err(SetupError::Cancelled),
            Some(Err(fault)) => return Err(half_way(&step, &error_chain(&fault))),
            Some(Ok(())) => {}
        }
        input.sink.send_about(
            Some(step.server),
            EventKind::TakenBack {
                step: step.clone(),
                took_ms: millis(began.elapsed()),
            },
        );
        last = Some(step);
    }
}

fn mark(input: &mut UndoInput<'_>, state: ReceiptState) -> Result<(), SetupError> {
    if input.stored.receipt.state == state {
        return Ok(());
    }
    input.stored.receipt.state = state;
    input.stored.write().map_err(SetupError::Receipt)
}

/// Looks at both servers, and at the machines on which the set-up wrote a file.
pub(crate) async fn observe_with_machines(
    servers: &mut Both<Server>,
    stored: &StoredReceipt,
) -> Result<Both<Facts>, SetupError> {
    let mut facts = observe(servers).await?;
    let access = stored
        .receipt
        .before
        .map(|_, before| before.drop_in.as_ref().map(|file| file.access.clone()));
    host::look_at_both(&access, servers, &mut facts).await;
    Ok(facts)
}

/// What is done on the secondary stays out of its binary log: what was made there came by copy or by replication.
async fn apply(
    servers: &mut Both<Server>,
    receipt: &Receipt,
    facts: &Facts,
    step: &UndoStep,
) -> Result<(), StepFault> {
    let server = servers.of_mut(step.server);
    if step.kind == UndoKind::RestoreOptionFile {
        let Some(file) = &receipt.before.of(step.server).drop_in else {
            return Ok(());
        };
        let host = Host::new(file.access.clone());
        return Ok(host.put_option_file(&file.path, file.text.as_deref()).await?);
    }
    if !matches!(
        step.kind,
        UndoKind::ForgetLink | UndoKind::RestoreSettings | UndoKind::UnloadPlugins
    ) {
        open_for_administrators(server, facts).await?;
        if step.server == Side::Secondary {
            return apply_unlogged(server, step).await;
        }
    }
    Ok(server.execute_all(&step.statements).await?)
}

/// Lifts super_read_only, which holds back even administrators; settings are the last thing to be put back.
async fn open_for_administrators(server: &mut Server, facts: &Facts) -> Result<(), SqlError> {
    if !facts.has(Setting::SuperReadOnly, "ON") {
        return Ok(());
    }
    let open = server
        .dialect()
        .change_setting_until_restart(Setting::SuperReadOnly, "OFF");
    server.execute_all(&open).await
}

async fn apply_unlogged(server: &Server, step: &UndoStep) -> Result<(), StepFault> {
    let mut session = Session::connect(server.endpoint(), SessionProfile::Loader).await?;
    if step.kind == UndoKind::EmptySecondary {
        dbha_copy::clear(&mut session).await?;
    }
    session.execute_all(&step.statements).await?;
    session.close().await;
    Ok(())
}

fn half_way(step: &UndoStep, why: &str) -> SetupError {
    SetupError::HalfUndone(format!("{}: {why}", step.title))
}
