//! mydumper into files, then myloader.

use crate::{
    process::{Usage, watch},
    run::Run,
    table::SCHEMA,
    way::Arena,
};
use dbha_testkit::PrivateServer;
use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

/// As many as dbha has workers.
const THREADS: &str = "2";

/// Returns the version of the programs, `?` where they are missing.
pub(crate) fn version(dir: Option<&Path>) -> String {
    let output = program(dir, "mydumper").arg("--version").output();
    let text = output.map_or_else(
        |_| String::new(),
        |output| lossy(&output.stdout) + &lossy(&output.stderr),
    );
    let words = text.split([' ', ',']).nth(1).unwrap_or("?");
    words.trim_start_matches('v').to_owned()
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Dumps, then loads.
pub(crate) async fn run(arena: &Arena<'_>, dir: Option<&Path>, load_data: bool) -> Result<Run, String> {
    let dump = dump(arena, dir, load_data).await?;
    let load = load(arena, dir).await?;
    let whole = Usage {
        seconds: dump.seconds + load.seconds,
        cpu: dump.cpu + load.cpu,
        peak_mib: dump.peak_mib.max(load.peak_mib),
    };
    Ok(Run {
        parts: vec![("dump", dump.seconds), ("load", load.seconds)],
        ..whole.into()
    })
}

/// Writes the source's tables into files.
pub(crate) async fn dump(arena: &Arena<'_>, dir: Option<&Path>, load_data: bool) -> Result<Usage, String> {
    let mut command = of_server(dir, "mydumper", arena.source);
    command.args([
        "--triggers",
        "--events",
        "--routines",
        "--database",
        SCHEMA,
        "--outputdir",
    ]);
    command.arg(arena.directory.path().join("dump"));
    // The old one would else read a table in one thread; the new one cuts tables by itself.
    if dir.is_none() && arena.set.tables.len() < 4 {
        let rows = arena.set.tables[0].rows / 8;
        command.arg(format!("--rows={}", rows.max(1)));
    }
    if dir.is_some() && arena.set.release.is_mysql() {
        command.args(for_mysql(arena));
    }
    if load_data {
        command.arg("--format=LOAD_DATA");
    }
    started(arena, command, "mydumper").await
}

/// Returns what a newer mydumper needs with MySQL 9, without which 1.0.1 ends in a fault of memory: the product, which it
/// else reads from a comment that Debian's build has not, and the form of EXPLAIN that it understands.
fn for_mysql(arena: &Arena<'_>) -> [String; 2] {
    let version = arena.source.installation().version();
    let number = version.split('-').next().unwrap_or_default();
    let file = arena.directory.path().join("mydumper.cnf");
    fs::write(
        &file,
        "[mydumper_session_variables]\nexplain_format='TRADITIONAL'\n",
    )
    .unwrap();
    [
        format!("--server-version=mysql-{number}"),
        format!("--defaults-extra-file={}", file.display()),
    ]
}

/// Loads the files into the target.
pub(crate) async fn load(arena: &Arena<'_>, dir: Option<&Path>) -> Result<Usage, String> {
    let mut command = of_server(dir, "myloader", &arena.target);
    command
        .arg("--directory")
        .arg(arena.directory.path().join("dump"));
    started(arena, command, "myloader").await
}

async fn started(arena: &Arena<'_>, mut command: Command, name: &'static str) -> Result<Usage, String> {
    command.stdin(Stdio::null()).stdout(Stdio::null());
    let began = Instant::now();
    let Ok(child) = arena.quiet(&mut command, name).spawn() else {
        return Err(format!("no {name} here"));
    };
    watch(began, vec![(name, child)]).await
}

fn program(dir: Option<&Path>, name: &str) -> Command {
    match dir {
        Some(dir) => Command::new(dir.join(name)),
        None => Command::new(name),
    }
}

fn of_server(dir: Option<&Path>, name: &str, server: &PrivateServer) -> Command {
    let mut command = program(dir, name);
    // Its own settings, which a package puts into /etc.
    let defaults = dir.map(|dir| dir.join("mydumper.cnf"));
    if let Some(defaults) = defaults.filter(|file| file.is_file()) {
        command.arg(format!("--defaults-file={}", defaults.display()));
    }
    command
        .args(["--host", "127.0.0.1", "--user", "root", "--threads", THREADS])
        .args(["--port", &server.port().to_string()])
        .args(["--password", server.root_password()]);
    command
}
