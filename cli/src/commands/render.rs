//! `dbha render`

mod keepalived;
mod platform;
mod systemd;

use crate::{
    args::{
        Cli, FlavorArg, HaproxyArgs, MyCnfArgs, OutputArgs, PrometheusRulesArgs, RenderArgs, RenderKind,
        SideArg, WritersArg,
    },
    exit::Failure,
    servers,
};
use dbha_core::{
    AutoIncrement, Dialect, Flavor, HaproxyServer, HaproxyWanted, NotRenderable, Pair, Platform,
    PrometheusRulesWanted, ServerPlan, SetupOptions, Side, Version, Writers, option_file,
    plan_for_new_server, platform_options,
};

/// Prints a configuration file.
pub async fn run(cli: &Cli, args: &RenderArgs) -> Result<u8, Failure> {
    match &args.kind {
        RenderKind::MyCnf(args) => my_cnf(cli, args).await,
        RenderKind::Haproxy(args) => printed(haproxy(args, &cli.output)?),
        RenderKind::Keepalived(args) => printed(keepalived::keepalived(args, &cli.output).await?),
        RenderKind::Systemd(args) => printed(systemd::unit(args)?),
        RenderKind::PrometheusRules(args) => printed(prometheus_rules(args)),
        RenderKind::MonitorAccount(args) => printed(dbha_core::monitor_account(
            newest(args.flavor),
            &args.monitor_host,
            args.managed,
        )),
        RenderKind::Platform(args) => platform::install(args, &cli.output),
        RenderKind::PlatformSql(args) => platform::sql(args, &cli.output),
        RenderKind::HealthCheck(args) => printed(platform::health_check(args, &cli.output)?),
    }
}

fn printed(text: Result<String, NotRenderable>) -> Result<u8, Failure> {
    let text = text.map_err(|wrong| Failure::usage(wrong.to_string(), wrong.fix))?;
    crate::out::write_data(format_args!("{text}"));
    Ok(0)
}

/// Nobody is asked: names and addresses are those of the arguments and the config file.
fn haproxy(args: &HaproxyArgs, output: &OutputArgs) -> Result<Result<String, NotRenderable>, Failure> {
    let platform = args.platform.platform.map(Platform::from);
    if let Some(platform) = platform.filter(|platform| platform.counts_on_step_1())
        && args.writers == WritersArg::Both
    {
        return Err(Failure::usage(
            format!("{} breaks where two servers take writes", platform.title()),
            "leave --writers both away",
        ));
    }
    Ok(dbha_core::haproxy(&HaproxyWanted {
        connections: platform.and_then(|platform| platform.connections(args.platform.platform_servers)),
        servers: both(&args.primary, &args.secondary, output)?,
        monitor: place("--monitor", &args.monitor)?,
        writes: place("--writes", &args.writes)?,
        reads: place("--reads", &args.reads)?,
        max_lag: u32::try_from(args.max_lag.as_secs()).unwrap_or(u32::MAX),
        writers: writers(args.writers),
    }))
}

/// Finds names and addresses of both servers.
fn both(primary: &str, secondary: &str, output: &OutputArgs) -> Result<[HaproxyServer; 2], Failure> {
    let server = |flag: &str, text: &str| {
        let endpoint = servers::located(flag, text, output)?;
        let Some((host, port)) = endpoint.address.tcp() else {
            let what = format!("{flag}: clients on other machines cannot use a socket");
            return Err(Failure::usage(
                what,
                format!("give {flag} HOST:PORT, or such an address in the config file"),
            ));
        };
        Ok(HaproxyServer {
            host: host.to_owned(),
            port,
            name: endpoint.name.clone(),
        })
    };
    Ok([server("--primary", primary)?, server("--secondary", secondary)?])
}

/// Takes `HOST:PORT`, `[IPV6]:PORT` or `*:PORT` apart.
fn place(flag: &str, text: &str) -> Result<(String, u16), Failure> {
    let parts = text.rsplit_once(':').and_then(|(host, port)| {
        let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = inner.or_else(|| (!host.contains(':')).then_some(host))?;
        Some((
            host.to_owned(),
            port.parse::<u16>().ok().filter(|port| *port > 0)?,
        ))
    });
    parts.ok_or_else(|| {
        Failure::usage(
            format!("{flag}: {text:?} is no HOST:PORT"),
            format!("check {flag}"),
        )
    })
}

fn prometheus_rules(args: &PrometheusRulesArgs) -> Result<String, NotRenderable> {
    dbha_core::prometheus_rules(&PrometheusRulesWanted {
        two_writers: args.two_writers.clone(),
        max_lag: u32::try_from(args.max_lag.as_secs()).unwrap_or(u32::MAX),
    })
}

async fn my_cnf(cli: &Cli, args: &MyCnfArgs) -> Result<u8, Failure> {
    let side = match args.server {
        SideArg::Primary => Side::Primary,
        SideArg::Secondary => Side::Secondary,
    };
    let options = args.choices.put_into(SetupOptions {
        writers: writers(args.writers),
        auto_increment: args.auto_increment.as_deref().map(|step| match step {
            "1" => AutoIncrement::Single,
            _ => AutoIncrement::Interleaved,
        }),
        platform: args.platform.platform.map(Into::into),
        ..SetupOptions::default()
    });
    let (dialect, plan) = match (&args.primary, &args.secondary) {
        (Some(primary), Some(secondary)) => of_servers(cli, args, primary, secondary, options, side).await?,
        _ => {
            let dialect = newest(args.flavor);
            (dialect, plan_for_new_server(dialect, side, &options))
        }
    };
    let of_platform = args.platform.platform.map_or(String::new(), |platform| {
        platform_options(platform.into(), dialect, args.platform.platform_servers)
    });
    crate::out::write_data(format_args!("{}{of_platform}", option_file(dialect, &plan)));
    Ok(0)
}

/// The dialect of servers that nobody has named.
fn newest(flavor: FlavorArg) -> Dialect {
    match flavor {
        FlavorArg::Mariadb => Dialect::new(Flavor::MariaDb, Version::new(10, 11, 0)),
        FlavorArg::Mysql => Dialect::new(Flavor::MySql, Version::new(8, 4, 0)),
    }
}

fn writers(writers: WritersArg) -> Writers {
    match writers {
        WritersArg::One => Writers::One,
        WritersArg::Both => Writers::Both,
    }
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
