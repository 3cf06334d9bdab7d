//! `dbha`: makes two MySQL or MariaDB servers a proven replicated pair, with one command.

// Nothing of a binary can be reached from outside.
#![allow(unreachable_pub)]

#[macro_use]
mod out;

mod args;
mod ask;
mod commands;
mod config;
mod daemon;
mod duration;
mod exit;
mod hardening;
mod interrupt;
mod memory;
mod name_service;
mod private_file;
mod render;
mod servers;
mod state_dir;
mod vote;
mod watch;

use args::{Cli, Command};
use clap::Parser;
use exit::Failure;
use std::{process::ExitCode, time::Duration};

fn main() -> ExitCode {
    memory::bound();
    hardening::forbid_core_dumps();
    name_service::bound();
    hardening::report_panics_plainly();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            if error.use_stderr() && commands::check::is_meant(std::env::args()) {
                return ExitCode::from(commands::check::not_understood());
            }
            // --help and --version are no failure; everything else is usage.
            return ExitCode::from(if error.use_stderr() { exit::USAGE } else { 0 });
        }
    };
    init_tracing(&cli);
    // Two threads drive the sockets of a pair; a copy's work is in the servers.
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            talk!("dbha: cannot start: {error}");
            return ExitCode::from(exit::FAILED);
        }
    };
    let result = runtime.block_on(run(&cli));
    // A connection that hangs must not keep the process; a private server's files that are being made are removed first.
    runtime.shutdown_timeout(patience(&cli));
    match result {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            failure.print();
            if cli.output.format == args::Output::Json {
                failure.print_json();
            }
            ExitCode::from(failure.code())
        }
    }
}

/// How long work that cannot be cancelled, such as the look-up of a name, is waited for at the end.
fn patience(cli: &Cli) -> Duration {
    match &cli.command {
        Command::Check(_) | Command::Monitor(_) | Command::Fence(_) => Duration::ZERO,
        _ => Duration::from_secs(3),
    }
}

async fn run(cli: &Cli) -> Result<u8, Failure> {
    match &cli.command {
        Command::Setup(args) => commands::setup::run(cli, args).await,
        Command::Preflight(args) => commands::preflight::run(cli, args).await,
        Command::Plan(args) => commands::plan::run(cli, args).await,
        Command::Undo(args) => commands::undo::run(cli, args).await,
        Command::Status(args) => commands::status::run(cli, args).await,
        Command::Monitor(args) => commands::monitor::run(cli, args).await,
        Command::Check(args) => Ok(commands::check::run(cli, args).await),
        Command::Verify(args) => commands::verify::run(cli, args).await,
        Command::Switchover(args) => commands::switchover::run(cli, args).await,
        Command::Failover(args) => commands::failover::run(cli, args).await,
        Command::Rejoin(args) => commands::rejoin::run(cli, args).await,
        Command::Fence(args) => commands::fence::run(cli, args).await,
        Command::RotatePassword(args) => commands::rotate_password::run(cli, args).await,
        Command::Dump(args) => commands::dump::run(cli, args).await,
        Command::Load(args) => commands::load::run(cli, args).await,
        Command::Render(args) => commands::render::run(cli, args).await,
        Command::Sandbox(args) => commands::sandbox::run(cli, args).await,
        Command::Demo(args) => commands::demo::run(cli, args).await,
        Command::Dsn(args) => commands::dsn::run(cli, args),
        Command::Explain(args) => commands::explain::run(cli, args),
        Command::Completions(args) => Ok(commands::completions::run(args)),
        Command::Man(args) => commands::man::run(args),
    }
}

fn init_tracing(cli: &Cli) {
    use tracing_subscriber::EnvFilter;
    let level = match cli.output.verbose {
        0 => "off",
        1 => "dbha=info,dbha_core=info,dbha_copy=info,dbha_sql=info",
        2 => "dbha=debug,dbha_core=debug,dbha_copy=debug,dbha_sql=debug",
        _ => "dbha=trace,dbha_core=trace,dbha_copy=trace,dbha_sql=trace",
    };
    let filter = EnvFilter::try_from_env("DBHA_LOG").unwrap_or_else(|_| EnvFilter::new(level));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
}
