use super::{Check, Run, Step, StepTrouble, View, clone_data, copy_tally::CopyTally, follow};
use crate::{Side, adoption, archive, clone_choice, cloned, partner::source_name, preflight};
use dbha_copy::{CopyOptions, CopyProgress, LoadOptions};
use dbha_sql::{Claim, ClaimState};
use std::{sync::Mutex, time::Instant};

/// The copy is there when the secondary belongs to the pair, or its claim says that all was copied and compared.
pub(super) fn is_needed(view: &View<'_>) -> bool {
    let source = source_name(&view.facts.primary);
    let copied = view.facts.secondary.claim.known().is_some_and(|claim| {
        matches!(claim.state, ClaimState::Copied | ClaimState::Following)
            && claim.position.is_some()
            && claim.source == source
            && !follow::is_too_late(view)
    });
    let adopted = adoption::is_adoptable(view.facts, view.options);
    !preflight::is_provisioned(view.facts, view.options) && !copied && !adopted
}

pub(super) fn check(view: &View<'_>) -> Check {
    if !is_needed(view) {
        return Check::Satisfied;
    }
    let schemas = view.facts.primary.data_schemas();
    let tables: u64 = schemas.iter().map(|schema| schema.tables).sum();
    let bytes: u64 = schemas.iter().map(|schema| schema.bytes).sum();
    let count = |number: u64, one: &str| {
        if number == 1 {
            format!("1 {one}")
        } else {
            format!("{number} {one}s")
        }
    };
    let databases = count(schemas.len() as u64, "database");
    let from = view.options.copy_from.as_ref();
    let mut needed = vec![format!(
        "{databases}, {}, about {:.1} MB{}",
        count(tables, "table"),
        bytes as f64 / 1e6,
        from.map_or(String::new(), |directory| format!(
            ", from the dump in {}",
            directory.display()
        ))
    )];
    if clone_choice::is_chosen(view.facts, view.topology, view.options) {
        let name = &view.facts.secondary.name;
        needed.push(match cloned::is_clone(view.facts) {
            true => format!("{name} is a clone already; it is compared"),
            false => format!("by the CLONE plug-in; {name} restarts"),
        });
    }
    Check::Needed(needed)
}

/// Fills the secondary by the way that is chosen; whatever a clone left that was cut off is tidied first.
pub(super) async fn apply(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    if clone_choice::is_chosen(&run.facts, run.topology, run.options) {
        return clone_data::apply(run).await;
    }
    clone_data::tidy_up(run).await?;
    stream(run).await
}

/// Clears what the claim allows to clear, copies, compares, and only then says so in the claim.
async fn stream(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    let dialect = run.servers.secondary.dialect();
    let mut loader = run.unlogged(Side::Secondary).await?;
    let source = source_name(&run.facts.primary);
    // Under a claim in this state only a copy of dbha has put anything there: what it noted as proven may stay.
    let claimed = run.facts.secondary.claim.known();
    let go_on = match &run.archive {
        Some(archive) => archive::was_being_loaded(claimed, archive),
        None => claimed.is_some_and(|claim| claim.state == ClaimState::Copying && claim.source == source),
    };
    let claim = |state, position| Claim {
        run: run.id.clone(),
        source: source.clone(),
        state,
        position,
    };
    // A clone that was cut off takes the schema along.
    loader.execute_all(&dialect.ensure_dbha_schema()).await?;
    // Looked at again: the run before may have been another one (safety rule 8).
    if !go_on || run.archive.is_none() {
        loader
            .execute(&dialect.write_claim(&claim(ClaimState::Copying, None)))
            .await?;
    }
    if follow::exists(&run.view(), Side::Primary) {
        let forget = [dialect.stop_link(), dialect.forget_link()];
        run.servers.secondary.execute_all(&forget).await?;
    }
    if !go_on {
        dbha_copy::clear(&mut loader).await?;
        if let Some(dump) = &run.archive {
            let note = Some(archive::note_of(dump));
            let claim = dialect.write_claim(&claim(ClaimState::Copying, note));
            loader.execute(&claim).await?;
        }
    }
    let options = CopyOptions {
        workers: run.options.copy_workers,
        lock_wait: run.options.lock_wait,
        go_on,
        ..CopyOptions::default()
    };
    let (tally, began) = (Mutex::new(CopyTally::default()), Instant::now());
    let progress = |progress: CopyProgress| {
        if let Some(told) = told(&progress) {
            run.detail(Step::CopyData, told);
        }
        if let Ok(mut tally) = tally.lock() {
            run.copying(tally.take(progress, began.elapsed()).clone());
        }
    };
    let target = run.servers.secondary.endpoint();
    let report = match &run.archive {
        Some(archive) => {
            let options = LoadOptions {
                copy: options,
                with_own_schema: true,
            };
            dbha_copy::load(archive, target, &options, &progress, run.cancel).await?
        }
        None => {
            let source = run.servers.primary.endpoint();
            Box::pin(dbha_copy::copy(source, target, &options, &progress, run.cancel)).await?
        }
    };
    let kept: u64 = report.tables.iter().map(|table| table.kept).sum();
    if kept > 0 {
        let text = format!(
            "{kept} of {} rows were there already, and were proven equal",
            report.rows
        );
        run.detail(Step::CopyData, text);
    }
    for warning in &report.warnings {
        run.detail(Step::CopyData, warning.clone());
    }
    loader
        .execute(&dialect.write_claim(&claim(ClaimState::Copied, Some(report.position.to_string()))))
        .await?;
    loader.close().await;
    run.copied = Some(report);
    Ok(())
}

/// Says what is worth a line beside the counts.
fn told(progress: &CopyProgress) -> Option<String> {
    match progress {
        CopyProgress::Again { attempt, reason } => Some(format!(
            "begins again with a new snapshot (try {attempt}): {reason}"
        )),
        CopyProgress::GoesOn { tables: 0, .. } => {
            Some("nothing that an earlier copy left can stay: all is copied anew".into())
        }
        CopyProgress::GoesOn {
            tables,
            ranges,
            bytes,
        } => Some(format!(
            "goes on: {ranges} ranges of {tables} tables, {:.1} MB, were stored before; each stays if it is still equal",
            *bytes as f64 / 1e6
        )),
        _ => None,
    }
}
