use std::{
    io,
    path::{Path, PathBuf},
};

/// A directory or a file of a dump that cannot be used, by its name.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// A dump would mix with what is there.
    #[error("{} is not empty: it holds {example}", .path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
        /// One of the things in it.
        example: String,
    },
    /// Another dbha writes into the directory.
    #[error("another dbha is writing a dump into {}", .path.display())]
    Busy {
        /// The directory.
        path: PathBuf,
    },
    /// The operating system refused.
    #[error("cannot {doing} {}", .path.display())]
    Io {
        /// What was being done: `write`.
        doing: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is no dump.
    #[error("{} holds no dump of dbha", .path.display())]
    NoDump {
        /// The directory.
        path: PathBuf,
    },
    /// The dump was cut off: it has no manifest, which is written last.
    #[error("the dump in {} was cut off before its end", .path.display())]
    Unfinished {
        /// The directory.
        path: PathBuf,
    },
    /// A newer dbha wrote it.
    #[error("{} has form {form}, and this dbha knows forms up to {known}", .path.display())]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its form.
        form: u32,
        /// The newest form that is known here.
        known: u32,
    },
    /// A file is not what was written.
    #[error("{} is damaged: {text}", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        text: String,
    },
    /// A file is not there.
    #[error("{} is missing", .path.display())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// Something is there that is no part of the dump.
    #[error("{} is no file of this dump", .path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
}

impl ArchiveError {
    /// Returns what to do.
    pub fn fix(&self) -> String {
        match self {
            ArchiveError::NotEmpty { .. } => "name a directory that is empty or does not exist yet".into(),
            ArchiveError::Busy { .. } => "wait until it is done, or name another directory".into(),
            ArchiveError::Io { source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                "make room there, or name a directory on another disk".into()
            }
            ArchiveError::Io { .. } => "check the directory, its disk and its permissions".into(),
            ArchiveError::NoDump { .. } => "name the directory that `dbha dump` wrote".into(),
            ArchiveError::Unfinished { path } => {
                format!("make it anew: dbha dump --from SERVER {}", path.display())
            }
            ArchiveError::Newer { .. } => "use the dbha that wrote it, or a newer one".into(),
            ArchiveError::Damaged { .. } | ArchiveError::Missing { .. } => {
                "copy that file again from where the dump was made, or make a new dump".into()
            }
            ArchiveError::Foreign { .. } => "move it away; a dump has its directory for itself".into(),
        }
    }

    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| ArchiveError::Io { doing, path, source }
    }

    pub(super) fn damaged(path: &Path, text: impl Into<String>) -> Self {
        ArchiveError::Damaged {
            path: path.to_owned(),
            text: text.into(),
        }
    }
}
