//! The sandboxes of one state directory: making, listing and removing them.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;

use crate::bond::Bond;
use crate::clock::ask_until;
use crate::home::ServerHome;
use crate::launch::{first_start, furnish};
use crate::password::Password;
use crate::process::ServerProcess;
use crate::sandbox::SCHEMA_VERSION;
use crate::{
    Installation, ProcessIdentity, Release, SandboxInfo, SandboxOptions, SandboxServer, ServerOptions,
    TestkitError,
};

const STOP_LIMIT: Duration = Duration::from_secs(20);
const KILL_LIMIT: Duration = Duration::from_secs(10);
const NAME_LIMIT: usize = 32;
const ROLES: [&str; 2] = ["primary", "secondary"];

/// Keeps sandboxes below a state directory, each in `sandboxes/NAME`.
#[derive(Debug, Clone)]
pub struct Sandboxes {
    all: PathBuf,
}

impl Sandboxes {
    /// Takes the state directory; nothing is made before the first sandbox.
    pub fn new(state_dir: &Path) -> Self {
        Self {
            all: state_dir.join("sandboxes"),
        }
    }

    /// Starts two servers that live on after this process.
    ///
    /// If it fails or is given up, everything that it made is removed.
    ///
    /// # Errors
    /// When the release is missing, the name is taken or none, or a server does not start.
    pub async fn up(
        &self,
        name: &str,
        release: Release,
        options: &SandboxOptions,
    ) -> Result<SandboxInfo, TestkitError> {
        let directory = self.directory(name)?;
        let installation = Installation::find(release)?;
        fs::create_dir_all(&self.all).map_err(TestkitError::file("create", &self.all))?;
        let unfinished = Unfinished::create(directory, name)?;
        let (primary, secondary) = tokio::try_join!(
            start(&installation, &unfinished, ROLES[0], &options.primary),
            start(&installation, &unfinished, ROLES[1], &options.secondary),
        )?;
        let info = SandboxInfo {
            schema_version: SCHEMA_VERSION,
            name: name.to_owned(),
            release,
            version: installation.version().to_owned(),
            directory: unfinished.directory.clone(),
            primary: primary.1,
            secondary: secondary.1,
        };
        info.write()?;
        // From here on nothing can fail, and the sandbox is no longer ours to remove.
        primary.0.release();
        secondary.0.release();
        unfinished.keep();
        Ok(info)
    }

    /// Lists the finished sandboxes by name, whether their servers run or not.
    ///
    /// # Errors
    /// When the directory or one of the descriptions cannot be read.
    pub fn list(&self) -> Result<Vec<SandboxInfo>, TestkitError> {
        let entries = match fs::read_dir(&self.all) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(TestkitError::file("read", &self.all))?,
        };
        let directories = entries.flatten().map(|entry| entry.path());
        let finished = directories.filter(|directory| SandboxInfo::file(directory).is_file());
        let mut found = finished
            .map(|directory| SandboxInfo::read(&directory))
            .collect::<Result<Vec<_>, _>>()?;
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    /// Returns one sandbox.
    ///
    /// # Errors
    /// [`TestkitError::NoSuchSandbox`], or why its description cannot be read.
    pub fn get(&self, name: &str) -> Result<SandboxInfo, TestkitError> {
        let directory = self.directory(name)?;
        if !SandboxInfo::file(&directory).is_file() {
            return Err(TestkitError::NoSuchSandbox(name.to_owned()));
        }
        SandboxInfo::read(&directory)
    }

    /// Ends the servers of a sandbox and removes its files, also of one whose making was cut short.
    ///
    /// # Errors
    /// [`TestkitError::NoSuchSandbox`], or when a server does not end or a file cannot be removed.
    pub async fn down(&self, name: &str) -> Result<(), TestkitError> {
        let directory = self.directory(name)?;
        if !directory.is_dir() {
            return Err(TestkitError::NoSuchSandbox(name.to_owned()));
        }
        end(&processes(&directory)).await?;
        fs::remove_dir_all(&directory).map_err(TestkitError::file("remove", &directory))
    }

    fn directory(&self, name: &str) -> Result<PathBuf, TestkitError> {
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > NAME_LIMIT || name.starts_with('-') || !name.bytes().all(allowed) {
            return Err(TestkitError::SandboxName(name.to_owned()));
        }
        Ok(std::path::absolute(&self.all)
            .map_err(TestkitError::file("find", &self.all))?
            .join(name))
    }
}

/// A sandbox that is being made; once nobody works on it any more, its directory goes unless it was kept.
///
/// Its servers have been killed by then, since their values are dropped before this one.
struct Unfinished {
    directory: PathBuf,
    kept: AtomicBool,
}

impl Unfinished {
    fn create(directory: PathBuf, name: &str) -> Result<Arc<Self>, TestkitError> {
        match fs::create_dir(&directory) {
            Ok(()) => Ok(Arc::new(Self {
                directory,
                kept: AtomicBool::new(false),
            })),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Err(TestkitError::SandboxExists(name.to_owned()))
            }
            Err(error) => Err(TestkitError::file("create", &directory)(error)),
        }
    }

    fn keep(&self) {
        self.kept.store(true, Ordering::Release);
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.kept.load(Ordering::Acquire) {
            let _ = fs::remove_dir_all(&self.directory);
        }
    }
}

async fn start(
    installation: &Installation,
    sandbox: &Arc<Unfinished>,
    role: &str,
    options: &ServerOptions,
) -> Result<(ServerProcess, SandboxServer), TestkitError> {
    let directory = sandbox.directory.join(role);
    fs::create_dir(&directory).map_err(TestkitError::file("create", &directory))?;
    let home = ServerHome::new(directory)?;
    let password = Password::random()?;
    furnish(installation, &home, options, Arc::clone(sandbox)).await?;
    let options = match installation.release().is_mysql() {
        // It ends at the end of a CLONE, and nobody else would start it again.
        true => &options.clone().supervised(),
        false => options,
    };
    let (process, port) = first_start(installation, &home, options, &password, Bond::Detached).await?;
    let identity = ProcessIdentity::of(process.pid()).ok_or(TestkitError::NotRunning)?;
    let server = SandboxServer::new(role, &home, port, identity);
    server.write_credentials(password.expose())?;
    Ok((process, server))
}

/// Finds a sandbox's processes by its description and, since a person may have restarted a server or the
/// making may have been killed half-way, by the option files that processes were started with.
fn processes(directory: &Path) -> Vec<ProcessIdentity> {
    let recorded = SandboxInfo::read(directory).map(|info| info.servers().map(|server| server.process));
    let files = ROLES.map(|role| directory.join(role).join("my.cnf"));
    let found = files
        .iter()
        .flat_map(|file| ProcessIdentity::with_option_file(file));
    let mut all: Vec<_> = recorded
        .into_iter()
        .flatten()
        .chain(found)
        .filter(ProcessIdentity::is_running)
        .collect();
    all.sort_by_key(|process| process.pid);
    all.dedup();
    all
}

async fn end(processes: &[ProcessIdentity]) -> Result<(), TestkitError> {
    for process in processes {
        send(process, Signal::SIGTERM)?;
        send(process, Signal::SIGCONT)?;
    }
    for process in processes {
        if !ends_within(process, STOP_LIMIT).await {
            send(process, Signal::SIGKILL)?;
            if !ends_within(process, KILL_LIMIT).await {
                return Err(TestkitError::NotEnding {
                    pid: process.pid,
                    limit: KILL_LIMIT,
                });
            }
        }
    }
    Ok(())
}

async fn ends_within(process: &ProcessIdentity, limit: Duration) -> bool {
    let ended = ask_until(limit, || {
        let running = process.is_running();
        async move { Ok::<_, TestkitError>((!running).then_some(())) }
    });
    let ended = matches!(ended.await, Ok(Some(())));
    // Where this process made the sandbox it is also the parent, and has to reap.
    if let (true, Ok(pid)) = (ended, i32::try_from(process.pid)) {
        let _ = waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG));
    }
    ended
}

fn send(process: &ProcessIdentity, signal: Signal) -> Result<(), TestkitError> {
    let Ok(pid) = i32::try_from(process.pid) else {
        return Ok(());
    };
    if !process.is_running() {
        return Ok(());
    }
    match kill(Pid::from_raw(pid), signal) {
        Ok(()) | Err(nix::errno::Errno::ESRCH) => Ok(()),
        Err(errno) => Err(TestkitError::Signal {
            pid: process.pid,
            source: errno.into(),
        }),
    }
}
