//! Files that only their owner may read.

use std::{
    fs, io,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// Writes a file, whole or not at all; one that is there is replaced.
pub fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let beside = beside(path);
    let written = (|| {
        let _ = fs::remove_file(&beside);
        fill(&beside, text)?;
        fs::rename(&beside, path)
    })();
    written.inspect_err(|_| {
        let _ = fs::remove_file(&beside);
    })
}

/// Writes a file that must not be there yet.
pub fn write_new(path: &Path, text: &[u8]) -> io::Result<()> {
    fill(path, text)
}

fn fill(path: &Path, text: &[u8]) -> io::Result<()> {
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text)?;
    file.sync_all()
}

fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(format!(".{}.tmp", std::process::id()));
    path.with_file_name(name)
}
