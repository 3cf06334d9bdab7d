//! The ways by which data gets from one server into another, and one run of one of them.

use crate::{
    data_set::DataSet,
    process::{Usage, cpu_of},
    run::Run,
    session::Connection,
    settings::Settings,
    source::{Source, contents},
    ways,
};
use dbha_testkit::{PrivateServer, ServerOptions};
use std::{fs, path::PathBuf, process::Command};
use tempfile::TempDir;

/// One way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Way {
    /// `dbha setup` as a whole, proof and both links included.
    Dbha,
    /// The servers' own dump, piped into their client.
    DumpPipe,
    /// mydumper into files, then myloader: the system's, or those of a directory.
    Mydumper { dir: Option<PathBuf>, load_data: bool },
    /// LOAD DATA from files that are ready, then all indexes.
    Floor { unique_checks: bool },
}

impl Way {
    /// Returns the ways for a set, dbha first.
    pub(crate) fn all(set: &DataSet, settings: &Settings) -> Vec<Self> {
        let mut all = vec![Self::Dbha];
        if !set.with_peers {
            return all;
        }
        all.push(Self::DumpPipe);
        let mydumper = |dir: Option<&PathBuf>, load_data| Self::Mydumper {
            dir: dir.cloned(),
            load_data,
        };
        all.push(mydumper(None, false));
        if let Some(dir) = &settings.mydumper_dir {
            all.push(mydumper(Some(dir), false));
            all.push(mydumper(Some(dir), true));
        }
        all.extend([true, false].map(|unique_checks| Self::Floor { unique_checks }));
        all
    }

    /// Tells whether this is something that people use in place of dbha.
    pub(crate) fn is_peer(&self) -> bool {
        matches!(self, Self::DumpPipe | Self::Mydumper { .. })
    }

    /// Returns how it is named in the output.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Dbha => "dbha setup, all of it".into(),
            Self::DumpPipe => "dump | client".into(),
            Self::Mydumper { dir, load_data } => {
                let version = ways::mydumper::version(dir.as_deref());
                let mode = if *load_data { ", LOAD DATA" } else { "" };
                format!("mydumper {version}{mode}")
            }
            Self::Floor { unique_checks } => {
                format!("floor, unique_checks={}", u8::from(*unique_checks))
            }
        }
    }

    fn target_options(&self, set: &DataSet) -> ServerOptions {
        match self {
            // Else the two loaders of one table would wait for each other.
            Self::Floor { .. } => set.server_options().set("innodb_autoinc_lock_mode", 2),
            _ => set.server_options(),
        }
    }
}

/// What one run happens between.
pub(crate) struct Arena<'a> {
    pub(crate) set: &'a DataSet,
    pub(crate) settings: &'a Settings,
    pub(crate) source: &'a PrivateServer,
    pub(crate) target: PrivateServer,
    /// Gone after the run.
    pub(crate) directory: TempDir,
}

impl<'a> Arena<'a> {
    /// Starts a fresh target beside a source.
    pub(crate) async fn new(
        set: &'a DataSet,
        settings: &'a Settings,
        source: &'a Source,
        options: &ServerOptions,
    ) -> Self {
        Self {
            set,
            settings,
            source: &source.server,
            target: PrivateServer::launch(set.release, options).await.unwrap(),
            directory: tempfile::Builder::new().prefix("dbha-bench-").tempdir().unwrap(),
        }
    }

    /// Opens a file of the run for what a tool says.
    pub(crate) fn output(&self, name: &str) -> fs::File {
        fs::File::create(self.directory.path().join(name)).unwrap()
    }

    /// Lets a tool write what it says into a file of the run.
    pub(crate) fn quiet<'c>(&self, command: &'c mut Command, name: &str) -> &'c mut Command {
        command.stderr(self.output(&format!("{name}.err")))
    }

    /// Returns what the tools have said last on their standard error, the worst first.
    fn last_words(&self) -> String {
        let files = fs::read_dir(self.directory.path()).unwrap().flatten();
        let errors = files.filter(|file| file.path().extension().is_some_and(|end| end == "err"));
        let texts = errors.map(|file| fs::read(file.path()).unwrap());
        let text: String = texts
            .map(|text| String::from_utf8_lossy(&text).into_owned())
            .collect();
        let mut lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        lines.reverse();
        let is_bad = |line: &str| {
            ["CRITICAL", "ERROR", "error"]
                .iter()
                .any(|word| line.contains(word))
        };
        lines.sort_by_key(|line| !is_bad(line));
        lines
            .first()
            .unwrap_or(&"it said nothing")
            .chars()
            .take(160)
            .collect()
    }
}

/// Takes one way into a fresh server and looks whether everything arrived.
pub(crate) async fn run(
    way: &Way,
    set: &DataSet,
    settings: &Settings,
    source: &mut Source,
) -> Result<Run, String> {
    let wanted = source.reset(set).await;
    let arena = Arena::new(set, settings, source, &way.target_options(set)).await;
    let logged = logged_mib(&arena.target).await;
    // What the last run left to be written is not to be written during this one.
    Command::new("sync").status().unwrap();
    let (source_pid, target_pid) = (arena.source.pid().unwrap(), arena.target.pid().unwrap());
    let before = (cpu_of(source_pid), cpu_of(target_pid));
    let ended = match way {
        Way::Dbha => ways::dbha::run(&arena).await,
        Way::DumpPipe => ways::dump_pipe::run(&arena).await,
        Way::Mydumper { dir, load_data } => ways::mydumper::run(&arena, dir.as_deref(), *load_data).await,
        Way::Floor { unique_checks } => Ok(ways::floor::run(&arena, source, *unique_checks).await),
    };
    let after = (cpu_of(source_pid), cpu_of(target_pid));
    let words = arena.last_words();
    let logged = logged_mib(&arena.target).await - logged;
    let arrived = contents(&arena.target, set).await == wanted;
    source.paired |= *way == Way::Dbha;
    let run = ended.map_err(|error| format!("{error}: {words}"))?;
    if !arrived {
        return Err(format!("the copy is not equal: {words}"));
    }
    Ok(Run {
        source_cpu: after.0 - before.0,
        target_cpu: after.1 - before.1,
        logged_mib: logged,
        ..run
    })
}

impl From<Usage> for Run {
    fn from(usage: Usage) -> Self {
        Self {
            seconds: usage.seconds,
            tool_cpu: usage.cpu,
            peak_mib: usage.peak_mib,
            ..Self::default()
        }
    }
}

async fn logged_mib(server: &PrivateServer) -> f64 {
    let rows = Connection::open(server).await.rows("SHOW BINARY LOGS").await;
    let sizes = rows.iter().filter_map(|row| row.parse::<f64>("File_size"));
    sizes.sum::<f64>() / f64::from(1 << 20)
}
