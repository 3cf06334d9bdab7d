//! Plans in files: written by `dbha plan --out`, run by `dbha setup --plan`.

use crate::{
    args::{Cli, PairArgs},
    exit::Failure,
    private_file, servers,
};
use dbha_core::{Both, CancellationToken, Endpoint, Pair, SavedPlan};
use std::{fs, path::Path};

/// Names both servers as they were given; a password that was part of it is left out.
pub fn named(pair: &PairArgs) -> Both<String> {
    let plain = |text: &Option<String>| {
        let text = text.clone().unwrap_or_default();
        match text.parse::<Endpoint>() {
            Ok(endpoint) if endpoint.password.is_some() => endpoint.address.to_string(),
            _ => text,
        }
    };
    Both {
        primary: plain(&pair.primary),
        secondary: plain(&pair.secondary),
    }
}

/// Writes a plan, whole or not at all; only its owner may read it.
pub fn write(file: &Path, saved: &SavedPlan) -> Result<(), Failure> {
    let written = serde_json::to_vec_pretty(saved)
        .map_err(std::io::Error::from)
        .and_then(|mut text| {
            text.push(b'\n');
            private_file::write(file, &text)
        });
    written.map_err(|error| {
        Failure::usage(
            format!("cannot write the plan to {}: {error}", file.display()),
            "name a file in a directory that can be written",
        )
    })
}

/// Builds the pair that a saved plan is about; servers that are named beside it have to be the same.
pub fn pair(cli: &Cli, given: &PairArgs, file: &Path, cancel: CancellationToken) -> Result<Pair, Failure> {
    let text = fs::read_to_string(file).map_err(|error| {
        Failure::usage(
            format!("cannot read the plan {}: {error}", file.display()),
            "make it with `dbha plan --out FILE`",
        )
    })?;
    let saved = SavedPlan::parse(&text).map_err(|error| {
        Failure::usage(
            format!("{}: {error}", file.display()),
            "make a new one with this dbha: dbha plan --out FILE",
        )
    })?;
    let beside = named(given);
    for (given, planned) in [
        (&beside.primary, &saved.servers.primary),
        (&beside.secondary, &saved.servers.secondary),
    ] {
        if !given.is_empty() && given != planned {
            return Err(Failure::usage(
                format!(
                    "the plan {} is about {planned}, and {given} was given",
                    file.display()
                ),
                "leave --primary and --secondary away, or make a plan for these servers",
            ));
        }
    }
    let planned = &saved.servers;
    let (primary, secondary) =
        servers::resolve_two(&planned.primary, &planned.secondary, &given.login, &cli.output)?;
    let pair = Pair::builder()
        .primary(primary)
        .secondary(secondary)
        .only_if_unchanged(saved)
        .receipts(super::setup::receipts(cli))
        .cancellation(cancel);
    Ok(pair.build()?)
}
