//! Copying a directory with all that is below it.

use std::fs;
use std::path::Path;

use crate::TestkitError;

/// Copies a directory to a path that does not exist yet; the kernel shares blocks where the file system can.
pub(crate) fn copy_tree(from: &Path, to: &Path) -> Result<(), TestkitError> {
    fs::create_dir(to).map_err(TestkitError::file("create", to))?;
    for entry in fs::read_dir(from).map_err(TestkitError::file("read", from))? {
        let entry = entry.map_err(TestkitError::file("read", from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(TestkitError::file("read", &source))?;
        if kind.is_dir() {
            copy_tree(&source, &target)?;
        } else if kind.is_file() {
            fs::copy(&source, &target).map_err(TestkitError::file("copy", &source))?;
        }
    }
    Ok(())
}
