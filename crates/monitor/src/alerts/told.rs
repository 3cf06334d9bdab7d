//! What was told as begun and not as over, in a file, so that a restart of the monitor tells nothing twice.

use super::{chooser::Chooser, open::Key};
use crate::Standing;
use serde::{Deserialize, Serialize};
use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

#[derive(Serialize, Deserialize)]
struct Line {
    #[serde(flatten)]
    key: Key,
    text: String,
    fix: String,
    since: f64,
}

/// The file.
#[derive(Debug, Clone)]
pub(super) struct Told(PathBuf);

impl Told {
    pub(super) fn in_directory(directory: &Path) -> Self {
        Self(directory.join("told.json"))
    }

    /// Reads what an earlier run told; a file that is missing or damaged holds nothing.
    pub(super) fn read(&self) -> Vec<(Key, Standing)> {
        let lines = fs::read(&self.0).ok();
        let lines = lines.and_then(|bytes| serde_json::from_slice::<Vec<Line>>(&bytes).ok());
        let told = |line: Line| {
            let standing = Standing {
                code: line.key.code,
                server: line.key.server.clone(),
                text: line.text,
                fix: line.fix,
                since: line.since,
            };
            (line.key, standing)
        };
        lines.unwrap_or_default().into_iter().map(told).collect()
    }

    /// What is to be written, as bytes.
    pub(super) fn bytes(chooser: &Chooser) -> Vec<u8> {
        let line = |(key, standing): (&Key, &Standing)| Line {
            key: key.clone(),
            text: standing.text.clone(),
            fix: standing.fix.clone(),
            since: standing.since,
        };
        let lines: Vec<Line> = chooser.told().map(line).collect();
        serde_json::to_vec(&lines).unwrap_or_default()
    }

    /// Writes the file beside the old one and puts it in its place.
    pub(super) fn write(&self, bytes: &[u8]) -> io::Result<()> {
        if let Some(directory) = self.0.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        }
        let new = self.0.with_extension("new");
        let mut file = OpenOptions::new()
            .create(true)
            .truncate(true)
            .write(true)
            .mode(0o600)
            .open(&new)?;
        file.write_all(bytes)?;
        fs::rename(new, &self.0)
    }
}
