//! A private etcd: the third vote of an automatic failover.

mod cluster;
mod health;
mod options;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use nix::sys::signal::Signal;
use tempfile::TempDir;

use crate::bond::Bond;
use crate::clock::ask_until;
use crate::home::ServerHome;
use crate::port::free_port;
use crate::process::ServerProcess;
use crate::{ProcessIdentity, TestkitError};

pub use cluster::EtcdCluster;
pub use options::{EtcdOptions, EtcdTls};

/// How long a member may take until it answers; its first start writes files of 64 MB.
const START_LIMIT: Duration = Duration::from_secs(60);
/// Another process may take a port between the choice and the start.
const TRIES: usize = 5;

/// One member of an etcd cluster, most often its only one: a process on free loopback ports, in a directory of its own.
///
/// Dropped, also by a panic, it is killed and its directory removed. It dies with this process.
#[derive(Debug)]
pub struct Etcd {
    // Before the directory: a process must be gone before its files are.
    process: Option<ServerProcess>,
    home: ServerHome,
    name: String,
    ports: Ports,
    options: EtcdOptions,
    _directory: TempDir,
}

/// The ports of a member.
#[derive(Debug, Clone, Copy)]
struct Ports {
    client: u16,
    peer: u16,
    health: u16,
}

impl Ports {
    fn choose() -> Result<Self, TestkitError> {
        Ok(Self {
            client: free_port()?,
            peer: free_port()?,
            health: free_port()?,
        })
    }
}

impl Etcd {
    /// Finds the program `etcd` on this machine.
    pub fn program() -> Option<PathBuf> {
        let path = std::env::var_os("PATH")?;
        let candidates = std::env::split_paths(&path).map(|directory| directory.join("etcd"));
        let usual = ["/usr/bin/etcd", "/usr/local/bin/etcd"].map(PathBuf::from);
        candidates.chain(usual).find(|program| program.is_file())
    }

    /// Starts a cluster of one member and waits until it answers.
    ///
    /// # Errors
    /// [`TestkitError::NoEtcd`] where the program is missing, otherwise why it did not start, with the end of its log.
    pub async fn start(options: &EtcdOptions) -> Result<Self, TestkitError> {
        for _ in 1..TRIES {
            match Self::start_once(options).await {
                Err(TestkitError::EtcdStart { .. }) => {}
                done => return done,
            }
        }
        Self::start_once(options).await
    }

    async fn start_once(options: &EtcdOptions) -> Result<Self, TestkitError> {
        let mut member = Self::prepare("alone", Ports::choose()?, options)?;
        let cluster = member.peer_entry();
        member.launch(&cluster)?;
        member.wait_until_healthy(START_LIMIT).await?;
        Ok(member)
    }

    fn prepare(name: &str, ports: Ports, options: &EtcdOptions) -> Result<Self, TestkitError> {
        let parent = std::env::temp_dir();
        let directory = tempfile::Builder::new().prefix("dbha-etcd-").tempdir();
        let directory = directory.map_err(TestkitError::file("create a directory in", &parent))?;
        let home = ServerHome::new(directory.path().to_owned())?;
        if let Some(tls) = &options.tls {
            tls.write(home.dir())?;
        }
        Ok(Self {
            process: None,
            home,
            name: name.to_owned(),
            ports,
            options: options.clone(),
            _directory: directory,
        })
    }

    fn launch(&mut self, cluster: &str) -> Result<(), TestkitError> {
        let program = Self::program().ok_or(TestkitError::NoEtcd)?;
        let mut command = Command::new(program);
        let peer = format!("http://127.0.0.1:{}", self.ports.peer);
        let health = format!("http://127.0.0.1:{}", self.ports.health);
        command
            .args(["--name", &self.name])
            .arg("--data-dir")
            .arg(self.home.datadir())
            .args([
                "--listen-peer-urls",
                &peer,
                "--initial-advertise-peer-urls",
                &peer,
            ])
            .args([
                "--listen-client-urls",
                &self.url(),
                "--advertise-client-urls",
                &self.url(),
            ])
            .args(["--listen-metrics-urls", &health])
            .args(["--initial-cluster", cluster])
            .args(self.options.timing_words())
            // Its own surroundings may hold ETCD_… of another one.
            .env_clear();
        if self.options.tls.is_some() {
            command.args(EtcdTls::words(self.home.dir()));
        }
        self.process = Some(ServerProcess::spawn(command, &self.home, Bond::DiesWithParent)?);
        Ok(())
    }

    /// Returns `NAME=URL` of the member for the others.
    fn peer_entry(&self) -> String {
        format!("{}=http://127.0.0.1:{}", self.name, self.ports.peer)
    }

    async fn wait_until_healthy(&mut self, limit: Duration) -> Result<(), TestkitError> {
        let port = self.ports.health;
        let process = &mut self.process;
        let healthy = ask_until(limit, || {
            let ended = process.as_mut().map_or(Ok(true), ServerProcess::has_ended);
            async move {
                match ended? {
                    true => Ok(Some(false)),
                    false => Ok::<_, TestkitError>(health::is_healthy(port).await.then_some(true)),
                }
            }
        });
        match healthy.await? {
            Some(true) => Ok(()),
            _ => Err(TestkitError::EtcdStart {
                limit,
                log: self.home.log_since(0),
            }),
        }
    }

    /// Returns the URL for clients.
    pub fn url(&self) -> String {
        let scheme = if self.options.tls.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://127.0.0.1:{}", self.ports.client)
    }

    /// Returns `127.0.0.1:PORT` for clients.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.ports.client)
    }

    /// Returns the directory with its files, those of TLS among them.
    pub fn directory(&self) -> &Path {
        self.home.dir()
    }

    /// Returns the number of the process while it runs.
    pub fn pid(&self) -> Option<u32> {
        let pid = self.process.as_ref()?.pid();
        ProcessIdentity::of(pid).filter(ProcessIdentity::is_running)?;
        Some(pid)
    }

    /// Kills it as a power failure would.
    ///
    /// # Errors
    /// When it cannot be signalled, or does not end.
    pub async fn kill(&mut self) -> Result<(), TestkitError> {
        match self.process.take() {
            Some(mut process) => process.kill().await,
            None => Ok(()),
        }
    }

    /// Starts it again on its ports with what it had stored, without waiting until it answers.
    ///
    /// # Errors
    /// When the program cannot be run.
    pub fn start_again(&mut self) -> Result<(), TestkitError> {
        // What it is told of the cluster counts at the first start alone.
        let cluster = self.peer_entry();
        self.launch(&cluster)
    }

    /// Waits until it answers, which takes a majority.
    ///
    /// # Errors
    /// [`TestkitError::EtcdStart`] when it does not within a minute.
    pub async fn wait_until_answering(&mut self) -> Result<(), TestkitError> {
        self.wait_until_healthy(START_LIMIT).await
    }

    /// Stops it where it is: connections stay open and nothing answers.
    ///
    /// # Errors
    /// [`TestkitError::NotRunning`] when it does not run.
    pub fn freeze(&self) -> Result<(), TestkitError> {
        self.signal(Signal::SIGSTOP)
    }

    /// Lets it go on.
    ///
    /// # Errors
    /// As [`Etcd::freeze`].
    pub fn thaw(&self) -> Result<(), TestkitError> {
        self.signal(Signal::SIGCONT)
    }

    fn signal(&self, signal: Signal) -> Result<(), TestkitError> {
        self.process
            .as_ref()
            .ok_or(TestkitError::NotRunning)?
            .signal(signal)
    }
}
