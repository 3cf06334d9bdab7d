//! `dbha render`

use crate::{
    args::{Cli, FlavorArg, MyCnfArgs, RenderArgs, RenderKind, SideArg, WritersArg},
    exit::Failure,
    servers,
};
use dbha_core::{
    AutoIncrement, Dialect, Flavor, Pair, ServerPlan, SetupOptions, Side, Version, Writers, option_file,
    plan_for_new_server,
};

/// Prints a configuration file.
pub async fn run(cli: &Cli, args: &RenderArgs) -> Result<u8, Failure> {
    match &args.kind {
        RenderKind::MyCnf(args) => my_cnf(cli, args).await,
    }
}

async fn my_cnf(cli: &Cli, args: &MyCnfArgs) -> Result<u8, Failure> {
    let side = match args.server {
        SideArg::Primary => Side::Primary,
        SideArg::Secondary => Side::Secondary,
    };
    let options = SetupOptions {
        writers: if args.writers == WritersArg::Both {
            Writers::Both
        } else {
            Writers::One
        },
        auto_increment: args.auto_increment.as_deref().map(|step| match step {
            "1" => AutoIncrement::Single,
            _ => AutoIncrement::Interleaved,
        }),
        ..SetupOptions::default()
    };
    let (dialect, plan) = match (&args.primary, &args.secondary) {
        (Some(primary), Some(secondary)) => of_servers(cli, args, primary, secondary, options, side).await?,
        _ => {
            let dialect = match args.flavor {
                FlavorArg::Mariadb => Dialect::new(Flavor::MariaDb, Version::new(10, 11, 0)),
                FlavorArg::Mysql => Dialect::new(Flavor::MySql, Version::new(8, 4, 0)),
            };
            (dialect, plan_for_new_server(dialect, side, &options))
        }
    };
    crate::out::write_data(format_args!("{}", option_file(dialect, &plan)));
    Ok(0)
}

async fn of_servers(
    cli: &Cli,
    args: &MyCnfArgs,
    primary: &str,
    secondary: &str,
    options: SetupOptions,
    side: Side,
) -> Result<(Dialect, ServerPlan), Failure> {
    let (primary, secondary) = servers::resolve_two(primary, secondary, &args.login, &cli.output)?;
    let pair = Pair::builder()
        .primary(primary)
        .secondary(secondary)
        .options(options)
        .build()?;
    let (topology, dialects) = pair.topology().await?;
    Ok((*dialects.of(side), topology.server(side).clone()))
}
