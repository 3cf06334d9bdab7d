use super::ArchiveError;
use std::{
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

/// The file that makes a directory a dump; written last.
const MANIFEST: &str = "manifest.json";
/// The manifest while it is written.
const MANIFEST_TO_BE: &str = "manifest.json.tmp";
/// The file that says: a dump is being made here; locked by whoever makes it.
const UNFINISHED: &str = "unfinished";

/// Returns the manifest's path in a directory.
pub(super) fn manifest_in(directory: &Path) -> PathBuf {
    directory.join(MANIFEST)
}

/// Returns the path of a chunk; the number is all that a manifest knows of it.
pub(super) fn chunk_in(directory: &Path, number: u32) -> PathBuf {
    directory.join(chunk_name(number))
}

/// Returns the name of a chunk's file.
pub(super) fn chunk_name(number: u32) -> String {
    format!("chunk-{number:08}.zst")
}

/// Tells whether a name is one that a dump gives to its files.
fn is_own_name(name: &str) -> bool {
    let number = name
        .strip_prefix("chunk-")
        .and_then(|rest| rest.strip_suffix(".zst"))
        .and_then(|digits| digits.parse().ok());
    number.is_some_and(|number| chunk_name(number) == name)
        || [MANIFEST, MANIFEST_TO_BE, UNFINISHED].contains(&name)
}

/// A directory in which a dump is being made; nobody else can make one there meanwhile.
pub(super) struct NewDirectory {
    path: PathBuf,
    /// Whether it was there before.
    was_there: bool,
    _locked: File,
}

impl NewDirectory {
    /// Makes the directory, or takes an empty one, or one with a dump that was cut off: that begins anew.
    pub(super) fn begin(path: &Path) -> Result<Self, ArchiveError> {
        let was_there = path.exists();
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(path)
            .map_err(ArchiveError::io("make the directory", path))?;
        let unfinished = path.join(UNFINISHED);
        let cut_off = unfinished.exists() && !manifest_in(path).exists();
        let mut old = vec![];
        for name in names_in(path)? {
            if !cut_off || !is_own_name(&name) {
                let path = path.to_owned();
                return Err(ArchiveError::NotEmpty { path, example: name });
            }
            old.push(name);
        }
        let marker = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&unfinished)
            .map_err(ArchiveError::io("write", &unfinished))?;
        match marker.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(ArchiveError::Busy {
                    path: path.to_owned(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(ArchiveError::io("lock", &unfinished)(error)),
        }
        // Passwords' hashes and everybody's rows will be in it.
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))
            .map_err(ArchiveError::io("protect", path))?;
        let begun = Self {
            path: path.to_owned(),
            was_there,
            _locked: marker,
        };
        begun.remove(old.iter().filter(|name| *name != UNFINISHED))?;
        Ok(begun)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Removes everything that was written so far, for another try.
    pub(super) fn clear(&self) -> Result<(), ArchiveError> {
        let names = names_in(&self.path)?;
        self.remove(
            names
                .iter()
                .filter(|name| *name != UNFINISHED && is_own_name(name)),
        )
    }

    fn remove<'a>(&self, names: impl Iterator<Item = &'a String>) -> Result<(), ArchiveError> {
        for name in names {
            let file = self.path.join(name);
            match fs::remove_file(&file) {
                // Whoever wrote it has removed it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                removed => removed.map_err(ArchiveError::io("remove", &file))?,
            }
        }
        Ok(())
    }

    /// Puts the manifest into its place: from here on the directory is a dump.
    pub(super) fn finish(self, manifest: &[u8]) -> Result<(), ArchiveError> {
        let to_be = self.path.join(MANIFEST_TO_BE);
        let write = || -> io::Result<()> {
            use io::Write;
            let mut file = create_file(&to_be)?;
            file.write_all(manifest)?;
            file.sync_all()?;
            // The chunks' names have to be on the disk before the manifest's.
            File::open(&self.path)?.sync_all()?;
            fs::rename(&to_be, manifest_in(&self.path))?;
            File::open(&self.path)?.sync_all()
        };
        write().map_err(ArchiveError::io("write", &to_be))?;
        let unfinished = self.path.join(UNFINISHED);
        fs::remove_file(&unfinished).map_err(ArchiveError::io("remove", &unfinished))
    }

    /// Removes everything that a failed dump wrote, so that a full disk does not stay full.
    pub(super) fn give_up(self) {
        // Whatever stays is an unfinished dump.
        if self.clear().is_ok() {
            let _ = fs::remove_file(self.path.join(UNFINISHED));
            if !self.was_there {
                let _ = fs::remove_dir(&self.path);
            }
        }
    }
}

/// Makes a file that only its owner can read; it must not be there.
pub(super) fn create_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
}

/// Tells whether a directory without a manifest is a dump that was cut off.
pub(super) fn is_unfinished(path: &Path) -> bool {
    path.join(UNFINISHED).exists()
}

/// Finds what is in a directory beside a manifest and the chunks of these numbers.
pub(super) fn first_foreign(
    path: &Path,
    is_chunk: impl Fn(&str) -> bool,
) -> Result<Option<PathBuf>, ArchiveError> {
    // A marker that stayed: killed between the manifest and the end.
    let own = |name: &str| name == MANIFEST || name == UNFINISHED || is_chunk(name);
    let mut names = names_in(path)?;
    names.sort();
    Ok(names.iter().find(|name| !own(name)).map(|name| path.join(name)))
}

fn names_in(path: &Path) -> Result<Vec<String>, ArchiveError> {
    let read = || -> io::Result<Vec<String>> {
        let mut names = vec![];
        for entry in fs::read_dir(path)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        Ok(names)
    };
    read().map_err(ArchiveError::io("read the directory", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_names_of_a_dump_are_its_own() {
        for own in [
            "chunk-00000001.zst",
            "chunk-123456789.zst",
            "manifest.json",
            "unfinished",
        ] {
            assert!(is_own_name(own), "{own}");
        }
        for other in [
            "chunk-1.zst",
            "chunk-+0000001.zst",
            "chunk-00000001.zst.bak",
            "Manifest.json",
            "",
        ] {
            assert!(!is_own_name(other), "{other}");
        }
    }

    #[test]
    fn a_directory_with_anything_in_it_is_refused_and_a_dump_that_was_cut_off_begins_anew() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("a/dump");
        let begun = NewDirectory::begin(&path).unwrap();
        assert!(matches!(
            NewDirectory::begin(&path),
            Err(ArchiveError::Busy { .. })
        ));
        fs::write(chunk_in(&path, 7), "half").unwrap();
        drop(begun);
        assert!(is_unfinished(&path));
        let again = NewDirectory::begin(&path).unwrap();
        assert!(!chunk_in(&path, 7).exists());
        again.finish(b"{}").unwrap();
        assert!(matches!(
            NewDirectory::begin(&path),
            Err(ArchiveError::NotEmpty { .. })
        ));
        let foreign = home.path().join("foreign");
        fs::create_dir(&foreign).unwrap();
        fs::write(foreign.join("unfinished"), "").unwrap();
        fs::write(foreign.join("letter"), "").unwrap();
        assert!(matches!(
            NewDirectory::begin(&foreign),
            Err(ArchiveError::NotEmpty { .. })
        ));
        assert!(foreign.join("letter").exists());
    }

    #[test]
    fn what_was_written_goes_with_a_dump_that_failed() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("dump");
        let begun = NewDirectory::begin(&path).unwrap();
        fs::write(chunk_in(&path, 1), "rows").unwrap();
        begun.give_up();
        assert!(!path.exists());
    }
}
