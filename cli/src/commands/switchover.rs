//! `dbha switchover`

use super::setup;
use crate::{
    args::{Cli, Output, SwitchoverArgs},
    ask::{asked, terminal_to_ask_on},
    exit::Failure,
    interrupt::cancel_on_signal,
    render::{finding, json, roles, style},
    servers, vote,
};
use dbha_core::{Pair, SetupOptions, SwitchoverOptions, SwitchoverPlan};

/// Gives the writes to the other server.
pub async fn run(cli: &Cli, args: &SwitchoverArgs) -> Result<u8, Failure> {
    let (primary, secondary) = servers::resolve_distinct(&args.pair, &cli.output)?;
    let to = args
        .to
        .as_deref()
        .map(|name| servers::side_named("--to", name, &primary, &secondary))
        .transpose()?;
    let builder = Pair::builder()
        .primary(primary)
        .secondary(secondary)
        .options(SetupOptions {
            pair: args.name.clone(),
            host_access: servers::host_access(&args.pair, &args.hosts, &cli.output)?,
            ..SetupOptions::default()
        })
        .cancellation(cancel_on_signal());
    let pair = vote::with_vote(builder, &args.etcd)?.build()?;
    let options = SwitchoverOptions {
        to,
        grace: args.grace,
        max_lag: args.max_lag,
        catch_up: args.catch_up,
    };
    if args.dry_run {
        show(cli, &pair.switchover_plan(&options).await?);
        return Ok(0);
    }
    if !args.yes {
        let plan = pair.switchover_plan(&options).await?;
        terminal_to_ask_on("look at `dbha switchover --dry-run`, then add --yes")?;
        found(cli, &plan);
        roles::switchover_plan(&plan, false, style::of_stderr())
            .iter()
            .for_each(|line| talk!("{line}"));
        if !asked("Go on?") {
            return Err(Failure::failed("nothing was changed", "answer y to go on"));
        }
    }
    let done = pair.switchover(&options, setup::sink(cli, false)).await?;
    if cli.output.format == Output::Json {
        json::print(&done, true);
    }
    Ok(0)
}

/// Prints a plan in the chosen form.
fn show(cli: &Cli, plan: &SwitchoverPlan) {
    if cli.output.format != Output::Human {
        json::print(plan, cli.output.format == Output::Json);
        return;
    }
    found(cli, plan);
    roles::switchover_plan(plan, true, style::of_stdout())
        .iter()
        .for_each(|line| data!("{line}"));
}

fn found(cli: &Cli, plan: &SwitchoverPlan) {
    if !cli.output.quiet {
        let style = style::of_stderr();
        plan.findings
            .iter()
            .for_each(|found| talk!("{}", finding::human(found, style)));
    }
}
