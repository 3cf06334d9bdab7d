use super::{UndoKind, UndoStep, View};
use crate::Side;

/// `local_infile` of the secondary, which a copy that was cut off has left switched on. Its note lies in dbha's schema, and
/// so this comes before that goes.
pub(super) fn step(view: &View<'_>, side: Side) -> Option<UndoStep> {
    let facts = view.facts.of(side);
    (side == Side::Secondary && facts.local_loading_open).then(|| UndoStep {
        kind: UndoKind::CloseLocalLoading,
        server: side,
        title: format!("{} does not ask clients for rows any more", facts.name),
        statements: facts.dialect.close_local_loading(),
        details: vec!["local_infile=OFF".into()],
        drops: vec![],
    })
}
