//! Running a script on a machine.

use super::{HostAccess, HostError};
use std::{process::Stdio, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
    time::timeout,
};

/// More than any answer can be; what comes beyond is not read.
const OUTPUT_LIMIT: u64 = 32 << 20;
const ERROR_LIMIT: u64 = 64 << 10;

/// Quotes one word for a POSIX shell, whatever is in it.
pub(super) fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Builds the command that hands standard input to a shell on the machine.
pub(super) fn command(access: &HostAccess) -> Command {
    match access {
        HostAccess::Local => {
            let mut command = Command::new("sh");
            command.arg("-s");
            command
        }
        HostAccess::Ssh { user, host, port } => {
            let mut command = Command::new("ssh");
            // Nobody is there to answer a question, and a machine that went away must not be waited for.
            for option in [
                "BatchMode=yes",
                "ConnectTimeout=10",
                "ServerAliveInterval=5",
                "ServerAliveCountMax=3",
            ] {
                command.args(["-o", option]);
            }
            if let Some(user) = user {
                command.args(["-l", user]);
            }
            if let Some(port) = port {
                command.args(["-p", &port.to_string()]);
            }
            command.args(["-T", "--", host, "sh -s"]);
            command
        }
        HostAccess::Docker { container } => {
            let mut command = Command::new("docker");
            // Option files belong to root, whoever the server runs as.
            command.args(["exec", "-i", "-u", "0", container, "sh", "-s"]);
            command
        }
    }
}

/// Runs a script on the machine and returns its standard output; a run that is given up is ended.
pub(super) async fn run(
    access: &HostAccess,
    doing: &str,
    script: &str,
    limit: Duration,
) -> Result<Vec<u8>, HostError> {
    run_command(command(access), &access.to_string(), doing, script, limit).await
}

/// Runs a command of this machine with a script on its standard input.
pub(super) async fn run_command(
    mut command: Command,
    host: &str,
    doing: &str,
    script: &str,
    limit: Duration,
) -> Result<Vec<u8>, HostError> {
    let failed = |text: &str| HostError::failed(host, doing, text);
    let program = command.as_std().get_program().to_string_lossy().into_owned();
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| failed(&format!("cannot run {program}: {error}")))?;
    let (Some(mut stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(failed("no pipes"));
    };
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    let work = async {
        let write = async {
            // A shell that ended early says why on standard error.
            let _ = stdin.write_all(script.as_bytes()).await;
            drop(stdin);
        };
        let (mut stdout, mut stderr) = (stdout.take(OUTPUT_LIMIT), stderr.take(ERROR_LIMIT));
        let (_, read, _) = tokio::join!(
            write,
            stdout.read_to_end(&mut output),
            stderr.read_to_end(&mut errors)
        );
        read?;
        child.wait().await
    };
    let status = match timeout(limit, work).await {
        Ok(status) => status.map_err(|error| failed(&error.to_string()))?,
        Err(_) => {
            return Err(HostError::TimedOut {
                host: host.to_owned(),
                doing: doing.to_owned(),
                limit,
            });
        }
    };
    if status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&errors);
    Err(match said.trim() {
        "" => failed(&format!("{program} ended with {status}")),
        said => failed(said),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn scenario_84_whatever_is_in_a_word_stays_one_word() {
        for word in ["a b", "it's", "$(id)", "`id`", "a\nb", "\\", "", "-n", "%s", "é"] {
            let script = format!("printf '%s' {}", quote(word));
            let seen = run(&HostAccess::Local, "print", &script, Duration::from_secs(10))
                .await
                .unwrap();
            assert_eq!(String::from_utf8(seen).unwrap(), word);
        }
    }

    #[tokio::test]
    async fn a_script_that_fails_or_hangs_is_an_error() {
        let second = Duration::from_secs(1);
        let failed = run(&HostAccess::Local, "try", "echo no >&2; exit 3", second).await;
        assert_eq!(failed.unwrap_err().to_string(), "could not try (local): no");
        let hung = run(&HostAccess::Local, "try", "sleep 30", second).await;
        assert!(matches!(hung, Err(HostError::TimedOut { .. })));
    }
}
