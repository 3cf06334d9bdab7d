//! Every SQL text of the copy. Each file holds one subject; only here may the flavour be asked for.

pub(crate) mod accounts;
pub(crate) mod blockers;
pub(crate) mod checksum;
pub(crate) mod clear;
pub(crate) mod clone;
pub(crate) mod compare;
pub(crate) mod copied_ranges;
pub(crate) mod definitions;
pub(crate) mod inventory;
pub(crate) mod lock_free;
pub(crate) mod logs_kept;
pub(crate) mod ranges;
pub(crate) mod rows;
pub(crate) mod sessions;
pub(crate) mod snapshot;
