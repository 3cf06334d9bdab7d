//! `dbha plan`, and `dbha setup --dry-run`

use super::{saved_plan, setup};
use crate::{
    args::{Cli, Output, PlanArgs},
    exit::Failure,
    interrupt::cancel_on_signal,
    render::{finding, json, plan, style},
};
use dbha_core::Plan;

/// Shows what a set-up would do, and saves it where that is wished; changes nothing on the servers.
pub async fn run(cli: &Cli, args: &PlanArgs) -> Result<u8, Failure> {
    let pair = setup::pair(cli, &args.wanted, cancel_on_signal())?;
    let servers = saved_plan::named(&args.wanted.pair);
    let (planned, saved) = pair.plan_to_save(servers).await?;
    let code = show(cli, &planned)?;
    if let Some(file) = &args.out {
        saved_plan::write(file, &saved)?;
        if !cli.output.quiet {
            let ok = style::of_stderr().green("✔");
            talk!("{ok} saved; run it with: dbha setup --plan {}", file.display());
        }
    }
    Ok(code)
}

/// Prints a plan in the chosen form.
pub fn show(cli: &Cli, planned: &Plan) -> Result<u8, Failure> {
    if cli.output.format != Output::Human {
        json::print(planned, cli.output.format == Output::Json);
        return Ok(0);
    }
    if !cli.output.quiet {
        planned
            .findings
            .iter()
            .for_each(|found| talk!("{}", finding::human(found, style::of_stderr())));
    }
    let style = style::of_stdout();
    plan::human(planned, style)
        .iter()
        .for_each(|line| data!("{line}"));
    if !planned.is_empty() {
        data!();
        plan::statements(planned, style)
            .iter()
            .for_each(|line| data!("{line}"));
    }
    Ok(0)
}
