use super::{check_files, note_of, source_of, told, was_being_loaded};
use crate::{
    EventKind, EventSink, Finding, SetupError, event::millis, on_heap::on_heap, preflight,
    run_lock::LoneLock, steps::open_for_dbha,
};
use dbha_copy::{Archive, CopyError, CopyOptions, CopyReport};
use dbha_sql::{
    Claim, ClaimState, Depth, Endpoint, Facts, Server, Session, SessionProfile, Setting, SqlError,
};
use serde::Serialize;
use std::path::Path;
use tokio_util::sync::CancellationToken;

/// How a dump is to be loaded.
#[derive(Debug, Clone)]
pub struct LoadWanted {
    /// How many chunks are loaded at once.
    pub workers: usize,
    /// Name of the server whose data may be thrown away.
    pub overwrite: Option<String>,
}

/// What a finished load brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LoadDone {
    /// Name of the server.
    pub server: String,
    /// GTID position of the dump's source: the server holds exactly this.
    pub position: String,
    /// File and offset of that server's binary log, `FILE:OFFSET`.
    pub binlog: Option<String>,
    /// Whether an earlier run had begun it.
    pub went_on: bool,
    /// Tables.
    pub tables: u64,
    /// Rows, all of them proven.
    pub rows: u64,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// What somebody should read.
    pub warnings: Vec<String>,
}

/// Brings the dump in a directory to a server that holds nothing, and proves every chunk of it there.
///
/// Cut off in any way, the same call goes on from what is proven to be there.
pub async fn load(
    directory: &Path,
    target: &Endpoint,
    wanted: &LoadWanted,
    sink: &EventSink,
    cancel: &CancellationToken,
) -> Result<LoadDone, SetupError> {
    let done = on_heap(load_unreported(directory, target, wanted, sink, cancel)).await;
    match &done {
        Ok(done) => sink.send(EventKind::Loaded { load: done.clone() }),
        Err(error) => crate::pair::tell_failure(sink, error),
    }
    done
}

async fn load_unreported(
    directory: &Path,
    target: &Endpoint,
    wanted: &LoadWanted,
    sink: &EventSink,
    cancel: &CancellationToken,
) -> Result<LoadDone, SetupError> {
    let archive = Archive::open(directory)
        .map_err(|error| SetupError::Blocked(vec![preflight::dump::unusable(&error)]))?;
    let mut server = Server::connect(target).await.map_err(SetupError::Connect)?;
    preflight::served(&server)?;
    judge(&mut server, &archive, wanted).await?;
    // Every file, before anything of the server is touched.
    check_files(&archive, wanted.workers, sink, cancel).await?;
    let _lock = LoneLock::take(target, &format!("dbha load into {}", target.name)).await?;
    // Looked at again: another run may have come and gone.
    let facts = judge(&mut server, &archive, wanted).await?;
    let goes_on = was_being_loaded(facts.claim.known(), &archive);
    let filling = Filling {
        archive: &archive,
        server: &server,
        facts: &facts,
        workers: wanted.workers,
    };
    let loaded = filling.fill(sink, cancel).await;
    let report = loaded.map_err(|error| match error {
        CopyError::Cancelled => SetupError::Cancelled,
        error => SetupError::Load(error),
    })?;
    server.session.close().await;
    Ok(LoadDone {
        server: target.name.clone(),
        position: report.position.to_string(),
        binlog: report
            .coordinates
            .map(|(file, offset)| format!("{file}:{offset}")),
        went_on: goes_on,
        tables: report.tables.len() as u64,
        rows: report.rows,
        took_ms: millis(report.took),
        warnings: report.warnings,
    })
}

async fn judge(server: &mut Server, archive: &Archive, wanted: &LoadWanted) -> Result<Facts, SetupError> {
    let facts = server.observe(Depth::Full).await.map_err(SetupError::Observe)?;
    let findings = preflight::dump::for_loading(&facts, archive, wanted.overwrite.as_deref());
    match findings.iter().any(Finding::blocks) {
        true => Err(SetupError::Blocked(findings)),
        false => Ok(facts),
    }
}

/// A server that is to hold what a dump holds.
struct Filling<'a> {
    archive: &'a Archive,
    server: &'a Server,
    facts: &'a Facts,
    workers: usize,
}

impl Filling<'_> {
    /// Claims the server, loads, and takes every trace of dbha away again: the server belongs to no pair.
    async fn fill(&self, sink: &EventSink, cancel: &CancellationToken) -> Result<CopyReport, CopyError> {
        let go_on = was_being_loaded(self.facts.claim.known(), self.archive);
        let mut unlogged = connect(self.server).await.map_err(failed)?;
        let open = open_for_dbha(self.facts);
        unlogged.execute_all(&open).await.map_err(failed)?;
        if !go_on {
            claim(&mut unlogged, self.archive, None).await?;
            dbha_copy::clear(&mut unlogged).await?;
            claim(&mut unlogged, self.archive, Some(note_of(self.archive))).await?;
        }
        unlogged.close().await;
        let options = dbha_copy::LoadOptions {
            copy: CopyOptions {
                workers: self.workers,
                go_on,
                ..CopyOptions::default()
            },
            with_own_schema: false,
        };
        let target = self.server.endpoint();
        let report = dbha_copy::load(self.archive, target, &options, &told(sink), cancel).await?;
        self.let_go().await?;
        Ok(report)
    }

    /// On a connection of its own: hours may have passed.
    async fn let_go(&self) -> Result<(), CopyError> {
        let mut unlogged = connect(self.server).await.map_err(failed)?;
        dbha_copy::close_local_loading(&mut unlogged).await?;
        self.leave_no_trace(&mut unlogged).await.map_err(failed)?;
        unlogged.close().await;
        Ok(())
    }

    async fn leave_no_trace(&self, unlogged: &mut Session) -> Result<(), SqlError> {
        let dialect = self.server.dialect();
        unlogged.execute(&dialect.drop_dbha_schema()).await?;
        if self.facts.has(Setting::SuperReadOnly, "ON") {
            let close = dialect.change_setting_until_restart(Setting::SuperReadOnly, "ON");
            unlogged.execute_all(&close).await?;
        }
        Ok(())
    }
}

fn failed(source: SqlError) -> CopyError {
    CopyError::Sql {
        doing: "claiming the server".into(),
        source,
    }
}

async fn connect(server: &Server) -> Result<Session, SqlError> {
    Session::connect(server.endpoint(), SessionProfile::Loader).await
}

async fn claim(session: &mut Session, archive: &Archive, position: Option<String>) -> Result<(), CopyError> {
    let dialect = session.dialect();
    let ensure = dialect.ensure_dbha_schema();
    session.execute_all(&ensure).await.map_err(failed)?;
    let claim = Claim {
        run: "load".into(),
        source: source_of(archive),
        state: ClaimState::Copying,
        position,
    };
    let claimed = session.execute(&dialect.write_claim(&claim)).await;
    claimed.map(drop).map_err(failed)
}
