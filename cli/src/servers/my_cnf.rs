//! Where the option file with the client's account lies.

use super::password::refuse_if_open;
use crate::exit::Failure;
use dbha_core::ClientOptions;
use std::path::{Path, PathBuf};

/// Reads the file that was named, else ~/.my.cnf where there is one; a file that others can read is refused (scenario 8).
pub fn read(named: Option<&Path>) -> Result<ClientOptions, Failure> {
    let path = match named {
        Some(path) => path.to_owned(),
        None => match std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".my.cnf")) {
            Some(path) if path.exists() => path,
            _ => return Ok(ClientOptions::default()),
        },
    };
    refuse_if_open(&path)?;
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Failure::usage(
            format!("cannot read the option file {}: {error}", path.display()),
            "check --defaults-file",
        )
    })?;
    Ok(ClientOptions::parse(&text))
}
