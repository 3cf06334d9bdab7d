//! A real sshd on the loopback, with keys and configurations of its own; it ends with the test.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::sleep;

const PROGRAM: &str = "/usr/sbin/sshd";

/// How a client's configuration calls this machine.
const ALIAS: &str = "machine-of-the-pair";

pub(crate) struct Sshd {
    directory: TempDir,
    port: u16,
    child: Child,
}

impl Sshd {
    /// Starts it; `None` where there is no sshd, or it does not come up.
    pub(crate) async fn start() -> Option<Self> {
        if !Path::new(PROGRAM).exists() || !Path::new("/usr/bin/ssh").exists() {
            return None;
        }
        // Without a service nobody has made the directory into which sshd locks its unprivileged part.
        fs::create_dir_all("/run/sshd").ok()?;
        let directory = tempfile::Builder::new().prefix("dbha-sshd-").tempdir().unwrap();
        let port = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .unwrap()
            .port();
        make_keys(directory.path());
        configure(directory.path(), port);
        let child = Command::new(PROGRAM)
            .arg("-D")
            .arg("-f")
            .arg(directory.path().join("sshd_config"))
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let sshd = Self {
            directory,
            port,
            child,
        };
        for _ in 0..100 {
            if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return Some(sshd);
            }
            sleep(Duration::from_millis(50)).await;
        }
        None
    }

    /// Returns the host's name in the client's configuration.
    pub(crate) fn alias(&self) -> &str {
        ALIAS
    }

    /// Returns the file for `ssh -F`.
    pub(crate) fn client_configuration(&self) -> PathBuf {
        self.directory.path().join("ssh_config")
    }

    /// Puts the machine's key among those that the client knows, as somebody does who has compared it.
    pub(crate) fn make_key_known(&self) {
        let key = fs::read_to_string(self.directory.path().join("host.pub")).unwrap();
        let line = format!("[127.0.0.1]:{} {key}", self.port);
        fs::write(self.directory.path().join("known_hosts"), line).unwrap();
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn make_keys(directory: &Path) {
    for key in ["host", "client"] {
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(directory.join(key))
            .status();
        assert!(made.unwrap().success());
    }
    fs::copy(directory.join("client.pub"), directory.join("authorized_keys")).unwrap();
}

fn configure(directory: &Path, port: u16) {
    let path = |name: &str| directory.join(name).display().to_string();
    // bash reads .bashrc for every command over ssh; what root of this machine has there is not tested here, and slow.
    let server = format!(
        "ListenAddress 127.0.0.1\nPort {port}\nHostKey {}\nAuthorizedKeysFile {}\nPidFile {}\nStrictModes no\n\
         UsePAM no\nPasswordAuthentication no\nPermitRootLogin prohibit-password\nSetEnv HOME={}\n",
        path("host"),
        path("authorized_keys"),
        path("sshd.pid"),
        path("no-home"),
    );
    let client = format!(
        "Host {ALIAS}\nHostName 127.0.0.1\nPort {port}\nUser root\nIdentityFile {}\nIdentitiesOnly yes\n\
         UserKnownHostsFile {}\nGlobalKnownHostsFile none\n",
        path("client"),
        path("known_hosts"),
    );
    fs::write(directory.join("sshd_config"), server).unwrap();
    fs::write(directory.join("ssh_config"), client).unwrap();
}
