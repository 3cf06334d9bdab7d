//! A pair of servers that outlives the process which made it: what is known of it.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::home::{ServerHome, write_private};
use crate::{ProcessIdentity, Release, ServerOptions, TestkitError};

/// The version of `sandbox.json`; readers refuse none that they can parse.
pub(crate) const SCHEMA_VERSION: u32 = 1;

/// Options of the two servers of a sandbox.
#[derive(Debug, Clone, Default)]
pub struct SandboxOptions {
    /// For the primary's option file.
    pub primary: ServerOptions,
    /// For the secondary's option file.
    pub secondary: ServerOptions,
}

/// Describes a sandbox as it lies in `sandbox.json`; it holds no password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SandboxInfo {
    /// The version of this document.
    pub schema_version: u32,
    /// The sandbox's name.
    pub name: String,
    /// The release of both servers.
    pub release: Release,
    /// The exact version of both servers.
    pub version: String,
    /// Where everything of it lies.
    pub directory: PathBuf,
    /// The server that is to have the data.
    pub primary: SandboxServer,
    /// The server that is to follow it.
    pub secondary: SandboxServer,
}

/// Describes one server of a sandbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SandboxServer {
    /// `primary` or `secondary`.
    pub role: String,
    /// The port on 127.0.0.1.
    pub port: u16,
    /// The socket.
    pub socket: PathBuf,
    /// The server's option file.
    pub option_file: PathBuf,
    /// The error log.
    pub error_log: PathBuf,
    /// The file with root's password, readable for its owner only.
    pub password_file: PathBuf,
    /// An option file for clients with user, password and address: `mariadb --defaults-file=…`.
    pub client_option_file: PathBuf,
    /// The server's process as it was started.
    pub process: ProcessIdentity,
}

impl SandboxInfo {
    /// Returns the two servers, the primary first.
    pub fn servers(&self) -> [&SandboxServer; 2] {
        [&self.primary, &self.secondary]
    }

    /// Returns the path of the file for a sandbox's directory.
    pub(crate) fn file(directory: &Path) -> PathBuf {
        directory.join("sandbox.json")
    }

    pub(crate) fn read(directory: &Path) -> Result<Self, TestkitError> {
        let path = Self::file(directory);
        let text = fs::read(&path).map_err(TestkitError::file("read", &path))?;
        serde_json::from_slice(&text).map_err(|source| TestkitError::SandboxFile { path, source })
    }

    /// Writes the file whole or not at all.
    pub(crate) fn write(&self) -> Result<(), TestkitError> {
        let path = Self::file(&self.directory);
        let text = serde_json::to_string_pretty(self);
        let text = text.map_err(|source| TestkitError::SandboxFile {
            path: path.clone(),
            source,
        })?;
        let unfinished = path.with_extension("tmp");
        write_private(&unfinished, &format!("{text}\n"))?;
        fs::rename(&unfinished, &path).map_err(TestkitError::file("rename", &unfinished))
    }
}

impl SandboxServer {
    pub(crate) fn new(role: &str, home: &ServerHome, port: u16, process: ProcessIdentity) -> Self {
        Self {
            role: role.to_owned(),
            port,
            socket: home.socket(),
            option_file: home.option_file(),
            error_log: home.error_log(),
            password_file: home.dir().join("password"),
            client_option_file: home.dir().join("client.cnf"),
            process,
        }
    }

    /// Returns `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Tells whether the server runs, also where somebody started it anew.
    pub fn is_running(&self) -> bool {
        let others = || ProcessIdentity::with_option_file(&self.option_file);
        self.process.is_running() || others().iter().any(ProcessIdentity::is_running)
    }

    /// Reads root's password from its file.
    ///
    /// # Errors
    /// [`TestkitError::File`] when it cannot be read.
    pub fn root_password(&self) -> Result<String, TestkitError> {
        let text = fs::read_to_string(&self.password_file);
        Ok(text
            .map_err(TestkitError::file("read", &self.password_file))?
            .trim_end()
            .to_owned())
    }

    /// Returns `mysql://root:PASSWORD@127.0.0.1:PORT/`.
    ///
    /// # Errors
    /// As [`SandboxServer::root_password`].
    pub fn url(&self) -> Result<String, TestkitError> {
        Ok(format!(
            "mysql://root:{}@{}/",
            self.root_password()?,
            self.address()
        ))
    }

    /// Writes the files that a person's client logs in with.
    pub(crate) fn write_credentials(&self, password: &str) -> Result<(), TestkitError> {
        write_private(&self.password_file, &format!("{password}\n"))?;
        let port = self.port;
        let client =
            format!("[client]\nuser=root\npassword={password}\nhost=127.0.0.1\nport={port}\nprotocol=tcp\n");
        write_private(&self.client_option_file, &client)
    }
}
