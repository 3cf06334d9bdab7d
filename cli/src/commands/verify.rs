//! `dbha verify`

use crate::{
    args::{Cli, Output, VerifyArgs},
    exit::Failure,
    interrupt::cancel_on_signal,
    render::{json, style, verified, verify_lines::VerifyLines},
    servers,
};
use dbha_core::{EventSink, Pair, SetupOptions, VerifyOptions};
use std::{io::IsTerminal, sync::Arc};

/// Compares the data of a running pair.
pub async fn run(cli: &Cli, args: &VerifyArgs) -> Result<u8, Failure> {
    let (primary, secondary) = servers::resolve(&args.pair, &cli.output)?;
    let pair = Pair::builder()
        .primary(primary)
        .secondary(secondary)
        .options(SetupOptions {
            pair: args.name.clone(),
            ..SetupOptions::default()
        })
        .cancellation(cancel_on_signal())
        .build()?;
    let options = VerifyOptions {
        workers: usize::from(args.workers),
        lock_wait: args.lock_wait_timeout,
        wait: args.wait,
        limit: args.limit as usize,
    };
    let result = pair.verify(&options, sink(cli)).await?;
    match cli.output.format {
        Output::Human => verified::human(&result, style::of_stdout())
            .iter()
            .for_each(|line| data!("{line}")),
        Output::Json => json::print(&result, true),
        // The last event carries it.
        Output::Ndjson => {}
    }
    Ok(result.exit_code())
}

fn sink(cli: &Cli) -> EventSink {
    match cli.output.format {
        Output::Ndjson => EventSink::new(|event| json::print(event, false)),
        Output::Human if !cli.output.quiet => {
            let terminal =
                std::io::stderr().is_terminal() && std::env::var("TERM").is_ok_and(|term| term != "dumb");
            let lines = Arc::new(VerifyLines::new(terminal));
            EventSink::new(move |event| lines.take(event))
        }
        _ => EventSink::silent(),
    }
}
