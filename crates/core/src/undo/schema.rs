use super::{UndoKind, UndoStep, View};
use crate::{Side, Step, choices};

/// dbha's schema goes where it was not before; where it was, the primary says again what it said.
pub(super) fn step(view: &View<'_>, side: Side) -> Option<UndoStep> {
    let touched = [Step::AdoptSecondary, Step::ClaimSecondary, Step::EnsureRegistry];
    if !touched.into_iter().any(|step| view.receipt.began(step)) {
        return None;
    }
    let facts = view.facts.of(side);
    let (before, dialect) = (view.receipt.before.of(side), facts.dialect);
    let (title, statements) = match (before.had_schema, &before.recorded) {
        (false, _) if !facts.has_dbha_schema() || view.links_stay() => return None,
        (false, _) => (
            format!("dbha's schema on {} is dropped", facts.name),
            vec![dialect.drop_dbha_schema()],
        ),
        (true, Some(rows))
            if side == Side::Primary
                && (facts.recorded.known() != Some(rows) || choices::recorded(facts) != before.choices) =>
        {
            let ids: Vec<u32> = rows.iter().map(|row| row.server_id).collect();
            let mut all = dialect.ensure_dbha_schema();
            all.push(dialect.forget_other_servers(&ids));
            all.extend(rows.iter().map(|row| dialect.record_server(row)));
            all.extend(dialect.record_choices(&before.choices));
            (
                format!("dbha's schema on {} says what it said before", facts.name),
                all,
            )
        }
        (true, _) => return None,
    };
    Some(UndoStep {
        kind: UndoKind::RestoreSchema,
        server: side,
        title,
        statements,
        details: vec![],
        drops: vec![],
    })
}
