//! `dbha status`, once or again and again

use crate::{
    args::{Cli, Output, StatusArgs},
    exit::Failure,
    render::{json, status, style},
    servers,
    watch::{self, Looks},
};
use dbha_core::{Pair, SetupOptions};
use std::time::Duration;

/// Looks at a pair once and says how it is.
pub async fn run(cli: &Cli, args: &StatusArgs) -> Result<u8, Failure> {
    let (primary, secondary) = servers::resolve_distinct(&args.pair, &cli.output)?;
    let options = SetupOptions {
        pair: args.name.clone(),
        host_access: servers::host_access(&args.pair, &args.hosts, &cli.output)?,
        ..SetupOptions::default()
    };
    let pair = Pair::builder()
        .primary(primary)
        .secondary(secondary)
        .options(options)
        .build()?;
    if let Some(every) = args.watch {
        return watch(cli, &pair, every).await;
    }
    let seen = pair.status().await;
    match cli.output.format {
        Output::Human => status::human(&seen, style::of_stdout())
            .iter()
            .for_each(|line| data!("{line}")),
        form => json::print(&seen, form == Output::Json),
    }
    Ok(seen.exit_code())
}

/// Looks again and again; returns the exit code of the last look.
async fn watch(cli: &Cli, pair: &Pair, every: Duration) -> Result<u8, Failure> {
    if cli.output.format == Output::Json {
        return Err(Failure::usage(
            "-w has no end, and -o json is one document at the end",
            "use -o ndjson: one JSON object for each look",
        ));
    }
    let looks = Looks::begin(pair.looking(), every);
    if cli.output.format == Output::Human && watch::can_draw() {
        return watch::live(looks, every).await.map_err(|error| {
            Failure::failed(
                format!("cannot use the terminal: {error}"),
                "pipe it through cat: every change is printed then",
            )
        });
    }
    Ok(watch::lines(looks, cli.output.format, watch::ended()).await)
}
