//! Where passwords come from besides URLs and option files.

use crate::exit::Failure;
use dbha_core::Secret;
use std::{
    collections::HashMap,
    io::{BufRead, IsTerminal, Write},
    path::{Path, PathBuf},
    process::Command,
};

/// Password files, each read once: a pipe behind /dev/fd/N gives its text only the first time.
#[derive(Default)]
pub struct PasswordFiles {
    known: HashMap<PathBuf, Secret>,
    /// Whether nobody may be asked: the monitor reads its configuration again while it runs.
    ask_nobody: bool,
}

impl PasswordFiles {
    /// Lets no question be asked.
    pub fn without_questions(mut self) -> Self {
        self.ask_nobody = true;
        self
    }

    /// Asks for a password, where somebody may be asked.
    pub fn ask(&self, user: &str, server: &str) -> Result<Option<Secret>, Failure> {
        match self.ask_nobody {
            true => Ok(None),
            false => of_prompt(user, server),
        }
    }

    /// Returns the password in a file.
    pub fn read(&mut self, path: &Path) -> Result<Secret, Failure> {
        if let Some(known) = self.known.get(path) {
            return Ok(known.clone());
        }
        let secret = of_file(path)?;
        self.known.insert(path.to_owned(), secret.clone());
        Ok(secret)
    }
}

/// Reads the first line of a file; a file that others can read is refused (scenario 8).
pub fn of_file(path: &Path) -> Result<Secret, Failure> {
    refuse_if_open(path)?;
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::usage(
            format!("cannot read the password file {}: {error}", path.display()),
            "check --password-file",
        )
    })?;
    let line = text.lines().next().unwrap_or("");
    if line.contains('\0') {
        return Err(Failure::usage(
            format!("{} holds a NUL byte", path.display()),
            "write the password as one line of text",
        ));
    }
    Ok(Secret::new(line))
}

/// Refuses a file with secrets that group or others can read.
pub fn refuse_if_open(path: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt;
    let Ok(metadata) = std::fs::metadata(path) else {
        return Ok(());
    };
    // What systemd hands over can be readable by root's group; the directory lets nobody in but the service.
    let handed_over = std::env::var_os("CREDENTIALS_DIRECTORY").map(PathBuf::from);
    if handed_over.is_some_and(|directory| is_credential(path, &directory)) {
        return Ok(());
    }
    if metadata.is_file() && metadata.permissions().mode() & 0o077 != 0 {
        return Err(Failure::usage(
            format!("{} can be read by other users", path.display()),
            format!("chmod 600 {}", path.display()),
        ));
    }
    Ok(())
}

/// Tells whether a file is one that systemd handed over (LoadCredential): it stands in that directory itself, and others
/// get at neither.
fn is_credential(path: &Path, directory: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let closed =
        |path: &Path| std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o007 == 0);
    directory.is_absolute() && path.parent() == Some(directory) && closed(directory) && closed(path)
}

/// Asks on the terminal; without one there is no password.
fn of_prompt(user: &str, server: &str) -> Result<Option<Secret>, Failure> {
    let stdin = std::io::stdin();
    if !stdin.is_terminal() || !std::io::stderr().is_terminal() {
        return Ok(None);
    }
    crate::out::write_talk(format_args!("Password for {user} at {server}: "));
    let _ = std::io::stderr().flush();
    let _echo_off = EchoOff::new();
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    talk!();
    match read {
        Ok(0) | Err(_) => Err(Failure::usage("no password was given", "use --password-file")),
        Ok(_) => Ok(Some(Secret::new(line.trim_end_matches(['\r', '\n'])))),
    }
}

/// Keeps the terminal from showing what is typed, for as long as it lives.
struct EchoOff;

impl EchoOff {
    fn new() -> Self {
        stty("-echo");
        EchoOff
    }
}

impl Drop for EchoOff {
    fn drop(&mut self) {
        stty("echo");
    }
}

fn stty(mode: &str) {
    // stty works on its standard input, which is the terminal here.
    let _ = Command::new("stty").arg(mode).status();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, os::unix::fs::PermissionsExt};

    #[test]
    fn a_credential_of_systemd_may_be_readable_by_its_group_and_nothing_else_may() {
        let home = tempfile::tempdir().unwrap();
        let (directory, file) = (
            home.path().join("credentials"),
            home.path().join("credentials/password"),
        );
        fs::create_dir(&directory).unwrap();
        fs::write(&file, "x").unwrap();
        let set = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        for (of_directory, of_file, expected) in [
            (0o750, 0o440, true),
            (0o700, 0o400, true),
            (0o755, 0o440, false),
            (0o750, 0o444, false),
        ] {
            set(&directory, of_directory);
            set(&file, of_file);
            assert_eq!(
                is_credential(&file, &directory),
                expected,
                "{of_directory:o} {of_file:o}"
            );
        }
        set(&directory, 0o750);
        assert!(!is_credential(&home.path().join("other"), &directory));
        assert!(!is_credential(&file, home.path()));
    }
}
