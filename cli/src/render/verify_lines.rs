//! A comparison as it goes on, for a person: a bar on a terminal, a line now and then elsewhere.

use super::progress::CopyProgress;
use dbha_core::{Event, EventKind};
use std::sync::Mutex;

/// Turns the events of a comparison into progress on standard error.
pub struct VerifyLines(Mutex<CopyProgress>);

impl VerifyLines {
    /// Makes a renderer.
    pub fn new(terminal: bool) -> Self {
        Self(Mutex::new(CopyProgress::new(terminal)))
    }

    /// Takes one event.
    pub fn take(&self, event: &Event) {
        // A poisoned lock means that another event's printing panicked; the bar is still good enough.
        let mut progress = self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match &event.kind {
            EventKind::Comparing { counts } => {
                if let Some(line) = progress.update(counts) {
                    talk!("{line}");
                }
            }
            EventKind::Verified { .. } | EventKind::Failed { .. } => progress.finish(),
            _ => {}
        }
    }
}
