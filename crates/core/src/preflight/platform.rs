//! Whether the servers are what the named platform needs.

use super::list::shortened;
use crate::{Both, Finding, FindingCode as Code, Platform, SetupOptions, Side, platform::sql_mode_without};
use dbha_sql::{Facts, Setting};

/// What a server that takes writes must not refuse, or Cloudpods fails with 1055.
const FULL_GROUP_BY: &str = "ONLY_FULL_GROUP_BY";

pub(super) fn findings(facts: &Both<Facts>, options: &SetupOptions) -> Vec<Finding> {
    let Some(platform) = options.platform else {
        return Vec::new();
    };
    let mut found = Vec::new();
    // Either server may have to take the platform's connections.
    for side in Side::BOTH {
        found.extend(of_server(
            side,
            facts.of(side),
            platform,
            options.platform_servers,
        ));
    }
    // Where the set-up makes them there is nothing to do by hand.
    if options.platform_account.is_none() {
        found.extend(not_prepared(&facts.primary, platform));
    }
    found
}

/// What one server lacks.
fn of_server(side: Side, facts: &Facts, platform: Platform, servers: Option<u32>) -> Vec<Finding> {
    let found = [
        connections(side, facts, platform, servers),
        sql_mode(side, facts, platform),
        version(side, facts, platform),
    ];
    found.into_iter().flatten().collect()
}

/// What one server of a pair that runs lacks, its step between keys included.
pub(crate) fn platform_of_server(
    side: Side,
    facts: &Facts,
    platform: Platform,
    servers: Option<u32>,
) -> Vec<Finding> {
    let mut found = of_server(side, facts, platform, servers);
    found.extend(key_step(side, facts, platform));
    found
}

fn key_step(side: Side, facts: &Facts, platform: Platform) -> Option<Finding> {
    let step = facts.number(Setting::AutoIncrementIncrement)?;
    (platform.counts_on_step_1() && step != 1).then(|| {
        Finding::new(
            Code::IncrementNeedsOneWriter,
            Some(side),
            format!(
                "{} has auto_increment_increment={step}, and {} breaks when that is not 1",
                facts.name,
                platform.title()
            ),
            format!("dbha setup --for {platform}, at a moment at which nothing writes"),
        )
    })
}

fn connections(side: Side, facts: &Facts, platform: Platform, servers: Option<u32>) -> Option<Finding> {
    let needed = platform.connections(servers)?;
    let most = facts.number(Setting::MaxConnections)?;
    (most < needed).then(|| {
        Finding::new(
            Code::PlatformConnections,
            Some(side),
            format!(
                "{} lets in {most} connections, and {} needs {needed} ({})",
                facts.name,
                platform.title(),
                platform.why_so_many(servers)
            ),
            "run this on it, and put max_connections into its option file \
             (dbha render my.cnf with the same --for prints the line)",
        )
        .with_lines(super::list::lines(
            facts.dialect.advise_setting(Setting::MaxConnections, needed),
        ))
    })
}

fn sql_mode(side: Side, facts: &Facts, platform: Platform) -> Option<Finding> {
    let mode = facts.setting(Setting::SqlMode);
    let refuses = mode
        .split(',')
        .any(|word| word.eq_ignore_ascii_case(FULL_GROUP_BY));
    (refuses && !platform.works_under_full_group_by()).then(|| {
        let without = dbha_sql::quote_literal(&sql_mode_without(mode, FULL_GROUP_BY));
        Finding::new(
            Code::PlatformSqlMode,
            Some(side),
            format!(
                "sql_mode of {} holds {FULL_GROUP_BY}, under which {} does not work",
                facts.name,
                platform.title()
            ),
            "run this on it, and put sql_mode into its option file \
             (dbha render my.cnf with the same --for prints the line)",
        )
        .with_lines(super::list::lines(
            facts.dialect.advise_setting(Setting::SqlMode, without),
        ))
    })
}

fn version(side: Side, facts: &Facts, platform: Platform) -> Option<Finding> {
    (!platform.names(facts.dialect)).then(|| {
        Finding::new(
            Code::PlatformVersion,
            Some(side),
            format!(
                "{} is {} {}; {} names {}",
                facts.name,
                facts.dialect.flavor(),
                facts.dialect.version(),
                platform.title(),
                platform.versions()
            ),
            "use a version that it names, or try yours before the site depends on it",
        )
    })
}

/// Only where databases and accounts can be seen: what is not seen may be there.
fn not_prepared(primary: &Facts, platform: Platform) -> Option<Finding> {
    let schemas = primary.schemas.known()?;
    let accounts = primary.accounts.known()?;
    let mut missing: Vec<String> = platform
        .databases()
        .filter(|name| !schemas.iter().any(|schema| schema.name == *name))
        .map(|name| format!("database {name}"))
        .collect();
    let user = platform.user()?;
    if !accounts.iter().any(|account| account.user == user) {
        missing.push(format!("account {user}"));
    }
    (!missing.is_empty()).then(|| {
        Finding::new(
            Code::PlatformNotPrepared,
            Some(Side::Primary),
            format!(
                "{} has no {} for {}",
                primary.name,
                shortened(&missing, ", "),
                platform.title()
            ),
            format!(
                "let the set-up make them: --platform-password-file FILE --client-host HOST; or run what dbha render \
                 platform-sql --for {platform} prints on it; nothing, if {} has others of its own",
                platform.title()
            ),
        )
    })
}
