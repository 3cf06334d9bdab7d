//! `dbha status`

use crate::{
    args::{Cli, Output, StatusArgs},
    exit::Failure,
    render::{json, status, style},
    servers,
};
use dbha_core::{Pair, SetupOptions};

/// Looks at a pair once and says how it is.
pub async fn run(cli: &Cli, args: &StatusArgs) -> Result<u8, Failure> {
    let (primary, secondary) = servers::resolve(&args.pair, &cli.output)?;
    if primary.address == secondary.address {
        return Err(Failure::usage(
            "both names lead to one address",
            "give the two servers of the pair",
        ));
    }
    let options = SetupOptions {
        pair: args.name.clone(),
        host_access: servers::host_access(&args.pair, &args.hosts, &cli.output)?,
        ..SetupOptions::default()
    };
    let seen = Pair::builder()
        .primary(primary)
        .secondary(secondary)
        .options(options)
        .build()?
        .status()
        .await;
    match cli.output.format {
        Output::Human => status::human(&seen, style::of_stdout())
            .iter()
            .for_each(|line| data!("{line}")),
        form => json::print(&seen, form == Output::Json),
    }
    Ok(seen.exit_code())
}
