//! Dumps: what a server holds in files, and from files to a server; neither needs a second server.

mod dump;
mod load;
mod use_in_setup;

pub use dump::{DumpDone, DumpOptions, dump};
pub use load::{LoadDone, LoadWanted, load};
pub(crate) use use_in_setup::{SetupDump, check_files};

use crate::{CopyCounts, EventKind, EventSink, steps::CopyTally};
use dbha_copy::{Archive, CopyProgress};
use dbha_sql::{Claim, ClaimState};
use std::{sync::Mutex, time::Instant};

/// Tells of a copy's progress as events.
pub(crate) fn told(sink: &EventSink) -> impl Fn(CopyProgress) + Send + Sync {
    let (tally, began) = (Mutex::new(CopyTally::default()), Instant::now());
    move |progress: CopyProgress| {
        if let Ok(mut tally) = tally.lock() {
            let counts: CopyCounts = tally.take(progress, began.elapsed()).clone();
            sink.send(EventKind::Copying { counts });
        }
    }
}

/// What stands in a claim in the place of a position while a dump is loaded: which one.
pub(crate) fn note_of(archive: &Archive) -> String {
    format!("dump {}", archive.id())
}

/// Tells whether a claim says that this dump was being loaded when a run was cut off.
///
/// Written only once the server is empty, so that everything on it is that dump's.
pub(crate) fn was_being_loaded(claim: Option<&Claim>, archive: &Archive) -> bool {
    claim.is_some_and(|claim| {
        claim.state == ClaimState::Copying && claim.position.as_deref() == Some(&note_of(archive))
    })
}

/// Names the server that a dump is of, as a claim names where its data comes from.
pub(crate) fn source_of(archive: &Archive) -> String {
    let source = archive.source();
    source
        .server_uuid
        .clone()
        .unwrap_or_else(|| format!("server_id {}", source.server_id))
}
