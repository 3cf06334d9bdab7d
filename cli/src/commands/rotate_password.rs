//! `dbha rotate-password`

use super::setup;
use crate::{
    args::{Cli, RotatePasswordArgs},
    exit::Failure,
    interrupt::cancel_on_signal,
    servers,
};
use dbha_core::{Pair, SetupOptions};

/// Gives both replication accounts and both links a new password.
pub async fn run(cli: &Cli, args: &RotatePasswordArgs) -> Result<u8, Failure> {
    let (primary, secondary) = servers::resolve(&args.pair, &cli.output)?;
    let options = SetupOptions {
        pair: args.name.clone(),
        ..SetupOptions::default()
    };
    let pair = Pair::builder()
        .primary(primary)
        .secondary(secondary)
        .options(options)
        .cancellation(cancel_on_signal())
        .build()?;
    let done = pair.rotate_password(setup::sink(cli, false)).await?;
    setup::report(cli, &done);
    Ok(0)
}
