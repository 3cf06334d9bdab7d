//! A supervisor for a server that restarts by itself, as MySQL does after a CLONE.

use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::TestkitError;
use crate::bond::Bond;
use crate::process::ServerProcess;

/// The exit code by which MySQL asks to be started again, where its parent has promised that.
const RESTART: i32 = 16;
/// By this variable a parent promises it; it holds the parent's number.
const PROMISE: &str = "MYSQLD_PARENT_PID";
/// Time between two looks at the server.
const PAUSE: Duration = Duration::from_millis(20);

/// The supervisor of a server that outlives the process which started it.
const SHELL: &str =
    "while :; do MYSQLD_PARENT_PID=$$ \"$@\" </dev/null; code=$?; [ $code = 16 ] || exit $code; done";

/// The process of a server that somebody watches.
#[derive(Debug, Clone, Default)]
pub(crate) struct Slot(Arc<Mutex<Option<ServerProcess>>>);

impl Slot {
    pub(crate) fn hold(&self) -> MutexGuard<'_, Option<ServerProcess>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the process out of the supervisor's sight, to end it.
    pub(crate) fn take(&self) -> Option<ServerProcess> {
        self.hold().take()
    }

    pub(crate) fn put(&self, process: ServerProcess) {
        *self.hold() = Some(process);
    }

    /// Starts the server again whenever it asks for it, for as long as anybody else holds the slot.
    pub(crate) fn supervise(
        &self,
        start: impl Fn() -> Result<ServerProcess, TestkitError> + Send + 'static,
    ) -> Result<(), TestkitError> {
        let slot = Arc::downgrade(&self.0);
        let watch = move || {
            while let Some(slot) = slot.upgrade().map(Slot) {
                let mut held = slot.hold();
                if held.as_mut().is_some_and(asks_for_restart) {
                    // One that does not start has said why in its error log.
                    *held = start().ok();
                }
                drop(held);
                drop(slot);
                thread::sleep(PAUSE);
            }
        };
        let thread = thread::Builder::new()
            .name("dbha-supervisor".to_owned())
            .spawn(watch);
        let program = "the supervisor".into();
        thread
            .map(drop)
            .map_err(|source| TestkitError::Spawn { program, source })
    }
}

fn asks_for_restart(process: &mut ServerProcess) -> bool {
    matches!(process.has_ended(), Ok(true)) && process.exit_code() == Some(RESTART)
}

/// Makes of the command that runs a server one by which it is supervised: by this process, or by a shell of its own
/// where it outlives this process.
pub(crate) fn supervised(mut command: Command, bond: Bond) -> Command {
    if bond == Bond::DiesWithParent {
        command.env(PROMISE, std::process::id().to_string());
        return command;
    }
    let mut shell = Command::new("sh");
    shell.args(["-c", SHELL, "dbha-supervisor"]);
    shell.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}
