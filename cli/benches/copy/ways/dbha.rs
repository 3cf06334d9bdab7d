//! `dbha setup` as somebody would call it.

use crate::{process::watch, run::Run, way::Arena};
use dbha_testkit::PrivateServer;
use serde_json::Value;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Child, Command, Stdio},
    time::Instant,
};

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_dbha");
const EVENTS: &str = "events.ndjson";

/// Measured is a release build, and that must hold nothing by which a test could stop it.
pub(crate) fn assert_no_failpoints() {
    let (program, name) = (fs::read(PROGRAM).unwrap(), b"DBHA_FAILPOINT");
    assert!(!program.windows(name.len()).any(|part| part == name));
}

/// Starts a set-up of the arena's two servers.
pub(crate) fn start(arena: &Arena<'_>) -> Child {
    let home = arena.directory.path();
    let mut command = Command::new(PROGRAM);
    // By rows, like the peers, also where MySQL's CLONE plug-in could be taken.
    command.args(["setup", "--yes", "-o", "ndjson", "--copy", "stream"]);
    for (side, server) in [("primary", arena.source), ("secondary", &arena.target)] {
        command.arg(format!("--{side}")).arg(server.address());
        command.arg(format!("--{side}-password-file"));
        command.arg(password_file(home, side, server));
    }
    command
        .env("HOME", home)
        .env("DBHA_STATE_DIR", home.join("state"))
        .stdin(Stdio::null())
        .stdout(arena.output(EVENTS));
    arena.quiet(&mut command, "dbha").spawn().unwrap()
}

fn password_file(home: &Path, side: &str, server: &PrivateServer) -> std::path::PathBuf {
    let file = home.join(side);
    fs::write(&file, server.root_password()).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    file
}

/// Makes the pair.
pub(crate) async fn run(arena: &Arena<'_>) -> Result<Run, String> {
    let began = Instant::now();
    let usage = watch(began, vec![("dbha", start(arena))]).await?;
    let told = Told::read(arena);
    let copy = told.copy_ended - told.copy_began;
    Ok(Run {
        parts: vec![("copy", copy), ("rest", usage.seconds - copy)],
        lock_ms: told.lock_ms,
        ..usage.into()
    })
}

/// What dbha said of its own times.
pub(crate) struct Told {
    pub(crate) lock_ms: Option<f64>,
    /// Seconds from its start to the begin and the end of the copy.
    pub(crate) copy_began: f64,
    pub(crate) copy_ended: f64,
}

impl Told {
    /// Reads the events of a finished run.
    pub(crate) fn read(arena: &Arena<'_>) -> Self {
        let text = fs::read_to_string(arena.directory.path().join(EVENTS)).unwrap();
        let events: Vec<Value> = text
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        let find = |kind: &str, step: Option<&str>| {
            let fits =
                |event: &&Value| event["event"] == kind && step.is_none_or(|step| event["step"] == step);
            events.iter().find(fits).unwrap()
        };
        let copy = |kind: &str| find(kind, Some("copy_data"))["elapsed_ms"].as_f64().unwrap() / 1000.0;
        Self {
            lock_ms: find("proved", None)["proof"]["lock_held_ms"].as_f64(),
            copy_began: copy("step_started"),
            copy_ended: copy("step_finished"),
        }
    }
}
