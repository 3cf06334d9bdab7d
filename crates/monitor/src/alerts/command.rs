use super::{AlertError, alert::Alert};
use dbha_core::harmless;
use nix::{
    sys::signal::{Signal, killpg},
    unistd::Pid,
};
use std::{process::ExitStatus, process::Stdio, time::Duration};
use tokio::{
    io::AsyncWriteExt,
    process::{Child, Command},
};

/// Longest time that a program may take.
const LIMIT: Duration = Duration::from_secs(10);

/// A program that is run for each alert, without a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandTarget {
    /// The program.
    pub program: String,
    /// Its arguments, as they are.
    pub arguments: Vec<String>,
}

impl CommandTarget {
    pub(super) fn name(&self) -> String {
        self.program.clone()
    }

    /// Runs the program to its end, or ends it with everything that it started.
    pub(super) async fn deliver(&self, alert: &Alert) -> Result<(), AlertError> {
        let mut child = self.command(alert).spawn().map_err(AlertError::Run)?;
        let _family = Family(child.id());
        match tokio::time::timeout(LIMIT, feed(&mut child, alert)).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(AlertError::Failed(status.to_string())),
            Ok(Err(error)) => Err(AlertError::Run(error)),
            Err(_) => Err(AlertError::TooLong(LIMIT)),
        }
    }

    fn command(&self, alert: &Alert) -> Command {
        let event = &alert.event;
        let word = |value: serde_json::Result<serde_json::Value>| {
            let value = value.ok();
            value
                .and_then(|value| value.as_str().map(str::to_owned))
                .unwrap_or_default()
        };
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .env("DBHA_EVENT", word(serde_json::to_value(event.kind)))
            .env("DBHA_PAIR", harmless(&event.pair))
            .env("DBHA_SERVER", harmless(event.server.as_deref().unwrap_or("")))
            .env("DBHA_CODE", event.code.map_or("", |code| code.as_str()))
            .env("DBHA_VERDICT", event.verdict.to_string())
            .env("DBHA_TEXT", harmless(&event.text))
            .env("DBHA_FIX", harmless(event.fix.as_deref().unwrap_or("")))
            .env("DBHA_AT", format!("{:.3}", event.at))
            // These are between systemd and the monitor.
            .env_remove("NOTIFY_SOCKET")
            .env_remove("WATCHDOG_USEC")
            .env_remove("WATCHDOG_PID")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .kill_on_drop(true);
        command
    }
}

async fn feed(child: &mut Child, alert: &Alert) -> std::io::Result<ExitStatus> {
    if let Some(mut stdin) = child.stdin.take() {
        let mut line = serde_json::to_vec(alert)?;
        line.push(b'\n');
        // A program that reads nothing is no fault.
        let _ = stdin.write_all(&line).await;
    }
    child.wait().await
}

/// Whatever the program started and left behind, or is still at when its time is over.
struct Family(Option<u32>);

impl Drop for Family {
    fn drop(&mut self) {
        let group = self.0.and_then(|pid| i32::try_from(pid).ok());
        if let Some(group) = group {
            let _ = killpg(Pid::from_raw(group), Signal::SIGKILL);
        }
    }
}
