//! Where receipts are kept: one file a set-up, written whole or not at all.

use super::{Receipt, ReceiptState, SCHEMA_VERSION};
use crate::Both;
use dbha_sql::Facts;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use sha1::{Digest, Sha1};
use std::{
    fs, io,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::{Path, PathBuf},
};

/// A receipt that cannot be used, by the name of its file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// The file or its directory cannot be read.
    #[error("cannot read {}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file or its directory cannot be written.
    #[error("cannot write {}", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is not what dbha wrote.
    #[error("the receipt {} is damaged: {text}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        text: String,
    },
    /// A newer dbha wrote the file.
    #[error("the receipt {} has form {form}, and this dbha knows forms up to {SCHEMA_VERSION}", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its form.
        form: u32,
    },
    /// The receipt is about other servers.
    #[error("the receipt {} is about other servers: {text}", .path.display())]
    OtherServers {
        /// The file.
        path: PathBuf,
        /// Which.
        text: String,
    },
    /// No receipt is about these servers.
    #[error("there is no receipt of these servers in {}", .directory.display())]
    None {
        /// Where it was looked for.
        directory: PathBuf,
    },
    /// What the receipt records was taken back already.
    #[error("what the receipt {} records was taken back already", .path.display())]
    Undone {
        /// The file.
        path: PathBuf,
    },
}

impl ReceiptError {
    /// Returns what to do.
    pub fn fix(&self) -> String {
        match self {
            ReceiptError::Unreadable { .. } => {
                "check its permissions, or give another directory with --state-dir".into()
            }
            ReceiptError::Unwritable { .. } => {
                "make room, or name a directory that can be written with --state-dir; nothing is changed without a receipt"
                    .into()
            }
            ReceiptError::Damaged { path, .. } => format!(
                "move {} away; dbha setup works without it, dbha undo can take back only what other receipts record",
                path.display()
            ),
            ReceiptError::Newer { .. } => "use the dbha that wrote it, or a newer one".into(),
            ReceiptError::OtherServers { .. } => {
                "give the servers that it is about, in the same order as for the set-up".into()
            }
            ReceiptError::None { .. } => {
                "give the directory of the set-up with --state-dir, or the file with --receipt".into()
            }
            ReceiptError::Undone { .. } => "nothing is left to do".into(),
        }
    }
}

/// The file: a form, a checksum, and the receipt as it was written.
#[derive(Serialize, Deserialize)]
struct Envelope {
    schema_version: u32,
    checksum: String,
    receipt: Box<RawValue>,
}

/// What is read first, so that a newer form is told from damage.
#[derive(Deserialize)]
struct Form {
    schema_version: u32,
}

/// A receipt and its file.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredReceipt {
    /// The file.
    pub path: PathBuf,
    /// What it says.
    pub receipt: Receipt,
}

impl StoredReceipt {
    /// Reads one file; refuses what is damaged or of a newer form.
    pub fn read(path: &Path) -> Result<Self, ReceiptError> {
        let text = fs::read_to_string(path).map_err(|source| match source.kind() {
            io::ErrorKind::InvalidData => damaged(path, "it is no text"),
            _ => ReceiptError::Unreadable {
                path: path.to_owned(),
                source,
            },
        })?;
        let receipt = parse(path, &text)?;
        Ok(Self {
            path: path.to_owned(),
            receipt,
        })
    }

    /// Writes the receipt back to its file.
    pub(crate) fn write(&self) -> Result<(), ReceiptError> {
        write_whole(&self.path, &self.receipt).map_err(|source| ReceiptError::Unwritable {
            path: self.path.clone(),
            source,
        })
    }

    /// Refuses a receipt of other servers, and one that was taken back already.
    pub(crate) fn for_undoing(self, facts: &Both<Facts>) -> Result<Self, ReceiptError> {
        if !self.receipt.is_about(facts) {
            let named = self
                .receipt
                .before
                .map(|_, before| format!("{} at {}", before.name, before.address));
            return Err(ReceiptError::OtherServers {
                path: self.path,
                text: format!("{} and {}", named.primary, named.secondary),
            });
        }
        match self.receipt.state {
            ReceiptState::Undone => Err(ReceiptError::Undone { path: self.path }),
            _ => Ok(self),
        }
    }
}

/// The directory in which receipts are kept.
#[derive(Debug, Clone)]
pub struct ReceiptStore {
    directory: PathBuf,
}

impl ReceiptStore {
    /// Names the store below a state directory; nothing is made yet.
    pub fn below(state_directory: &Path) -> Self {
        Self {
            directory: state_directory.join("receipts"),
        }
    }

    /// Writes a receipt so that a crash leaves the old file or the new one: to a new name, to the disk, then renamed.
    pub fn write(&self, receipt: &Receipt) -> Result<PathBuf, ReceiptError> {
        // The run's name is made by dbha; the moment before it sorts files by age.
        let path = self.directory.join(format!(
            "{:013}-{}.json",
            receipt.began_at_ms,
            plain(&receipt.run)
        ));
        let made = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.directory);
        match made.and_then(|()| write_whole(&path, receipt)) {
            Ok(()) => Ok(path),
            Err(source) => Err(ReceiptError::Unwritable { path, source }),
        }
    }

    /// Finds the newest receipt of these servers that was not taken back.
    ///
    /// A damaged file that is newer than every fitting one is an error: it may be the one that is looked for.
    pub fn newest_of(&self, facts: &Both<Facts>) -> Result<Option<StoredReceipt>, ReceiptError> {
        for path in self.files()?.into_iter().rev() {
            let stored = StoredReceipt::read(&path)?;
            if stored.receipt.state != ReceiptState::Undone && stored.receipt.is_about(facts) {
                return Ok(Some(stored));
            }
        }
        Ok(None)
    }

    /// Lists the receipts, oldest first.
    fn files(&self) -> Result<Vec<PathBuf>, ReceiptError> {
        let entries = match fs::read_dir(&self.directory) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
            Err(source) => {
                let path = self.directory.clone();
                return Err(ReceiptError::Unreadable { path, source });
            }
        };
        let mut files: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
            .collect();
        files.sort();
        Ok(files)
    }

    /// Returns the directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }
}

/// Writes beside the file, sees it to the disk, and renames it.
fn write_whole(path: &Path, receipt: &Receipt) -> io::Result<()> {
    let body = serde_json::to_string_pretty(receipt)?;
    let envelope = Envelope {
        schema_version: SCHEMA_VERSION,
        checksum: checksum(&body),
        receipt: RawValue::from_string(body)?,
    };
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    let written = (|| {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        file.write_all(&serde_json::to_vec_pretty(&envelope)?)?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
    })();
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn parse(path: &Path, text: &str) -> Result<Receipt, ReceiptError> {
    let form: Form = serde_json::from_str(text).map_err(|error| damaged(path, error.to_string()))?;
    if form.schema_version > SCHEMA_VERSION {
        return Err(ReceiptError::Newer {
            path: path.to_owned(),
            form: form.schema_version,
        });
    }
    let envelope: Envelope = serde_json::from_str(text).map_err(|error| damaged(path, error.to_string()))?;
    if envelope.checksum != checksum(envelope.receipt.get()) {
        return Err(damaged(path, "its checksum is another"));
    }
    let receipt: Receipt =
        serde_json::from_str(envelope.receipt.get()).map_err(|error| damaged(path, error.to_string()))?;
    match receipt.is_whole() {
        true => Ok(receipt),
        false => Err(damaged(path, "it does not name two servers and two links")),
    }
}

fn damaged(path: &Path, text: impl Into<String>) -> ReceiptError {
    ReceiptError::Damaged {
        path: path.to_owned(),
        text: text.into(),
    }
}

fn checksum(body: &str) -> String {
    let digest = Sha1::digest(body.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Keeps letters and digits: a name that comes from elsewhere must not lead out of the directory.
fn plain(run: &str) -> String {
    run.chars().filter(char::is_ascii_alphanumeric).collect()
}
