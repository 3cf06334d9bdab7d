//! Where unpacked servers and templates are kept.

use std::env;
use std::path::PathBuf;

/// Where root unpacks servers, for every user of the machine to run.
const OF_THE_MACHINE: &str = "/var/cache";

/// Returns the directories that may hold unpacked servers, as `tests/servers/fetch` uses them.
///
/// `DBHA_SERVERS_DIR` alone if it is set; else that of the user's cache, and that of the machine's.
pub(crate) fn servers_dirs() -> Vec<PathBuf> {
    if let Some(dir) = set("DBHA_SERVERS_DIR") {
        return vec![dir];
    }
    let mut dirs = vec![
        of_the_user().join("servers"),
        PathBuf::from(OF_THE_MACHINE).join("dbha/servers"),
    ];
    dirs.dedup();
    dirs
}

/// Returns the directory of the templates, which is the user's own: a server owns its files.
pub(crate) fn templates_dir() -> PathBuf {
    of_the_user().join("templates")
}

/// Below `XDG_CACHE_HOME`, else `/var/cache` for root and `~/.cache` for others.
fn of_the_user() -> PathBuf {
    let cache = set("XDG_CACHE_HOME").unwrap_or_else(|| match set("HOME") {
        Some(home) if !nix::unistd::geteuid().is_root() => home.join(".cache"),
        _ => PathBuf::from(OF_THE_MACHINE),
    });
    cache.join("dbha")
}

fn set(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
