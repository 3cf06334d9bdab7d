//! `dbha rejoin`

use super::setup;
use crate::{
    args::{Cli, RejoinArgs},
    exit::Failure,
    interrupt::cancel_on_signal,
    servers,
};
use dbha_core::{Pair, RejoinOptions, SetupOptions};

/// Lets a server that had the writes come back as the standby.
pub async fn run(cli: &Cli, args: &RejoinArgs) -> Result<u8, Failure> {
    let (primary, secondary) = servers::resolve_distinct(&args.pair, &cli.output)?;
    let server = servers::side_named("--server", &args.server, &primary, &secondary)?;
    let save_to = std::path::absolute(&args.save_to)
        .ok()
        .filter(|directory| directory.is_dir())
        .ok_or_else(|| {
            Failure::usage(
                format!("--save-to: there is no directory {}", args.save_to.display()),
                "name one that is there",
            )
        })?;
    let pair = Pair::builder()
        .primary(primary)
        .secondary(secondary)
        .options(SetupOptions {
            pair: args.name.clone(),
            host_access: servers::host_access(&args.pair, &args.hosts, &cli.output)?,
            primary_address: setup::address("--primary-address", args.primary_address.as_deref())?,
            secondary_address: setup::address("--secondary-address", args.secondary_address.as_deref())?,
            ..SetupOptions::default()
        })
        .receipts(setup::receipts(cli))
        .cancellation(cancel_on_signal())
        .build()?;
    let options = RejoinOptions {
        server,
        save_to,
        discard_extra: args.discard_extra,
    };
    let done = pair.rejoin(&options, setup::sink(cli, false)).await?;
    setup::report(cli, &done.setup);
    Ok(0)
}
