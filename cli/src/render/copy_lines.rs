//! A dump or a load as it happens, and its last words.

use super::{json, progress::CopyProgress, style};
use crate::args::{Cli, Output};
use dbha_core::{Event, EventKind, EventSink, harmless};
use indicatif::HumanBytes;
use serde::Serialize;
use std::{
    io::IsTerminal,
    sync::{Arc, Mutex},
};

pub use super::proof::grouped;

/// Makes the sink that the chosen form of output wants.
pub fn sink(cli: &Cli) -> EventSink {
    match cli.output.format {
        Output::Ndjson => EventSink::new(|event| json::print(event, false)),
        Output::Human if !cli.output.quiet => {
            let terminal =
                std::io::stderr().is_terminal() && std::env::var("TERM").is_ok_and(|term| term != "dumb");
            let progress = Arc::new(Mutex::new(CopyProgress::new(terminal)));
            EventSink::new(move |event| take(&progress, event))
        }
        _ => EventSink::silent(),
    }
}

fn take(progress: &Mutex<CopyProgress>, event: &Event) {
    // A poisoned lock means that another event's printing panicked; the bar is still good enough.
    let mut progress = progress.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    match &event.kind {
        EventKind::Copying { counts } => {
            if let Some(line) = progress.update(counts) {
                talk!("{line}");
            }
        }
        _ => progress.finish(),
    }
}

/// Prints what a dump or a load came to: for a person, or as the document of `-o json`.
pub fn report<T: Serialize>(cli: &Cli, done: &T, human: impl FnOnce() -> Vec<String>) {
    #[derive(Serialize)]
    struct Document<'a, T> {
        schema_version: u32,
        #[serde(flatten)]
        done: &'a T,
    }
    match cli.output.format {
        Output::Human => human().iter().for_each(|line| talk!("{line}")),
        Output::Json => json::print(
            &Document {
                schema_version: 1,
                done,
            },
            true,
        ),
        Output::Ndjson => {}
    }
}

/// Says which moment of the source it is.
pub fn position(gtids: &str, binlog: Option<&str>) -> Vec<String> {
    let mut lines = vec![];
    if !gtids.is_empty() {
        lines.push(format!("  position {gtids}"));
    }
    lines.extend(binlog.map(|place| format!("  binary log {place}")));
    lines
}

/// Writes what somebody should read.
pub fn warnings(warnings: &[String]) -> Vec<String> {
    let sign = style::of_stderr().yellow("!");
    warnings
        .iter()
        .map(|text| format!("{sign} {}", harmless(text)))
        .collect()
}

/// Writes a size.
pub fn bytes(bytes: u64) -> String {
    HumanBytes(bytes).to_string()
}

/// Writes a time.
pub fn seconds(milliseconds: u64) -> String {
    format!("{:.2} s", milliseconds as f64 / 1e3)
}
