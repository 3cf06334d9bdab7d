//! Where dbha keeps its things.

use std::path::PathBuf;

/// Returns the directory that was named, else /var/lib/dbha for root and $XDG_STATE_HOME/dbha for others.
pub fn state_dir(named: Option<&PathBuf>) -> PathBuf {
    if let Some(dir) = named {
        return dir.clone();
    }
    let home = || {
        std::env::var_os("HOME")
            .map(PathBuf::from)
            .unwrap_or_else(|| PathBuf::from("."))
    };
    match is_root() {
        true => PathBuf::from("/var/lib/dbha"),
        false => {
            let base = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from);
            base.unwrap_or_else(|| home().join(".local/state")).join("dbha")
        }
    }
}

fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // The owner of this process's entry is its effective user.
    std::fs::metadata("/proc/self").is_ok_and(|metadata| metadata.uid() == 0)
}
