//! Takes back what a set-up changed: from its receipt and what is there now to the next thing to do; pure.
//!
//! Only what a set-up of dbha did is taken back, and only where nobody changed it since (safety rule 6). Everything is
//! judged anew before each step, so that an undo that was cut off is simply begun again.

mod accounts;
mod data;
mod links;
mod local_loading;
mod monitor_account;
mod option_file;
mod platform;
mod run;
mod schema;
mod semi_sync;
mod settings;

use crate::{Both, Receipt, SetupError, Side, StoredReceipt, preflight};
use dbha_sql::{Facts, Statement};
use serde::Serialize;
use std::path::PathBuf;

pub(crate) use run::{UndoInput, observe_with_machines, undo};

/// What the caller wants of an undo.
#[derive(Debug, Clone, Default)]
pub struct UndoOptions {
    /// Leaves on the secondary what the set-up copied there.
    pub keep_data: bool,
    /// The receipt to go by; `None` takes the newest of these servers.
    pub receipt: Option<PathBuf>,
}

/// What a step of an undo is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UndoKind {
    /// The link into a server is stopped and forgotten.
    ForgetLink,
    /// What was copied to the secondary is dropped.
    EmptySecondary,
    /// Accounts that the set-up made are dropped.
    DropAccounts,
    /// `local_infile` is put back, which a copy that was cut off has switched on.
    CloseLocalLoading,
    /// Databases and account of the platform are dropped, which the set-up made and nobody uses.
    DropPlatform,
    /// dbha's schema is dropped, or says again what it said.
    RestoreSchema,
    /// dbha's own option file is removed, or says again what it said.
    RestoreOptionFile,
    /// Settings get their old values.
    RestoreSettings,
    /// Plug-ins that the set-up loaded are unloaded.
    UnloadPlugins,
}

/// One step of an undo.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UndoStep {
    /// What it is about.
    pub kind: UndoKind,
    /// The server that it changes.
    pub server: Side,
    /// What it does, in a few words.
    pub title: String,
    /// The statements that it sends; databases are dropped before them.
    pub statements: Vec<Statement>,
    /// What it puts back, one entry each.
    pub details: Vec<String>,
    /// What is dropped with it; the other server has it.
    pub drops: Vec<String>,
}

/// The way back.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct UndoPlan {
    /// Version of this document's form.
    pub schema_version: u32,
    /// Name of the pair.
    pub pair: String,
    /// The receipt.
    pub receipt: PathBuf,
    /// When the set-up began, in milliseconds since 1970.
    pub began_at_ms: u64,
    /// The steps, in order.
    pub steps: Vec<UndoStep>,
    /// What stays as it is, and why.
    pub stays: Vec<String>,
}

/// What the way back is judged by.
struct View<'a> {
    receipt: &'a Receipt,
    facts: &'a Both<Facts>,
    keep_data: bool,
}

impl View<'_> {
    /// Tells whether links stay, because they were there before the set-up: then what they need stays too.
    fn links_stay(&self) -> bool {
        Side::BOTH
            .into_iter()
            .any(|side| self.receipt.before.of(side).link.is_some())
    }
}

/// Works out what is left to take back.
///
/// Fails with [`SetupError::Unsafe`] where the secondary has transactions of its own that would be lost.
pub(crate) fn undo_plan(
    stored: &StoredReceipt,
    facts: &Both<Facts>,
    keep_data: bool,
) -> Result<UndoPlan, SetupError> {
    if preflight::swapped_roles(facts).is_some() {
        let (primary, secondary) = (&facts.primary.name, &facts.secondary.name);
        return Err(SetupError::Unsafe {
            text: format!("{secondary} has got the writes since that set-up, and would be emptied"),
            fix: format!("give them back first: dbha switchover --to {primary}"),
        });
    }
    let view = View {
        receipt: &stored.receipt,
        facts,
        keep_data,
    };
    let mut steps: Vec<UndoStep> = Vec::new();
    // The primary's link first: what the secondary does from then on cannot reach the data that counts.
    steps.extend(Side::BOTH.into_iter().filter_map(|side| links::step(&view, side)));
    steps.extend(data::step(&view)?);
    for side in Side::BOTH {
        steps.extend(accounts::step(&view, side));
        steps.extend(local_loading::step(&view, side));
        steps.extend(monitor_account::step(&view, side));
        steps.extend(platform::step(&view, side));
        steps.extend(schema::step(&view, side));
    }
    // The secondary first: the primary stays as careful as it is until nothing else is left.
    for side in [Side::Secondary, Side::Primary] {
        steps.extend(option_file::step(&view, side));
        steps.extend(settings::step(&view, side));
        steps.extend(semi_sync::step(&view, side));
    }
    let mut stays = Vec::new();
    stays.extend(
        Side::BOTH
            .into_iter()
            .filter_map(|side| links::stays(&view, side)),
    );
    stays.extend(data::stays(&view));
    stays.extend(
        Side::BOTH
            .into_iter()
            .filter_map(|side| platform::stays(&view, side)),
    );
    stays.extend(
        Side::BOTH
            .into_iter()
            .filter_map(|side| option_file::stays(&view, side)),
    );
    stays.extend(
        Side::BOTH
            .into_iter()
            .flat_map(|side| settings::stays(&view, side)),
    );
    Ok(UndoPlan {
        schema_version: 1,
        pair: stored.receipt.pair.clone(),
        receipt: stored.path.clone(),
        began_at_ms: stored.receipt.began_at_ms,
        steps,
        stays,
    })
}

#[cfg(test)]
mod tests;
