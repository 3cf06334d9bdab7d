//! The directory of one private server, and what lies where in it.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use crate::TestkitError;

/// The kernel's limit for the path of a socket, without the closing zero.
const SOCKET_PATH_LIMIT: usize = 107;

/// How much of an error log is quoted.
const LOG_LINES: usize = 25;
const LOG_BYTES: u64 = 16 * 1024;

/// Knows the files of one server.
#[derive(Debug, Clone)]
pub(crate) struct ServerHome {
    dir: PathBuf,
}

impl ServerHome {
    /// Takes an existing directory for a server.
    pub(crate) fn new(dir: PathBuf) -> Result<Self, TestkitError> {
        let home = Self { dir };
        if home.socket().as_os_str().len() > SOCKET_PATH_LIMIT {
            return Err(TestkitError::SocketPathTooLong(home.socket()));
        }
        fs::set_permissions(&home.dir, Permissions::from_mode(0o700))
            .map_err(TestkitError::file("protect", &home.dir))?;
        for dir in [home.temporary(), home.option_directory()] {
            fs::create_dir_all(&dir).map_err(TestkitError::file("create", &dir))?;
        }
        Ok(home)
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn option_file(&self) -> PathBuf {
        self.dir.join("my.cnf")
    }

    /// Directory of further option files, which a stock server includes.
    pub(crate) fn option_directory(&self) -> PathBuf {
        self.dir.join("conf.d")
    }

    pub(crate) fn datadir(&self) -> PathBuf {
        self.dir.join("data")
    }

    pub(crate) fn temporary(&self) -> PathBuf {
        self.dir.join("tmp")
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.join("server.sock")
    }

    pub(crate) fn error_log(&self) -> PathBuf {
        self.dir.join("error.log")
    }

    pub(crate) fn pid_file(&self) -> PathBuf {
        self.dir.join("server.pid")
    }

    /// File that says how far the server's clock is to be off; not there while it is right.
    pub(crate) fn clock_skew(&self) -> PathBuf {
        self.dir.join("clock-skew")
    }

    pub(crate) fn init_file(&self) -> PathBuf {
        self.dir.join("init.sql")
    }

    /// Returns how long the error log is, so that only what comes after is read later.
    pub(crate) fn log_length(&self) -> u64 {
        fs::metadata(self.error_log()).map_or(0, |data| data.len())
    }

    /// Returns the last lines of what was written to the error log after a position.
    pub(crate) fn log_since(&self, position: u64) -> String {
        let read = || -> std::io::Result<Vec<u8>> {
            let mut file = fs::File::open(self.error_log())?;
            let length = file.metadata()?.len();
            file.seek(SeekFrom::Start(position.max(length.saturating_sub(LOG_BYTES))))?;
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes)?;
            Ok(bytes)
        };
        let bytes = read().unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(LOG_LINES)..].join("\n")
    }
}

/// Writes a file that only its owner may read, in place of one that may be there.
pub(crate) fn write_private(path: &Path, text: &str) -> Result<(), TestkitError> {
    let write = || -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(path)?;
        file.set_permissions(Permissions::from_mode(0o600))?;
        file.write_all(text.as_bytes())
    };
    write().map_err(TestkitError::file("write", path))
}
