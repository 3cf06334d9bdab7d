//! A private server that lives as long as its value.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::bond::Bond;
use crate::certificates::AUTHORITY;
use crate::clock_skew;
use crate::home::ServerHome;
use crate::launch::{START_LIMIT, first_start, furnish, spawn_server, start_again};
use crate::password::Password;
use crate::process::ServerProcess;
use crate::supervision::Slot;
use crate::{Installation, ProcessIdentity, Release, ServerOptions, TestkitError};

/// A real server for one test: a directory, a port and a root password of its own, listening on
/// 127.0.0.1 only.
///
/// Dropped, also by a panic, it is killed and its directory removed. It dies with this process even where
/// that is killed. Its defaults are those of a plausible server that nobody has prepared for replication:
/// `server_id` 1, binary log on, GTIDs on for MySQL, `MIXED` format for MariaDB, an empty GTID set.
#[derive(Debug)]
pub struct PrivateServer {
    // Before the directory: a server must be gone before its files are.
    process: Slot,
    supervised: bool,
    installation: Installation,
    home: ServerHome,
    port: u16,
    password: Password,
    _directory: TempDir,
}

impl PrivateServer {
    /// Finds the release on this machine and launches a server of it.
    ///
    /// # Errors
    /// [`TestkitError::NotInstalled`] where the release is missing; otherwise why the server did not start,
    /// with the end of its error log.
    pub async fn launch(release: Release, options: &ServerOptions) -> Result<Self, TestkitError> {
        Self::launch_from(Installation::find(release)?, options).await
    }

    /// Launches a server of an installation.
    ///
    /// # Errors
    /// As [`PrivateServer::launch`].
    pub async fn launch_from(
        installation: Installation,
        options: &ServerOptions,
    ) -> Result<Self, TestkitError> {
        let parent = std::env::temp_dir();
        let directory = tempfile::Builder::new().prefix("dbha-").tempdir();
        let directory = directory.map_err(TestkitError::file("create a directory in", &parent))?;
        let home = ServerHome::new(directory.path().to_owned())?;
        let password = Password::random()?;
        let directory = furnish(&installation, &home, options, directory).await?;
        let (process, port) =
            first_start(&installation, &home, options, &password, Bond::DiesWithParent).await?;
        let server = Self {
            process: Slot::default(),
            supervised: options.is_supervised(),
            installation,
            home,
            port,
            password,
            _directory: directory,
        };
        server.process.put(process);
        if server.supervised {
            let (installation, home) = (server.installation.clone(), server.home.clone());
            let start = move || spawn_server(&installation, &home, (Bond::DiesWithParent, true));
            server.process.supervise(start)?;
        }
        Ok(server)
    }

    /// Returns the installation that the server runs from.
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    /// Returns the release.
    pub fn release(&self) -> Release {
        self.installation.release()
    }

    /// Returns the port on 127.0.0.1; it stays the same over restarts.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Returns `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Returns the path of the socket.
    pub fn socket(&self) -> PathBuf {
        self.home.socket()
    }

    /// Returns root's password, valid over TCP and over the socket.
    pub fn root_password(&self) -> &str {
        self.password.expose()
    }

    /// Returns `mysql://root:PASSWORD@127.0.0.1:PORT/`.
    pub fn url(&self) -> String {
        format!("mysql://root:{}@{}/", self.root_password(), self.address())
    }

    /// Returns the number of the server's process while it runs, also where somebody else started it anew.
    pub fn pid(&self) -> Option<u32> {
        let started = self.process.hold().as_ref().map(ServerProcess::pid);
        let running = |pid: &u32| ProcessIdentity::of(*pid).is_some_and(|process| process.is_running());
        started
            .filter(running)
            .or_else(|| self.started_by_others().map(|process| process.pid))
    }

    /// Returns the data directory.
    pub fn datadir(&self) -> PathBuf {
        self.home.datadir()
    }

    /// Returns the certificate of the authority that signed the server's, for clients that verify it.
    pub fn ca_certificate(&self) -> PathBuf {
        self.home.datadir().join(AUTHORITY)
    }

    /// Returns the path of the error log.
    pub fn error_log(&self) -> PathBuf {
        self.home.error_log()
    }

    /// Returns the path of the option file, which every start reads anew.
    pub fn option_file(&self) -> PathBuf {
        self.home.option_file()
    }

    /// Returns the directory of further option files; only a stock server reads it.
    pub fn option_directory(&self) -> PathBuf {
        self.home.option_directory()
    }

    /// Appends text to the option file, in its `[mysqld]` group; it holds from the next start.
    ///
    /// # Errors
    /// [`TestkitError::File`] when the file cannot be written.
    pub fn append_options(&self, text: &str) -> Result<(), TestkitError> {
        let path = self.option_file();
        let append = || writeln!(OpenOptions::new().append(true).open(&path)?, "{text}");
        append().map_err(TestkitError::file("append to", &path))
    }

    /// Stops the server in an orderly way; one that does not end in time is killed.
    ///
    /// # Errors
    /// When it cannot be signalled, or does not end even killed.
    pub async fn stop(&mut self) -> Result<(), TestkitError> {
        self.take_over()?;
        if let Some(mut process) = self.process.take() {
            process.stop().await?;
        }
        Ok(())
    }

    /// Kills the server as a power failure would.
    ///
    /// # Errors
    /// As [`PrivateServer::stop`].
    pub async fn kill(&mut self) -> Result<(), TestkitError> {
        self.take_over()?;
        if let Some(mut process) = self.process.take() {
            process.kill().await?;
        }
        Ok(())
    }

    /// Starts the server again at its port with its option file of now; nothing happens if it runs.
    ///
    /// # Errors
    /// Why it did not start, with the end of its error log.
    pub async fn start(&mut self) -> Result<(), TestkitError> {
        self.start_within(START_LIMIT).await
    }

    async fn start_within(&mut self, limit: Duration) -> Result<(), TestkitError> {
        self.take_over()?;
        if let Some(process) = self.process.hold().as_mut()
            && !process.has_ended()?
        {
            return Ok(());
        }
        drop(self.process.take());
        let bound = (Bond::DiesWithParent, self.supervised);
        let process = start_again(&self.installation, &self.home, (self.port, limit), bound).await?;
        self.process.put(process);
        Ok(())
    }

    /// Stops and starts the server.
    ///
    /// # Errors
    /// As [`PrivateServer::stop`] and [`PrivateServer::start`].
    pub async fn restart(&mut self) -> Result<(), TestkitError> {
        self.stop().await?;
        self.start().await
    }

    /// Restarts the server with a clock so many seconds ahead of this machine's, or behind where negative; 0 gives it the
    /// right time back.
    ///
    /// # Errors
    /// [`TestkitError::NotPossible`] where libfaketime is missing or this server does not load it.
    pub async fn skew_clock(&mut self, seconds: i64) -> Result<(), TestkitError> {
        if seconds != 0 {
            clock_skew::library()?;
        }
        self.stop().await?;
        clock_skew::note(&self.home, seconds)?;
        let limit = match seconds {
            0 => START_LIMIT,
            _ => clock_skew::START_LIMIT,
        };
        match self.start_within(limit).await {
            Err(error) if seconds != 0 => {
                clock_skew::note(&self.home, 0)?;
                self.start().await?;
                Err(clock_skew::does_not_start(&error))
            }
            started => started,
        }
    }

    /// Halts the server in the midst of what it does: connections stay open, nothing answers.
    ///
    /// # Errors
    /// When it does not run or cannot be signalled.
    pub fn freeze(&self) -> Result<(), TestkitError> {
        self.signal(Signal::SIGSTOP)
    }

    /// Lets a frozen server go on.
    ///
    /// # Errors
    /// As [`PrivateServer::freeze`].
    pub fn thaw(&self) -> Result<(), TestkitError> {
        self.signal(Signal::SIGCONT)
    }

    fn signal(&self, signal: Signal) -> Result<(), TestkitError> {
        let held = self.process.hold();
        held.as_ref().ok_or(TestkitError::NotRunning)?.signal(signal)
    }

    /// Takes over the process that runs now, where somebody else ended ours and started another.
    fn take_over(&mut self) -> Result<(), TestkitError> {
        let mut held = self.process.hold();
        let ended = match held.as_mut() {
            Some(process) => process.has_ended()?,
            None => true,
        };
        if ended && let Some(process) = self.started_by_others() {
            *held = Some(ServerProcess::adopt(process));
        }
        Ok(())
    }

    /// Finds a process that runs with this server's option file, which no other server has.
    fn started_by_others(&self) -> Option<ProcessIdentity> {
        let all = ProcessIdentity::with_option_file(&self.home.option_file());
        all.into_iter().find(ProcessIdentity::is_running)
    }
}

impl Drop for PrivateServer {
    fn drop(&mut self) {
        // Without its option file nobody can start the server once more.
        let _ = fs::remove_file(self.home.option_file());
        drop(self.process.take());
        while let Some(process) = self.started_by_others() {
            drop(ServerProcess::adopt(process));
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
