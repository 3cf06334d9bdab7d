//! A password that is made for an account, in a file of its own that only its owner can read.

use super::StepTrouble;
use dbha_sql::{Secret, generate_password};
use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// The password, and the file beside the wanted one where it waits until the server has it.
pub(super) struct PasswordFile {
    password: Secret,
    waiting: Option<(PathBuf, PathBuf)>,
}

impl PasswordFile {
    /// Reads the file; where there is none, makes a password and a file beside it that only its owner can read.
    pub(super) fn of(path: &Path) -> io::Result<Self> {
        match fs::read_to_string(path) {
            Ok(text) => {
                let password = text.lines().next().unwrap_or("");
                if password.is_empty() {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "it holds no password"));
                }
                Ok(Self {
                    password: Secret::new(password),
                    waiting: None,
                })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let password = generate_password()?;
                let beside = beside(path);
                let _ = fs::remove_file(&beside);
                let mut file = OpenOptions::new()
                    .write(true)
                    .create_new(true)
                    .mode(0o600)
                    .open(&beside)?;
                writeln!(file, "{}", password.expose())?;
                file.sync_all()?;
                Ok(Self {
                    password,
                    waiting: Some((beside, path.to_owned())),
                })
            }
            Err(error) => Err(error),
        }
    }

    pub(super) fn password(&self) -> &Secret {
        &self.password
    }

    /// Says what is wrong with a file that an option names.
    pub(super) fn trouble(option: &str, path: &Path, error: &io::Error) -> StepTrouble {
        StepTrouble::new(
            format!("the password file {}: {error}", path.display()),
            format!("check {option}: its directory has to be there, and writable where the file is not"),
        )
    }

    /// Gives the file its name, once the server has the password.
    pub(super) fn keep(&self) -> io::Result<()> {
        match &self.waiting {
            Some((beside, path)) => fs::rename(beside, path),
            None => Ok(()),
        }
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".");
    name.push(path.file_name().unwrap_or_default());
    name.push(".dbha-new");
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_password_is_made_once_and_for_its_owner_alone() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("password");
        let first = PasswordFile::of(&path).unwrap();
        assert!(!path.exists(), "the server does not have it yet");
        // A run that was cut off here leaves nothing that counts.
        let second = PasswordFile::of(&path).unwrap();
        assert_ne!(first.password.expose(), second.password.expose());
        second.keep().unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let third = PasswordFile::of(&path).unwrap();
        third.keep().unwrap();
        assert_eq!(third.password.expose(), second.password.expose());
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
        fs::write(&path, "\n").unwrap();
        assert!(PasswordFile::of(&path).is_err());
    }
}
