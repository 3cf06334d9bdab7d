//! `dbha dump`

use crate::{
    args::{Cli, DumpArgs},
    exit::Failure,
    interrupt::cancel_on_signal,
    render::{copy_lines, style},
    servers,
};
use dbha_core::{DumpDone, DumpOptions};

/// Writes everything that one server holds into a directory.
pub async fn run(cli: &Cli, args: &DumpArgs) -> Result<u8, Failure> {
    let cancel = cancel_on_signal();
    let source = servers::resolve_one("--from", &args.from, &args.login, &cli.output)?;
    let options = DumpOptions {
        workers: usize::from(args.copy_workers),
        lock_wait: args.lock_wait_timeout,
    };
    let sink = copy_lines::sink(cli);
    let done = dbha_core::dump(&source, &args.directory, &options, &sink, &cancel).await?;
    copy_lines::report(cli, &done, || human(&done));
    Ok(0)
}

fn human(done: &DumpDone) -> Vec<String> {
    let mut lines = vec![format!(
        "{} {} tables, {} rows of {} are in {}: {} of rows in {} of files, {}",
        style::of_stderr().green("✔"),
        done.tables,
        copy_lines::grouped(done.rows),
        done.server,
        done.directory.display(),
        copy_lines::bytes(done.bytes),
        copy_lines::bytes(done.file_bytes),
        copy_lines::seconds(done.took_ms),
    )];
    lines.extend(copy_lines::position(&done.position, done.binlog.as_deref()));
    lines.push(format!(
        "  writers waited at most {} ms for the snapshot",
        done.lock_held_ms
    ));
    lines.extend(copy_lines::warnings(&done.warnings));
    lines
}
