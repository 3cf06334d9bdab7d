//! The person or script that runs dbha: a home directory, password files, two servers in mind.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use dbha_testkit::ServerPair;
use tempfile::TempDir;
use tokio::process::Command;

use crate::overdue::{busy_with, output_within};
use crate::ran::Ran;

/// How long any run may take.
const RUN_LIMIT: Duration = Duration::from_secs(90);

/// Variables that must not reach the program from where the tests run.
const FOREIGN_ENVIRONMENT: [&str; 6] = [
    "DBHA_PRIMARY",
    "DBHA_SECONDARY",
    "DBHA_PASSWORD_FILE",
    "DBHA_CONFIG",
    "DBHA_LOG",
    "FORCE_COLOR",
];

/// Runs the program as somebody would who has these two servers; fields may be changed before a run.
pub(crate) struct Operator {
    /// What is given as `--primary`.
    pub(crate) primary: String,
    /// What is given as `--secondary`.
    pub(crate) secondary: String,
    /// What is given as `--primary-password-file`.
    pub(crate) primary_password_file: PathBuf,
    /// What is given as `--secondary-password-file`.
    pub(crate) secondary_password_file: PathBuf,
    /// What may stand nowhere in what the program prints.
    pub(crate) secrets: Vec<String>,
    home: TempDir,
}

impl Operator {
    /// Knows both servers of a pair by address, and root's password on each.
    pub(crate) fn of(pair: &ServerPair) -> Self {
        let mut operator = Self::without_servers();
        operator.primary = pair.primary.address();
        operator.secondary = pair.secondary.address();
        operator.primary_password_file = operator.password_file("primary", pair.primary.root_password());
        operator.secondary_password_file =
            operator.password_file("secondary", pair.secondary.root_password());
        operator
    }

    /// Knows no server yet; both passwords are the same invented one.
    pub(crate) fn without_servers() -> Self {
        let home = tempfile::Builder::new()
            .prefix("dbha-operator-")
            .tempdir()
            .unwrap();
        let mut operator = Self {
            primary: String::new(),
            secondary: String::new(),
            primary_password_file: PathBuf::new(),
            secondary_password_file: PathBuf::new(),
            secrets: Vec::new(),
            home,
        };
        let file = operator.password_file("invented", "iNventedPassw0rdThatNobodyHas");
        operator.primary_password_file.clone_from(&file);
        operator.secondary_password_file = file;
        operator
    }

    /// Names the two the other way round from now on.
    pub(crate) fn swap(&mut self) {
        std::mem::swap(&mut self.primary, &mut self.secondary);
        std::mem::swap(&mut self.primary_password_file, &mut self.secondary_password_file);
    }

    /// Returns the home directory, which is also the working directory of every run.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// Returns the directory in which the program keeps its things.
    pub(crate) fn state_dir(&self) -> PathBuf {
        self.home().join("state")
    }

    /// Writes a password into a file that only its owner can read; the password counts as a secret from now on.
    pub(crate) fn password_file(&mut self, name: &str, password: &str) -> PathBuf {
        let path = self.home().join(format!("{name}.password"));
        fs::write(&path, format!("{password}\n")).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(0o600)).unwrap();
        self.secrets.push(password.to_owned());
        path
    }

    /// Prepares a run with these arguments and no others.
    pub(crate) fn bare<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dbha"));
        for variable in FOREIGN_ENVIRONMENT {
            command.env_remove(variable);
        }
        command
            .args(arguments)
            .env("HOME", self.home())
            .env("DBHA_STATE_DIR", self.state_dir())
            .env("NO_COLOR", "1")
            .current_dir(self.home())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Prepares a run of a command about the pair.
    pub(crate) fn command<'a>(
        &self,
        command: &'a str,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Command {
        let mut run = self.bare(command.split(' '));
        run.arg("--primary").arg(&self.primary);
        run.arg("--secondary").arg(&self.secondary);
        run.arg("--primary-password-file")
            .arg(&self.primary_password_file);
        run.arg("--secondary-password-file")
            .arg(&self.secondary_password_file);
        run.args(arguments);
        run
    }

    /// Runs `dbha setup … --yes` to its end.
    pub(crate) async fn setup<'a>(&self, arguments: impl IntoIterator<Item = &'a str>) -> Ran {
        self.finish(self.command("setup", arguments).arg("--yes")).await
    }

    /// Runs `dbha status … -o json` to its end.
    pub(crate) async fn status(&self) -> Ran {
        self.finish(&mut self.command("status", ["-o", "json"])).await
    }

    /// Runs a command about the pair to its end.
    pub(crate) async fn run<'a>(
        &self,
        command: &'a str,
        arguments: impl IntoIterator<Item = &'a str>,
    ) -> Ran {
        self.finish(&mut self.command(command, arguments)).await
    }

    /// Runs a prepared command to its end; fails the test if it takes too long or prints a secret.
    pub(crate) async fn finish(&self, command: &mut Command) -> Ran {
        let shown = shown(command);
        match output_within(command, RUN_LIMIT).await {
            Ok(output) => self.ran(shown, &output),
            Err(so_far) => {
                let servers = self.servers_are_busy_with().await;
                panic!(
                    "not ended within {} s: {shown}\n{so_far}\n{servers}",
                    RUN_LIMIT.as_secs()
                );
            }
        }
    }

    async fn servers_are_busy_with(&self) -> String {
        let servers = [
            (&self.primary, &self.primary_password_file),
            (&self.secondary, &self.secondary_password_file),
        ];
        let mut told = String::new();
        for (address, file) in servers {
            let password = fs::read_to_string(file).unwrap_or_default();
            told += &busy_with(address, password.trim_end()).await;
        }
        told
    }

    /// Takes what a run left, and fails the test if a secret is in it.
    pub(crate) fn ran(&self, command: String, output: &std::process::Output) -> Ran {
        let ran = Ran {
            command,
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout.clone()).unwrap(),
            stderr: String::from_utf8(output.stderr.clone()).unwrap(),
        };
        for secret in &self.secrets {
            assert!(
                !ran.stdout.contains(secret) && !ran.stderr.contains(secret),
                "a password was printed\n{ran}"
            );
        }
        ran
    }
}

/// The command line as somebody would type it.
fn shown(command: &Command) -> String {
    let arguments = command
        .as_std()
        .get_args()
        .map(|argument| argument.to_string_lossy());
    format!("dbha {}", arguments.collect::<Vec<_>>().join(" "))
}
