//! `dbha setup`

use crate::{
    args::{Cli, CopyArg, Output, RestartArg, SetupArgs, SetupRunArgs, WritersArg},
    ask::{asked, terminal_to_ask_on},
    commands::saved_plan,
    exit::Failure,
    interrupt::cancel_on_signal,
    render::{finding, json, plan, setup_lines::SetupLines, style},
    servers,
    state_dir::state_dir,
};
use dbha_core::{
    Address, AutoIncrement, CancellationToken, CopyMethod, Endpoint, EventSink, Finding, FindingCode,
    MonitorAccountWanted, Pair, ReceiptStore, Restart, SetupDone, SetupOptions, Writers,
};
use serde::Serialize;
use std::{io::IsTerminal, sync::Arc};

/// The document of `-o json`.
#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    changed: bool,
    proof: &'a Option<dbha_core::Proof>,
    status: &'a dbha_core::Status,
}

/// Makes the two servers a proven pair.
pub async fn run(cli: &Cli, args: &SetupRunArgs) -> Result<u8, Failure> {
    let cancel = cancel_on_signal();
    let pair = match &args.plan {
        Some(file) => saved_plan::pair(cli, &args.wanted.pair, file, cancel)?,
        None => pair(cli, &args.wanted, cancel)?,
    };
    if args.dry_run {
        return super::plan::show(cli, &pair.plan().await?);
    }
    if !args.yes && !confirmed(cli, &pair).await? {
        return Err(Failure::failed(
            "not begun, nothing was changed",
            "answer y to go on",
        ));
    }
    let done = pair.setup(sink(cli, args.yes)).await?;
    report(cli, &done);
    Ok(0)
}

/// Builds the pair that the arguments describe.
pub fn pair(cli: &Cli, args: &SetupArgs, cancel: CancellationToken) -> Result<Pair, Failure> {
    let (primary, secondary) = servers::resolve(&args.pair, &cli.output)?;
    let pair = Pair::builder()
        .primary(primary)
        .secondary(secondary)
        .options(SetupOptions {
            host_access: servers::host_access(&args.pair, &args.hosts, &cli.output)?,
            ..options(args)?
        })
        .receipts(receipts(cli))
        .cancellation(cancel);
    Ok(pair.build()?)
}

/// Returns where receipts are kept.
pub fn receipts(cli: &Cli) -> ReceiptStore {
    ReceiptStore::below(&state_dir(cli.output.state_dir.as_ref()))
}

fn options(args: &SetupArgs) -> Result<SetupOptions, Failure> {
    for code in &args.ignore {
        let known = FindingCode::named(code);
        match known {
            None => {
                return Err(Failure::usage(
                    format!("--ignore {code}: there is no such code"),
                    "codes are DBHA-P01 and so on; dbha explain lists them",
                ));
            }
            Some(known) if !known.is_ignorable() => {
                return Err(Failure::usage(
                    format!(
                        "--ignore {known}: this finding cannot be ignored: {}",
                        known.why()
                    ),
                    "mend what it names",
                ));
            }
            Some(_) => {}
        }
    }
    Ok(args.choices.put_into(SetupOptions {
        pair: args.name.clone(),
        writers: match args.writers {
            WritersArg::One => Writers::One,
            WritersArg::Both => Writers::Both,
        },
        auto_increment: match args.auto_increment.as_deref() {
            Some("1") => Some(AutoIncrement::Single),
            Some(_) => Some(AutoIncrement::Interleaved),
            None => None,
        },
        platform: args.platform.platform.map(Into::into),
        platform_servers: args.platform.platform_servers,
        copy: match args.copy {
            CopyArg::Auto => CopyMethod::Auto,
            CopyArg::Stream => CopyMethod::Stream,
            CopyArg::ClonePlugin => CopyMethod::ClonePlugin,
        },
        // Kept in a saved plan, which may be run from elsewhere.
        copy_from: args
            .copy_from
            .as_deref()
            .map(std::path::absolute)
            .transpose()
            .map_err(|error| {
                Failure::usage(
                    format!("--copy-from: {error}"),
                    "name the directory that `dbha dump` wrote",
                )
            })?,
        copy_workers: usize::from(args.copy_workers),
        overwrite_secondary: args.overwrite_secondary.clone(),
        replace: args.replace.clone(),
        primary_address: address("--primary-address", args.primary_address.as_deref())?,
        secondary_address: address("--secondary-address", args.secondary_address.as_deref())?,
        replication_host: args.replication_host.clone(),
        replication_ssl_ca: args.replication_ssl_ca.clone(),
        lock_wait: args.lock_wait_timeout,
        ignore: args.ignore.clone(),
        prove: args.prove,
        restart: match args.restart {
            RestartArg::Allowed => Restart::Allowed,
            RestartArg::Never => Restart::Never,
        },
        monitor_account: monitor_account(args)?,
        platform_account: super::platform_account::wanted(args)?,
        ..SetupOptions::default()
    }))
}

/// A file that is not there is made by the set-up, with a new password.
fn monitor_account(args: &SetupArgs) -> Result<Option<MonitorAccountWanted>, Failure> {
    let Some(file) = args
        .monitor_password_file
        .as_deref()
        .filter(|_| args.monitor_account)
    else {
        return Ok(None);
    };
    servers::refuse_if_open(file)?;
    let wrong = |what: String| Failure::usage(what, "check --monitor-password-file");
    // Kept in a saved plan, which may be run from elsewhere.
    let password_file =
        std::path::absolute(file).map_err(|error| wrong(format!("--monitor-password-file: {error}")))?;
    if !password_file.parent().is_some_and(std::path::Path::is_dir) {
        return Err(wrong(format!(
            "there is no directory for {}",
            password_file.display()
        )));
    }
    Ok(Some(MonitorAccountWanted {
        host: args.monitor_host.clone(),
        new_password: !password_file.exists(),
        password_file,
    }))
}

/// Reads the value of an option that is a host with its port.
pub fn address(flag: &str, text: Option<&str>) -> Result<Option<(String, u16)>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let wrong = || {
        Failure::usage(
            format!("{flag} {text:?} is no host and port"),
            "give it as HOST:PORT",
        )
    };
    match text.parse::<Endpoint>().map_err(|_| wrong())?.address {
        Address::Tcp { host, port } => Ok(Some((host, port))),
        Address::Socket { .. } => Err(wrong()),
    }
}

/// Shows the plan and asks; a plan without anything to do needs no question.
async fn confirmed(cli: &Cli, pair: &Pair) -> Result<bool, Failure> {
    let planned = pair.plan().await?;
    if planned.is_empty() {
        return Ok(true);
    }
    terminal_to_ask_on("look at `dbha plan`, then add --yes")?;
    let style = style::of_stderr();
    if !cli.output.quiet {
        // What a restart would lose is told at the end, with the lines to write.
        let told_now = |found: &&Finding| found.code != FindingCode::NotRestartSafe;
        planned
            .findings
            .iter()
            .filter(told_now)
            .for_each(|found| talk!("{}", finding::human(found, style)));
    }
    plan::human(&planned, style)
        .iter()
        .for_each(|line| talk!("{line}"));
    Ok(asked("Go on?"))
}

/// Makes the sink that the chosen form of output wants.
pub fn sink(cli: &Cli, show_plan: bool) -> EventSink {
    match cli.output.format {
        Output::Ndjson => EventSink::new(|event| json::print(event, false)),
        Output::Json => EventSink::silent(),
        Output::Human if cli.output.quiet => EventSink::silent(),
        Output::Human => {
            let terminal =
                std::io::stderr().is_terminal() && std::env::var("TERM").is_ok_and(|term| term != "dumb");
            let lines = Arc::new(SetupLines::new(style::of_stderr(), terminal, show_plan));
            EventSink::new(move |event| lines.take(event))
        }
    }
}

/// Prints the document of `-o json`.
pub fn report(cli: &Cli, done: &SetupDone) {
    if cli.output.format == Output::Json {
        let SetupDone {
            changed,
            proof,
            status,
        } = done;
        json::print(
            &Document {
                schema_version: 1,
                changed: *changed,
                proof,
                status,
            },
            true,
        );
    }
}
