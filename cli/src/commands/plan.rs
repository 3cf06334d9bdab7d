//! `dbha plan`, and `dbha setup --dry-run`

use super::setup;
use crate::{
    args::{Cli, Output, SetupArgs},
    exit::Failure,
    interrupt::cancel_on_signal,
    render::{finding, json, plan, style},
};

/// Shows what a set-up would do; changes nothing.
pub async fn run(cli: &Cli, args: &SetupArgs) -> Result<u8, Failure> {
    let pair = setup::pair(cli, args, cancel_on_signal())?;
    let planned = pair.plan().await?;
    if cli.output.format != Output::Human {
        json::print(&planned, cli.output.format == Output::Json);
        return Ok(0);
    }
    if !cli.output.quiet {
        planned
            .findings
            .iter()
            .for_each(|found| talk!("{}", finding::human(found, style::of_stderr())));
    }
    let style = style::of_stdout();
    plan::human(&planned, style)
        .iter()
        .for_each(|line| data!("{line}"));
    if !planned.is_empty() {
        data!();
        plan::statements(&planned, style)
            .iter()
            .for_each(|line| data!("{line}"));
    }
    Ok(0)
}
