use super::{Check, Run, StepTrouble, View, follow};
use crate::{
    Side, adoption,
    partner::{self, source_name},
    preflight,
};
use dbha_sql::{Claim, ClaimState, Statement};

/// A secondary that already belongs to the pair is not claimed; one that is being filled is.
pub(super) fn check(view: &View<'_>) -> Check {
    let name = &view.facts.secondary.name;
    let adopted = adoption::is_adoptable(view.facts, view.options);
    if adopted || preflight::is_provisioned(view.facts, view.options) {
        return Check::Satisfied;
    }
    match (partner::is_claimed(view.facts), follow::is_too_late(view)) {
        (true, false) => Check::Satisfied,
        (true, true) => Check::Needed(vec![format!("the copy on {name} came too late and is made anew")]),
        (false, _) => Check::Needed(vec![format!("{name} is marked as chosen to be filled")]),
    }
}

pub(super) fn statements(view: &View<'_>) -> Vec<(Side, Statement)> {
    unlogged_statements(view, "…")
        .into_iter()
        .map(|statement| (Side::Secondary, statement))
        .collect()
}

fn unlogged_statements(view: &View<'_>, run: &str) -> Vec<Statement> {
    let dialect = view.facts.secondary.dialect;
    let mut all = Vec::new();
    // Plain read_only does not hold the account that dbha logs in with, and goes on holding all others.
    all.extend(super::open_for_dbha(&view.facts.secondary));
    all.extend(dialect.ensure_dbha_schema());
    let source = source_name(&view.facts.primary);
    all.push(dialect.write_claim(&Claim {
        run: run.to_owned(),
        source,
        // What a copy of dbha has put there may be cleared; anything else not before it was chosen and looked at.
        state: match partner::is_claimed(view.facts) {
            true => ClaimState::Copying,
            false => ClaimState::Claimed,
        },
        position: None,
    }));
    // After the claim: the link may be all that tells why a copy is necessary.
    if follow::exists(view, Side::Primary) {
        all.extend([dialect.stop_link(), dialect.forget_link()]);
    }
    all
}

/// The first change on the secondary: a row, not logged, by which every later run knows that it has to be filled.
pub(super) async fn apply(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    let statements = unlogged_statements(&run.view(), &run.id);
    let mut session = run.unlogged(Side::Secondary).await?;
    session.execute_all(&statements).await?;
    session.close().await;
    Ok(())
}
