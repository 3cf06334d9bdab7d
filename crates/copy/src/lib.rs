//! Moves the data of one MySQL or MariaDB server to another, exactly, and proves it.
//!
//! [`Inventory::take`] says what there is, [`copy`] brings it over from one consistent picture of the source,
//! [`clear`] empties a target before it, and a [`Comparison`] proves that a target filled by others holds the same. The crate knows nothing of pairs: it returns its own [`Inventory`],
//! [`CopyProgress`] and [`CopyReport`].

mod accounts;
mod archive;
mod batch;
mod batch_taker;
mod blocker;
mod check;
mod checksum;
mod clear;
mod clone_plugin;
mod column;
mod common_position;
mod compare;
mod continuation;
mod copied_ranges;
mod copy;
mod copying;
mod counterpart;
mod definer;
mod definition_comparison;
mod definitions;
mod difference;
mod doubts;
mod error;
mod event_definition;
mod filling;
mod inventory;
mod loader;
mod local_loading;
mod lock_free;
mod lock_holder;
mod logs_kept;
mod meeting;
mod narrowing;
mod object;
mod objects;
mod options;
mod picture;
mod piece;
mod pipe;
mod places;
mod progress;
mod query_text;
mod range_key;
mod raw_rows;
mod reader;
mod report;
mod row_comparison;
mod row_set;
mod row_sum;
mod schedule;
mod sessions;
mod shown_key;
mod sink;
mod snapshot;
mod sorter;
#[cfg(test)]
mod spawnable;
mod statements;
mod table;
mod table_definition;
mod table_identity;
mod tables;
mod text_row;
mod turns;
mod uncopyable;
mod value_form;
mod value_text;
mod workers;

pub use accounts::{AccountChange, AccountDone, KeptAccounts};
pub use archive::{Archive, ArchiveError, ArchiveSource, DumpOptions, DumpReport, LoadOptions, dump, load};
pub use clear::clear;
pub use clone_plugin::{
    CloneEnd, CloneOrder, end_cloning, note_what_is_there, prepare_donor, prepare_recipient, run_clone,
    settle_clone, tidy_donor, tidy_recipient,
};
pub use column::{Column, Origin};
pub use compare::{Compared, Comparison, VerifyOptions, verify};
pub use copied_ranges::forget_copied_ranges;
pub use copy::copy;
pub use difference::{
    DefinitionDifference, Difference, DifferenceKind, Findings, KeyValue, NotCompared, TableDifference,
};
pub use error::CopyError;
pub use inventory::Inventory;
pub use local_loading::close_local_loading;
pub use meeting::MeetingTerms;
pub use object::{Object, ObjectKind};
pub use options::CopyOptions;
pub use progress::{CopyPhase, CopyProgress};
pub use report::{CopyReport, TableReport};
pub use table::{KeyPart, Table};
pub use uncopyable::Uncopyable;

/// What fuzz targets call and nobody else may: everything that reads definitions and statements of a server.
#[cfg(fuzzing)]
pub fn fuzz_definitions(text: &str, other: &str) {
    table_definition::split(text);
    table_definition::without_counter(text);
    table_definition::with_inherited_collations(text);
    table_definition::first_difference(text, other);
    let asleep = event_definition::asleep(text.as_bytes(), "DISABLE ON SLAVE");
    if let Some(asleep) = asleep {
        // What was put to sleep differs in nothing but that.
        let without = event_definition::without_state;
        assert_eq!(without(&asleep), without(text.as_bytes()));
    }
    query_text::masked(text);
    Origin::detect(text, other);
}
