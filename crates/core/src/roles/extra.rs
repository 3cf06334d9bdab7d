//! What a returning writer has and the pair lacks, saved as statements that can be run again.

use dbha_sql::{Address, Endpoint, GtidSet, Server};
use std::{
    io::{BufRead, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, SystemTime},
};
use tokio::process::Command;

/// Longest time that reading the binary logs may take.
const LIMIT: Duration = Duration::from_secs(600);

/// Transactions could not be saved.
#[derive(Debug, thiserror::Error)]
pub enum ExtraError {
    /// The program that reads binary logs is not on this machine.
    #[error("{program} is not on this machine")]
    NoProgram {
        /// Its name.
        program: &'static str,
    },
    /// A file could not be written.
    #[error("cannot write {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The server did not say what binary logs it has.
    #[error(transparent)]
    Sql(#[from] dbha_sql::SqlError),
    /// Not every transaction is in what the program wrote.
    #[error("{program} wrote {found} of {expected} transactions: {words}")]
    Incomplete {
        /// Its name.
        program: &'static str,
        /// How many are in the file.
        found: u64,
        /// How many should be.
        expected: u64,
        /// What it said.
        words: String,
    },
    /// The program failed.
    #[error("{program} failed: {words}")]
    Failed {
        /// Its name.
        program: &'static str,
        /// Its last words.
        words: String,
    },
}

impl ExtraError {
    /// Says what to do.
    pub(crate) fn fix(&self) -> String {
        match self {
            ExtraError::NoProgram { program } => {
                let package = match *program {
                    "mysqlbinlog" => "mysql-client",
                    _ => "mariadb-client",
                };
                format!("install it (it comes with {package}), then run the same command again")
            }
            ExtraError::File { .. } => "name another directory with --save-to".to_owned(),
            ExtraError::Incomplete { program, .. } | ExtraError::Failed { program, .. } => format!(
                "see that the {program} that is found first (PATH) is as new as the server, then run the same command again"
            ),
            ExtraError::Sql(_) => "mend the cause, then run the same command again".to_owned(),
        }
    }
}

/// Saves the transactions that a server has beyond what it has in common with another one; returns the file.
///
/// By the server's own program for binary logs: what it writes can be run by any client, and it knows every kind of event.
pub(crate) async fn save(
    server: &mut Server,
    extra: &GtidSet,
    common: &GtidSet,
    directory: &Path,
) -> Result<PathBuf, ExtraError> {
    let dialect = server.dialect();
    let logs = server.query(&dialect.list_binlogs()).await?;
    let first = logs
        .first()
        .and_then(|row| row.at(0))
        .unwrap_or_default()
        .to_owned();
    let program = dialect.binlog_program();
    let login = login_file(server.endpoint())?;
    let path = directory.join(file_name(server.name()));
    let file = private_file(&path)?;
    let child = Command::new(program)
        .arg(format!("--defaults-file={}", login.path.display()))
        .args(dialect.binlog_program_arguments(extra, common))
        .arg(first)
        .stdin(Stdio::null())
        .stdout(file)
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn();
    let child = child.map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => ExtraError::NoProgram { program },
        _ => ExtraError::Failed {
            program,
            words: source.to_string(),
        },
    });
    let failed = |words: String| ExtraError::Failed { program, words };
    let output = match child {
        Ok(child) => tokio::time::timeout(LIMIT, child.wait_with_output()).await,
        Err(error) => {
            let _ = std::fs::remove_file(&path);
            return Err(error);
        }
    };
    let output = output
        .map_err(|_| failed(format!("it took longer than {} s", LIMIT.as_secs())))?
        .map_err(|error| failed(error.to_string()))?;
    let words = dbha_sql::printable(&String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        return Err(failed(words));
    }
    // Programs of an older release than the server end well and write nothing.
    let expected = extra.count_missing_from(common);
    match transactions_in(&path)? {
        found if found == expected => Ok(path),
        found => Err(ExtraError::Incomplete {
            program,
            found,
            expected,
            words,
        }),
    }
}

/// Counts the heads of transactions in what the program wrote: `#261126 2:54:23 server id 1  end_log_pos 9 CRC32 0x1 \tGTID …`.
fn transactions_in(path: &Path) -> Result<u64, ExtraError> {
    let failed = |source| ExtraError::File {
        path: path.to_owned(),
        source,
    };
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut count = 0;
    for line in std::io::BufReader::new(file).split(b'\n') {
        let line = line.map_err(failed)?;
        let is_head = matches!(line.as_slice(), [b'#', b'0'..=b'9', ..]);
        count += u64::from(is_head && line.windows(5).any(|part| part == b"\tGTID"));
    }
    Ok(count)
}

/// A file with the login for one run of the program, gone with this value.
struct LoginFile {
    path: PathBuf,
}

impl Drop for LoginFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Not on the command line, where everybody could read the password.
fn login_file(endpoint: &Endpoint) -> Result<LoginFile, ExtraError> {
    let path = std::env::temp_dir().join(format!("dbha-{}-{}.cnf", std::process::id(), stamp()));
    let login = LoginFile { path };
    let mut file = private_file(&login.path)?;
    let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut text = format!(
        "[client]\nuser={}\n",
        quoted(endpoint.user.as_deref().unwrap_or("root"))
    );
    if let Some(password) = &endpoint.password {
        text.push_str(&format!("password={}\n", quoted(password.expose())));
    }
    match &endpoint.address {
        Address::Tcp { host, port } => {
            text.push_str(&format!("host={}\nport={port}\nprotocol=tcp\n", quoted(host)))
        }
        Address::Socket { path } => {
            text.push_str(&format!("socket={}\n", quoted(&path.display().to_string())))
        }
    }
    let written = file.write_all(text.as_bytes());
    written.map_err(|source| ExtraError::File {
        path: login.path.clone(),
        source,
    })?;
    Ok(login)
}

fn private_file(path: &Path) -> Result<std::fs::File, ExtraError> {
    let file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path);
    file.map_err(|source| ExtraError::File {
        path: path.to_owned(),
        source,
    })
}

fn file_name(server: &str) -> String {
    let plain: String = server
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') {
                c
            } else {
                '_'
            }
        })
        .collect();
    format!("dbha-extra-{plain}-{}.sql", stamp())
}

/// Milliseconds since 1970, so that no file of an earlier run is in the way.
fn stamp() -> u128 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_millis())
}
