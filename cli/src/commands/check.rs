//! `dbha check`: one look, in the form and with the exit codes of a Nagios plug-in.

use crate::{
    args::{CheckArgs, Cli, Output, RequireArg},
    exit::Failure,
    render::{
        json,
        probed::{self, Document},
    },
    servers,
};
use clap::CommandFactory;
use dbha_core::{
    Endpoint, LagLimits, Pair, ProbeLevel, Probed, Required, SetupOptions, Side, Status, probe,
    probe_with_findings,
};
use std::time::{Duration, Instant};

/// What is kept of the time limit for the goodbye to both servers.
const GOODBYE: Duration = Duration::from_millis(100);

/// Looks once and answers in one line; whatever is wrong with the question itself is unknown.
pub async fn run(cli: &Cli, args: &CheckArgs) -> u8 {
    match answer(cli, args).await {
        Ok(level) => level.exit_code(),
        Err(failure) => {
            failure.print();
            say(cli, &unknown(failure.text()), &[], None).exit_code()
        }
    }
}

/// Answers on behalf of a command line that could not be read.
pub fn not_understood() -> u8 {
    let probed = unknown("the command line is wrong: see dbha check --help");
    data!("{}", probed::line(&probed, &[]));
    probed.level.exit_code()
}

/// Tells whether a command line that could not be read was meant for this command.
pub fn is_meant(arguments: impl Iterator<Item = String>) -> bool {
    let command = Cli::command();
    let is_command = |argument: &String| command.get_subcommands().any(|one| one.get_name() == argument);
    arguments
        .skip(1)
        .find(is_command)
        .is_some_and(|name| name == "check")
}

fn unknown(text: &str) -> Probed {
    Probed {
        level: ProbeLevel::Unknown,
        text: text.to_owned(),
    }
}

async fn answer(cli: &Cli, args: &CheckArgs) -> Result<ProbeLevel, Failure> {
    let began = Instant::now();
    let (primary, secondary) = servers::resolve_distinct(&args.pair, &cli.output)?;
    let limits = limits(args)?;
    let required = required(args, &primary, &secondary)?;
    let pair = Pair::builder()
        .primary(primary)
        .secondary(secondary)
        .options(SetupOptions {
            pair: args.name.clone(),
            ..SetupOptions::default()
        })
        .build()?;
    let mut looking = pair
        .looking()
        .within(args.timeout.saturating_sub(GOODBYE).max(args.timeout / 2))
        .lagging_from(limits.critical);
    if let Some(platform) = args.platform.platform {
        looking = looking.for_platform(platform.into(), args.platform.platform_servers);
    }
    let status = looking.look().await;
    let probed = probe(&status, required, limits);
    let probed = probe_with_findings(probed, looking.platform_findings());
    let figures = probed::figures(&status, limits, began.elapsed(), args.timeout);
    let level = say(cli, &probed, &figures, Some(&status));
    // A server that hangs now was answered for already.
    let _ = tokio::time::timeout(GOODBYE.min(args.timeout / 2), looking.close()).await;
    Ok(level)
}

fn say(cli: &Cli, probed: &Probed, figures: &[probed::Figure], status: Option<&Status>) -> ProbeLevel {
    match cli.output.format {
        Output::Human => data!("{}", probed::line(probed, figures)),
        form => json::print(
            &Document {
                schema_version: 1,
                level: probed.level,
                exit_code: probed.level.exit_code(),
                text: &probed.text,
                figures,
                status,
            },
            form == Output::Json,
        ),
    }
    probed.level
}

fn limits(args: &CheckArgs) -> Result<LagLimits, Failure> {
    match args.warn_lag {
        Some(warning) if warning > args.max_lag => Err(Failure::usage(
            "--warn-lag is above --max-lag",
            "let --warn-lag be the smaller of the two",
        )),
        warning => Ok(LagLimits {
            warning,
            critical: args.max_lag,
        }),
    }
}

fn required(args: &CheckArgs, primary: &Endpoint, secondary: &Endpoint) -> Result<Required, Failure> {
    let side = args
        .server
        .as_deref()
        .map(|name| servers::side_named("--server", name, primary, secondary))
        .transpose()?;
    match (args.require, side) {
        (RequireArg::Pair, None) => Ok(Required::Pair),
        (RequireArg::Pair, Some(_)) => Err(Failure::usage(
            "--server names one server, and the pair is asked for",
            "add --require primary or --require replica",
        )),
        (RequireArg::Primary, side) => Ok(Required::Primary(side.unwrap_or(Side::Primary))),
        (RequireArg::Replica, side) => Ok(Required::Replica(side.unwrap_or(Side::Secondary))),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_wrong_command_line_is_known_as_meant_for_check() {
        let line = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>().into_iter();
        assert!(super::is_meant(line("dbha check --nonsense")));
        assert!(super::is_meant(line("dbha -o json check")));
        assert!(!super::is_meant(line("dbha status --nonsense")));
        assert!(!super::is_meant(line("dbha status --name check --nonsense")));
    }
}
