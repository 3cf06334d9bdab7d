use super::told;
use crate::{EventKind, EventSink, SetupError, event::millis, on_heap::on_heap, run_lock::LoneLock};
use dbha_copy::{ArchiveSource, CopyError, CopyOptions, DumpReport};
use dbha_sql::{Depth, Endpoint, Facts, Server, Setting};
use serde::Serialize;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// How a dump is made.
#[derive(Debug, Clone)]
pub struct DumpOptions {
    /// How many ranges are read at once.
    pub workers: usize,
    /// Longest wait for a lock on the server.
    pub lock_wait: Duration,
}

/// What a finished dump is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DumpDone {
    /// The directory.
    pub directory: PathBuf,
    /// Name of the server.
    pub server: String,
    /// GTID position at which it was taken.
    pub position: String,
    /// File and offset of the binary log at the same moment, `FILE:OFFSET`.
    pub binlog: Option<String>,
    /// Tables.
    pub tables: u64,
    /// Rows.
    pub rows: u64,
    /// Bytes of rows.
    pub bytes: u64,
    /// Bytes of all files.
    pub file_bytes: u64,
    /// How long commits were held up, in milliseconds.
    pub lock_held_ms: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What somebody should read.
    pub warnings: Vec<String>,
}

/// Writes everything that a server holds into a directory, from one consistent picture; nothing is changed on it.
pub async fn dump(
    source: &Endpoint,
    directory: &Path,
    options: &DumpOptions,
    sink: &EventSink,
    cancel: &CancellationToken,
) -> Result<DumpDone, SetupError> {
    let done = on_heap(dump_unreported(source, directory, options, sink, cancel)).await;
    match &done {
        Ok(done) => sink.send(EventKind::Dumped { dump: done.clone() }),
        Err(error) => crate::pair::tell_failure(sink, error),
    }
    done
}

async fn dump_unreported(
    source: &Endpoint,
    directory: &Path,
    options: &DumpOptions,
    sink: &EventSink,
    cancel: &CancellationToken,
) -> Result<DumpDone, SetupError> {
    let mut server = Server::connect(source).await.map_err(SetupError::Connect)?;
    crate::preflight::served(&server)?;
    // Two runs would end each other's sessions.
    let _lock = LoneLock::take(source, &format!("dbha dump of {}", source.name)).await?;
    let facts = server
        .observe(Depth::Running)
        .await
        .map_err(SetupError::Observe)?;
    server.session.close().await;
    let options = dbha_copy::DumpOptions {
        copy: CopyOptions {
            workers: options.workers,
            lock_wait: options.lock_wait,
            ..CopyOptions::default()
        },
        source: identity(&facts),
    };
    let dumped = dbha_copy::dump(source, directory, &options, &told(sink), cancel).await;
    let report = dumped.map_err(|error| match error {
        CopyError::Cancelled => SetupError::Cancelled,
        error => SetupError::Dump(error),
    })?;
    Ok(done(&source.name, report))
}

fn identity(facts: &Facts) -> ArchiveSource {
    ArchiveSource {
        name: facts.name.clone(),
        server_uuid: facts.server_uuid.clone(),
        server_id: facts.server_id,
        gtid_domain_id: facts
            .number(Setting::GtidDomainId)
            .and_then(|domain| u32::try_from(domain).ok()),
    }
}

fn done(server: &str, report: DumpReport) -> DumpDone {
    DumpDone {
        directory: report.directory,
        server: server.to_owned(),
        position: report.position.to_string(),
        binlog: report
            .coordinates
            .map(|(file, offset)| format!("{file}:{offset}")),
        tables: report.tables.len() as u64,
        rows: report.rows,
        bytes: report.bytes,
        file_bytes: report.file_bytes,
        lock_held_ms: millis(report.lock_held),
        took_ms: millis(report.took),
        warnings: report.warnings,
    }
}
