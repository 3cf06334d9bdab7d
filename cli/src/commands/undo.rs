//! `dbha undo`

use crate::{
    args::{Cli, Output, UndoArgs},
    ask::{asked, terminal_to_ask_on},
    commands::setup::receipts,
    exit::Failure,
    interrupt::cancel_on_signal,
    render::{json, style, undo},
    servers,
};
use dbha_core::{EventKind, EventSink, Pair, SetupOptions, UndoOptions};

/// Takes back what the last set-up changed.
pub async fn run(cli: &Cli, args: &UndoArgs) -> Result<u8, Failure> {
    let (primary, secondary) = servers::resolve(&args.pair, &cli.output)?;
    let pair = Pair::builder()
        .primary(primary)
        .secondary(secondary)
        .options(SetupOptions {
            pair: args.name.clone(),
            ..SetupOptions::default()
        })
        .receipts(receipts(cli))
        .cancellation(cancel_on_signal())
        .build()?;
    let options = UndoOptions {
        keep_data: args.keep_data,
        receipt: args.receipt.clone(),
    };
    if args.dry_run || !args.yes {
        let plan = pair.undo_plan(&options).await?;
        if args.dry_run && cli.output.format != Output::Human {
            json::print(&plan, cli.output.format == Output::Json);
            return Ok(0);
        }
        if args.dry_run {
            let lines = undo::plan(&plan, true, style::of_stdout());
            lines.iter().for_each(|line| data!("{line}"));
            return Ok(0);
        }
        terminal_to_ask_on("look at `dbha undo --dry-run`, then add --yes")?;
        let lines = undo::plan(&plan, false, style::of_stderr());
        lines.iter().for_each(|line| talk!("{line}"));
        if !asked("Take this back?") {
            return Err(Failure::failed("nothing was changed", "answer y to go on"));
        }
    }
    let done = pair.undo(&options, sink(cli)).await?;
    match cli.output.format {
        Output::Human => undo::stays(&done, style::of_stderr())
            .iter()
            .for_each(|line| talk!("{line}")),
        Output::Json => json::print(&done, true),
        Output::Ndjson => {}
    }
    Ok(0)
}

fn sink(cli: &Cli) -> EventSink {
    match cli.output.format {
        Output::Ndjson => EventSink::new(|event| json::print(event, false)),
        Output::Json => EventSink::silent(),
        Output::Human if cli.output.quiet => EventSink::silent(),
        Output::Human => EventSink::new(|event| {
            if let EventKind::TakenBack { step, took_ms } = &event.kind {
                talk!("{}", undo::done(step, *took_ms, style::of_stderr()));
            }
        }),
    }
}
