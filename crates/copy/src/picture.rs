use crate::{Inventory, accounts::AccountBook, definitions::Definitions, snapshot::Snapshot};
use dbha_sql::GtidSet;

/// What a snapshot holds beside rows: everything by which it is created again, and where it was taken.
pub(crate) struct Picture {
    /// What there is.
    pub(crate) inventory: Inventory,
    /// How it is created.
    pub(crate) definitions: Definitions,
    /// Where its sequences stand: next number and round, in the order of the inventory.
    pub(crate) sequences: Vec<(i128, u64)>,
    /// Its accounts.
    pub(crate) accounts: AccountBook,
    /// Everything up to here is in it.
    pub(crate) position: GtidSet,
    /// File and offset of the binary log.
    pub(crate) coordinates: Option<(String, u64)>,
}

impl Picture {
    /// Takes out of a snapshot what does not need its sessions.
    pub(crate) fn out_of(snapshot: &mut Snapshot) -> Self {
        Self {
            inventory: snapshot.inventory.clone(),
            definitions: std::mem::take(&mut snapshot.definitions),
            sequences: std::mem::take(&mut snapshot.sequences),
            accounts: snapshot.accounts.clone(),
            position: snapshot.position.clone(),
            coordinates: snapshot.coordinates.clone(),
        }
    }
}
