//! The way that every guide tells: one dump, piped into one client.

use crate::{process::watch, run::Run, table::SCHEMA, way::Arena};
use dbha_testkit::PrivateServer;
use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    time::Instant,
};

/// Dumps and loads at the same time.
pub(crate) async fn run(arena: &Arena<'_>) -> Result<Run, String> {
    let mysql = arena.set.release.is_mysql();
    let (dump, client) = if mysql {
        ("mysqldump", "mysql")
    } else {
        ("mariadb-dump", "mariadb")
    };
    let mut dumping = program(arena, dump, arena.source, "from")?;
    dumping.args(["--single-transaction", "--routines", "--triggers", "--events"]);
    if mysql {
        // Without it the dump sets gtid_purged, which the loading server may refuse.
        dumping.arg("--set-gtid-purged=OFF");
    }
    dumping.args(["--databases", SCHEMA]).stdout(Stdio::piped());
    let mut loading = program(arena, client, &arena.target, "to")?;
    if arena.settings.peers_unlogged {
        loading.arg("--init-command=SET SESSION sql_log_bin=0");
    }
    let began = Instant::now();
    let mut dumping = arena.quiet(&mut dumping, dump).spawn().unwrap();
    loading.stdin(dumping.stdout.take().unwrap());
    let loading = arena.quiet(&mut loading, client).spawn().unwrap();
    watch(began, vec![(dump, dumping), (client, loading)])
        .await
        .map(Run::from)
}

fn program(arena: &Arena<'_>, name: &str, server: &PrivateServer, end: &str) -> Result<Command, String> {
    let Some(mut command) = server.installation().client(name) else {
        return Err(format!("no {name} here"));
    };
    command.arg(format!(
        "--defaults-file={}",
        option_file(arena, server, end).display()
    ));
    command.arg("--max-allowed-packet=1G");
    Ok(command)
}

fn option_file(arena: &Arena<'_>, server: &PrivateServer, end: &str) -> PathBuf {
    let path = arena.directory.path().join(format!("{end}.cnf"));
    let (password, port) = (server.root_password(), server.port());
    let text =
        format!("[client]\nprotocol=tcp\nhost=127.0.0.1\nport={port}\nuser=root\npassword={password}\n");
    fs::write(&path, text).unwrap();
    path
}
