//! `dbha load`

use crate::{
    args::{Cli, LoadArgs},
    exit::Failure,
    interrupt::cancel_on_signal,
    render::{copy_lines, style},
    servers,
};
use dbha_core::{LoadDone, LoadWanted};

/// Brings a dump to a server and proves it there.
pub async fn run(cli: &Cli, args: &LoadArgs) -> Result<u8, Failure> {
    let cancel = cancel_on_signal();
    let target = servers::resolve_one("--into", &args.into, &args.login, &cli.output)?;
    let wanted = LoadWanted {
        workers: usize::from(args.copy_workers),
        overwrite: args.overwrite.clone(),
    };
    let sink = copy_lines::sink(cli);
    let done = dbha_core::load(&args.directory, &target, &wanted, &sink, &cancel).await?;
    copy_lines::report(cli, &done, || human(&done));
    Ok(0)
}

fn human(done: &LoadDone) -> Vec<String> {
    let mut lines = vec![format!(
        "{} {} tables, {} rows are on {}: counts and checksums equal to the dump's, {}{}",
        style::of_stderr().green("✔"),
        done.tables,
        copy_lines::grouped(done.rows),
        done.server,
        copy_lines::seconds(done.took_ms),
        match done.went_on {
            true => " (went on from an earlier run)",
            false => "",
        }
    )];
    lines.extend(copy_lines::position(&done.position, done.binlog.as_deref()));
    lines.extend(copy_lines::warnings(&done.warnings));
    lines
}
