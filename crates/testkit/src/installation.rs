//! A server's programs on this machine, and how they are run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use crate::cache::servers_dirs;
use crate::release::version_number;
use crate::{Release, TestkitError};

/// Where distributions put the server's program.
const SYSTEM_SERVERS: [&str; 4] = [
    "/usr/sbin/mariadbd",
    "/usr/sbin/mysqld",
    "/usr/libexec/mariadbd",
    "/usr/libexec/mysqld",
];

/// Settings of the surroundings that would reach into a private server.
const FOREIGN_ENVIRONMENT: [&str; 6] = [
    "MYSQL_HOME",
    "MYSQL_GROUP_SUFFIX",
    "MYSQL_TCP_PORT",
    "MYSQL_UNIX_PORT",
    "MYSQL_PWD",
    "NOTIFY_SOCKET",
];

/// A server release whose programs are on this machine.
#[derive(Debug, Clone)]
pub struct Installation {
    release: Release,
    version: String,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    /// Installed by the system's packages.
    System { server: PathBuf },
    /// Unpacked from another suite; runs on its own loader and libraries, without a change of root.
    Tree { root: PathBuf },
}

impl Installation {
    /// Finds the programs of a release: the system's own if they are of that series, else an unpacked tree.
    ///
    /// # Errors
    /// [`TestkitError::NotInstalled`], which names the command that brings the release here.
    pub fn find(release: Release) -> Result<Self, TestkitError> {
        let of_system = system_servers()
            .iter()
            .find(|(_, version)| release.matches(version));
        if let Some((server, version)) = of_system {
            return Ok(Self::new(
                release,
                version,
                Kind::System {
                    server: server.clone(),
                },
            ));
        }
        for dir in servers_dirs() {
            let root = dir.join(release.name());
            // Written last by what makes the tree.
            if let Ok(version) = fs::read_to_string(root.join("version"))
                && release.matches(&version)
            {
                return Ok(Self::new(release, &version, Kind::Tree { root }));
            }
        }
        Err(TestkitError::NotInstalled {
            release,
            fix: fix(release),
        })
    }

    /// Returns the releases that are on this machine.
    pub fn all() -> Vec<Self> {
        Release::ALL
            .into_iter()
            .filter_map(|release| Self::find(release).ok())
            .collect()
    }

    fn new(release: Release, version: &str, kind: Kind) -> Self {
        let version = version_number(version).unwrap_or(release.series()).to_owned();
        Self {
            release,
            version,
            kind,
        }
    }

    /// Returns the release.
    pub fn release(&self) -> Release {
        self.release
    }

    /// Returns the full version as the server's program states it, such as `10.11.19-MariaDB-0+deb12u1`.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Builds the command that runs the server with one option file, and no other.
    pub fn server(&self, option_file: &Path) -> Command {
        let mut command = self.run(&self.server_program());
        // This one must stand first; the server does not look for it elsewhere.
        command.arg(format!("--defaults-file={}", option_file.display()));
        if let Kind::Tree { root } = &self.kind {
            command
                .arg(format!("--basedir={}", root.join("usr").display()))
                .arg(format!("--lc-messages-dir={}", self.share().display()))
                .arg(format!(
                    "--character-sets-dir={}",
                    self.share().join("charsets").display()
                ))
                .arg(format!("--plugin-dir={}", root.join(self.plugins()).display()));
        }
        if nix::unistd::geteuid().is_root() {
            command.arg("--user=root");
        }
        command
    }

    /// Builds the command of a client program that belongs to the release, such as `mariadb-dump`.
    ///
    /// `None` where this installation has no such program.
    pub fn client(&self, program: &str) -> Option<Command> {
        let path = match &self.kind {
            Kind::System { .. } => Path::new("/usr/bin").join(program),
            Kind::Tree { root } => root.join("usr/bin").join(program),
        };
        path.is_file().then(|| self.run(&path))
    }

    /// Returns the path of the server's program; a change of this file makes templates stale.
    pub(crate) fn server_program(&self) -> PathBuf {
        match &self.kind {
            Kind::System { server } => server.clone(),
            Kind::Tree { root } if self.release.is_mysql() => root.join("usr/sbin/mysqld"),
            Kind::Tree { root } => root.join("usr/sbin/mariadbd"),
        }
    }

    /// Returns the directory with messages, character sets and, for MariaDB, the SQL of the system tables.
    pub(crate) fn share(&self) -> PathBuf {
        let usr = match &self.kind {
            Kind::System { .. } => PathBuf::from("/usr"),
            Kind::Tree { root } => root.join("usr"),
        };
        let names = if self.release.is_mysql() {
            ["mysql", "mysql"]
        } else {
            ["mysql", "mariadb"]
        };
        let found = names
            .iter()
            .map(|name| usr.join("share").join(name))
            .find(|dir| dir.is_dir());
        found.unwrap_or_else(|| usr.join("share/mysql"))
    }

    fn plugins(&self) -> &'static str {
        match &self.kind {
            Kind::Tree { root } if root.join("usr/lib/mariadb/plugin").is_dir() => "usr/lib/mariadb/plugin",
            _ => "usr/lib/mysql/plugin",
        }
    }

    fn run(&self, program: &Path) -> Command {
        let mut command = match &self.kind {
            Kind::System { .. } => Command::new(program),
            Kind::Tree { root } => {
                let mut command = Command::new(root.join("loader"));
                command
                    .arg("--library-path")
                    .arg(root.join("libraries"))
                    .arg(program);
                command
            }
        };
        for variable in FOREIGN_ENVIRONMENT {
            command.env_remove(variable);
        }
        command.stdin(Stdio::null());
        command
    }
}

/// Asks the system's servers for their version, once in the life of this process.
fn system_servers() -> &'static [(PathBuf, String)] {
    static FOUND: OnceLock<Vec<(PathBuf, String)>> = OnceLock::new();
    FOUND.get_or_init(|| {
        let present = SYSTEM_SERVERS
            .iter()
            .map(PathBuf::from)
            .filter(|path| path.is_file());
        present
            .filter_map(|path| version_of(&path).map(|version| (path, version)))
            .collect()
    })
}

fn version_of(program: &Path) -> Option<String> {
    let output = Command::new(program)
        .args(["--no-defaults", "--version"])
        .stdin(Stdio::null())
        .output()
        .ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn fix(release: Release) -> String {
    match release {
        Release::MariaDb10_11 => {
            "on Debian 12, 'apt-get install mariadb-server-core' brings it without starting a service"
                .to_owned()
        }
        _ => format!(
            "'make servers' in a checkout of dbha brings it, run as root ('tests/servers/fetch {release}')"
        ),
    }
}
