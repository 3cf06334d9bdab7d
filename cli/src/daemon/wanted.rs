//! What is to be watched and how, from the command line and the config file; read anew at SIGHUP.

use super::targets::target;
use crate::{
    args::{Cli, MonitorArgs},
    config::{AlertConfig, Config, PairConfig},
    duration::duration,
    exit::Failure,
    servers::Resolver,
};
use dbha_core::Endpoint;
use dbha_monitor::{AlertTarget, MonitorSettings, Opening, WatchedPair};
use std::{collections::BTreeMap, time::Duration};

/// One pair and how it is watched.
#[derive(Debug, Clone)]
pub struct WantedPair {
    /// The pair.
    pub pair: WatchedPair,
    /// How it is watched.
    pub settings: MonitorSettings,
}

impl WantedPair {
    /// Tells whether the other one is watched in just this way.
    pub fn is_as(&self, other: &Self) -> bool {
        let servers = |one: &Self| (one.pair.primary.clone(), one.pair.secondary.clone());
        let settings = |one: &Self| {
            let s = &one.settings;
            (s.tick, s.lagging_from, s.heartbeat, s.heal, s.opening)
        };
        servers(self) == servers(other) && settings(self) == settings(other)
    }
}

/// Everything that a reload can change.
pub struct Wanted {
    /// The pairs by name; at least one.
    pub pairs: BTreeMap<String, WantedPair>,
    /// Where alerts go.
    pub targets: Vec<AlertTarget>,
    /// The same as it was written, to be compared.
    pub alerts: Vec<AlertConfig>,
}

impl Wanted {
    /// Reads everything; `may_ask` allows a question for a password, which only a start can ask.
    pub fn read(cli: &Cli, args: &MonitorArgs, may_ask: bool) -> Result<Self, Failure> {
        let config = Config::read(cli.output.config.as_deref())?;
        let mut resolver = Resolver::new(&args.pair.login, &cli.output)?;
        if !may_ask {
            resolver = resolver.without_questions();
        }
        let pairs = match (&args.pair.primary, &args.pair.secondary) {
            (None, None) => of_config(&config, args, &mut resolver)?,
            (Some(primary), Some(secondary)) => {
                let given = PairConfig {
                    primary: primary.clone(),
                    secondary: secondary.clone(),
                    ..PairConfig::default()
                };
                let pair = wanted(&args.name, &given, args, &mut resolver)?;
                BTreeMap::from([(pair.pair.name.clone(), pair)])
            }
            _ => {
                return Err(Failure::usage(
                    "one server of the pair is missing",
                    "give --primary and --secondary, or neither and [pair.NAME] in the config file",
                ));
            }
        };
        if pairs.is_empty() {
            return Err(Failure::usage(
                "there is no pair to watch",
                "give --primary and --secondary, or write [pair.NAME] with primary and secondary into the config file",
            ));
        }
        let targets = config.alert.iter().enumerate();
        let targets = targets.map(|(index, alert)| target(index + 1, alert));
        Ok(Self {
            pairs,
            targets: targets.collect::<Result<_, _>>()?,
            alerts: config.alert,
        })
    }
}

fn of_config(
    config: &Config,
    args: &MonitorArgs,
    resolver: &mut Resolver,
) -> Result<BTreeMap<String, WantedPair>, Failure> {
    let read = |(name, pair): (&String, &PairConfig)| Ok((name.clone(), wanted(name, pair, args, resolver)?));
    config.pair.iter().map(read).collect()
}

fn wanted(
    name: &str,
    config: &PairConfig,
    args: &MonitorArgs,
    resolver: &mut Resolver,
) -> Result<WantedPair, Failure> {
    let (primary, secondary) = resolver.pair(&config.primary, &config.secondary)?;
    if primary.address == secondary.address {
        return Err(Failure::usage(
            format!(
                "both servers of {} have one address",
                named(name, &primary, &secondary)
            ),
            "give the two servers of the pair",
        ));
    }
    let time = |text: &Option<String>, given: Duration, key: &str| match text {
        None => Ok(given),
        Some(text) => duration(text).map_err(|error| {
            Failure::usage(
                format!("{key} of [pair.{name}]: {error}"),
                "correct the config file",
            )
        }),
    };
    let settings = MonitorSettings {
        tick: time(&config.tick, args.tick, "tick")?.max(Duration::from_millis(100)),
        lagging_from: time(&config.max_lag, args.max_lag, "max-lag")?,
        heartbeat: config.heartbeat.unwrap_or(true) && !args.no_heartbeat,
        heal: config.heal.unwrap_or(args.heal),
        // Before its guard holds the vote nobody may be opened, whatever the servers know of guards.
        opening: match args.guard.auto_failover {
            true => Opening::ByGuard,
            false => Opening::ByMonitor,
        },
        ..MonitorSettings::default()
    };
    Ok(WantedPair {
        pair: WatchedPair {
            name: named(name, &primary, &secondary),
            primary,
            secondary,
        },
        settings,
    })
}

fn named(name: &str, primary: &Endpoint, secondary: &Endpoint) -> String {
    match name.is_empty() {
        true => format!("{}+{}", primary.name, secondary.name),
        false => name.to_owned(),
    }
}
