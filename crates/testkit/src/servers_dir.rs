//! Where unpacked servers and templates are kept.

use std::env;
use std::path::PathBuf;

/// Returns the directory of the unpacked servers; `tests/servers/fetch` finds it in the same way.
///
/// `DBHA_SERVERS_DIR`, else below `XDG_CACHE_HOME`, else `/var/cache` for root and `~/.cache` for others.
pub(crate) fn servers_dir() -> PathBuf {
    if let Some(dir) = set("DBHA_SERVERS_DIR") {
        return dir;
    }
    let cache = set("XDG_CACHE_HOME").unwrap_or_else(|| match set("HOME") {
        Some(home) if !nix::unistd::geteuid().is_root() => home.join(".cache"),
        _ => PathBuf::from("/var/cache"),
    });
    cache.join("dbha/servers")
}

fn set(variable: &str) -> Option<PathBuf> {
    env::var_os(variable)
        .filter(|value| !value.is_empty())
        .map(PathBuf::from)
}
