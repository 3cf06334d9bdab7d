use super::{UndoKind, UndoStep, View};
use crate::{DropInBefore, Side, Step};
use dbha_sql::{Observed, Statement};

/// dbha's own option file goes where it was not before, and says again what it said where it was.
pub(super) fn step(view: &View<'_>, side: Side) -> Option<UndoStep> {
    let before = written(view, side)?;
    let facts = view.facts.of(side);
    let now = facts.host.known()?.drop_in.as_ref()?;
    if now.path != before.path || now.text == before.text {
        return None;
    }
    let (title, shown) = match &before.text {
        None => (
            format!("{} is removed from the machine of {}", before.path, facts.name),
            format!("-- the file {} is removed", before.path),
        ),
        Some(text) => (
            format!(
                "{} on the machine of {} says what it said before",
                before.path, facts.name
            ),
            format!("-- the file {}:\n{text}-- end of the file", before.path),
        ),
    };
    Some(UndoStep {
        kind: UndoKind::RestoreOptionFile,
        server: side,
        title,
        statements: vec![Statement::new(shown)],
        details: vec![],
        drops: vec![],
    })
}

pub(super) fn stays(view: &View<'_>, side: Side) -> Option<String> {
    let before = written(view, side)?;
    match &view.facts.of(side).host {
        Observed::Denied(why) => Some(format!(
            "the file {} on the machine of {}, which cannot be looked at: {why}",
            before.path,
            view.facts.of(side).name
        )),
        _ => None,
    }
}

/// Returns the file as it was, where the set-up may have written it.
pub(super) fn written<'a>(view: &'a View<'_>, side: Side) -> Option<&'a DropInBefore> {
    let step = match side {
        Side::Primary => Step::WriteOptionFilePrimary,
        Side::Secondary => Step::WriteOptionFileSecondary,
    };
    let before = view.receipt.before.of(side).drop_in.as_ref();
    before.filter(|_| view.receipt.began(step))
}
