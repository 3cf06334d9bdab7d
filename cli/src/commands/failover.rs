//! `dbha failover`

use super::setup;
use crate::{
    args::{Cli, FailoverArgs, Output},
    exit::Failure,
    interrupt::cancel_on_signal,
    render::{finding, json, style},
    servers, vote,
};
use dbha_core::{FailoverOptions, Pair, SetupOptions, Side};

/// Takes the writes from a server that is gone.
pub async fn run(cli: &Cli, args: &FailoverArgs) -> Result<u8, Failure> {
    let (primary, secondary) = servers::resolve_distinct(&args.pair, &cli.output)?;
    let to = servers::side_named("--to", &args.to, &primary, &secondary)?;
    let gone = servers::side_named("--confirm", &args.confirm, &primary, &secondary)?;
    if gone == to {
        let old = if to == Side::Primary { &secondary } else { &primary };
        return Err(Failure::usage(
            "--confirm names the server that is to take the writes",
            format!("name the one that is gone: --confirm {}", old.name),
        ));
    }
    let builder = Pair::builder()
        .primary(primary)
        .secondary(secondary)
        .options(SetupOptions {
            pair: args.name.clone(),
            ..SetupOptions::default()
        })
        .cancellation(cancel_on_signal());
    let pair = vote::with_vote(builder, &args.etcd)?.build()?;
    let options = FailoverOptions {
        stop_old: args.stop_old,
        notice: args.notice,
        catch_up: args.catch_up,
        ..FailoverOptions::to(to)
    };
    if args.dry_run {
        let style = style::of_stderr();
        let found = pair.failover_findings(&options).await?;
        found
            .iter()
            .for_each(|one| talk!("{}", finding::human(one, style)));
        match cli.output.format {
            Output::Human => talk!("nothing that can be seen from here stops it"),
            form => json::print(&found, form == Output::Json),
        }
        return Ok(0);
    }
    let done = pair.failover(&options, setup::sink(cli, false)).await?;
    if cli.output.format == Output::Json {
        json::print(&done, true);
    }
    Ok(0)
}
