//! The config file: named servers, and what the monitor watches and tells.

use crate::exit::Failure;
use dbha_core::HostAccess;
use serde::Deserialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// A config file, as it is written.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `[server.NAME]`.
    #[serde(default)]
    pub server: BTreeMap<String, ServerConfig>,
    /// `[pair.NAME]`, for the monitor.
    #[serde(default)]
    pub pair: BTreeMap<String, PairConfig>,
    /// `[[alert]]`, for the monitor.
    #[serde(default)]
    pub alert: Vec<AlertConfig>,
}

/// One pair that the monitor watches.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct PairConfig {
    /// One server: a name, or any form of a SERVER.
    pub primary: String,
    /// The other one.
    pub secondary: String,
    /// Whether heartbeats are written.
    pub heartbeat: Option<bool>,
    /// Whether what is safe to mend is mended.
    pub heal: Option<bool>,
    /// From which lag on a link counts as lagging.
    pub max_lag: Option<String>,
    /// Time between two looks.
    pub tick: Option<String>,
}

/// One place to which alerts go.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct AlertConfig {
    /// Address of a webhook.
    pub webhook: Option<String>,
    /// File with that address, where it is a secret itself.
    pub webhook_file: Option<PathBuf>,
    /// File with the bearer token for it.
    pub token_file: Option<PathBuf>,
    /// File with the CA certificates that alone are trusted for it.
    pub ssl_ca: Option<PathBuf>,
    /// A program with its arguments.
    pub command: Option<Vec<String>>,
}

/// One named server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct ServerConfig {
    /// Any form of a SERVER but a name.
    pub address: String,
    /// Account.
    pub user: Option<String>,
    /// File with the password.
    pub password_file: Option<PathBuf>,
    /// TLS mode.
    pub ssl_mode: Option<String>,
    /// CA file.
    pub ssl_ca: Option<PathBuf>,
    /// Way to its machine.
    pub host_access: Option<HostAccess>,
}

impl Config {
    /// Returns the file that was named, else ./dbha.toml, else ~/.config/dbha/config.toml, else nothing.
    pub fn place(named: Option<&Path>) -> Option<PathBuf> {
        match named {
            Some(path) => Some(path.to_owned()),
            None => places().into_iter().find(|path| path.exists()),
        }
    }

    /// Reads the file that [`Config::place`] finds; nothing where there is none.
    pub fn read(named: Option<&Path>) -> Result<Self, Failure> {
        let Some(path) = Self::place(named) else {
            return Ok(Self::default());
        };
        let text = std::fs::read_to_string(&path).map_err(|error| {
            Failure::usage(
                format!("cannot read the config file {}: {error}", path.display()),
                "check --config",
            )
        })?;
        toml::from_str(&text).map_err(|error| {
            Failure::usage(
                format!("the config file {} is wrong: {}", path.display(), error.message()),
                "it has [server.NAME] with address, user, password-file, ssl-mode, ssl-ca, host-access; for the monitor \
                 [pair.NAME] with primary, secondary, heartbeat, heal, max-lag, tick; [[alert]] with webhook or command",
            )
        })
    }
}

fn places() -> Vec<PathBuf> {
    let mut places = vec![PathBuf::from("dbha.toml")];
    if let Some(home) = std::env::var_os("HOME") {
        places.push(PathBuf::from(home).join(".config/dbha/config.toml"));
    }
    places
}
