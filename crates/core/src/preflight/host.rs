//! What takes an option file and a restart: scenarios 18, 60 and 84.

use crate::{
    Both, Finding, FindingCode as Code, Restart, SetupOptions, Severity, Side, Topology, host,
    option_file::unsound_line, option_lines,
};
use dbha_sql::{Facts, HostFacts, Observed, OptionFact, RestartMeans, Setting, option_name};

pub(super) fn findings(facts: &Both<Facts>, topology: &Topology, options: &SetupOptions) -> Vec<Finding> {
    let of_side = |side: Side| {
        let server = facts.of(side);
        let mut found = binary_log(side, server, options);
        match &server.host {
            Observed::Absent => {}
            Observed::Denied(text) => found.push(Finding::new(
                Code::WrongHost,
                Some(side),
                text.clone(),
                format!("check --{side}-host-access (or --host-access), or leave it away"),
            )),
            Observed::Known(seen) => found.extend(option_file(side, server, seen, topology)),
        }
        found
    };
    Side::BOTH.into_iter().flat_map(of_side).collect()
}

/// Only an option file and a restart turn these on.
fn binary_log(side: Side, facts: &Facts, options: &SetupOptions) -> Vec<Finding> {
    let codes = [
        (Setting::LogBin, Code::BinaryLogOff),
        (Setting::LogReplicaUpdates, Code::ReplicaUpdatesOff),
    ];
    let off = codes
        .into_iter()
        .filter(|(setting, _)| !facts.has(*setting, "ON"));
    off.map(|(setting, code)| {
        let name = facts.dialect.variable(setting).unwrap_or("log_bin");
        let text = format!("{name} is off on {}", facts.name);
        match way_to_restart(facts, options) {
            Ok(()) => Finding::new(
                code,
                Some(side),
                format!("{text}: its option file is written and it is restarted"),
                "nothing to do; applications lose their connections to it for as long as its stop and start take",
            )
            .weighing(Severity::Warning),
            Err(fix) => Finding::new(code, Some(side), text, fix(side)),
        }
    })
    .collect()
}

/// Says what stands in the way of dbha's doing it itself, as what is to be done.
fn way_to_restart(facts: &Facts, options: &SetupOptions) -> Result<(), Box<dyn Fn(Side) -> String>> {
    let by_hand = |side: Side| {
        format!(
            "put the lines of `dbha render my.cnf --server {side}` into the {side}'s option file and restart it"
        )
    };
    match (&facts.host, options.restart) {
        (Observed::Known(seen), Restart::Allowed) => match &seen.restart {
            RestartMeans::None(why) => {
                let why = why.clone();
                Err(Box::new(move |side| {
                    format!("dbha cannot restart it ({why}): {}", by_hand(side))
                }))
            }
            _ => Ok(()),
        },
        (Observed::Known(_), Restart::Never) => Err(Box::new(|_| {
            "add --restart allowed: dbha writes its option file and restarts it".to_owned()
        })),
        _ => Err(Box::new(move |side| {
            format!(
                "{}; or add --host-access local, ssh:USER@HOST or docker:CONTAINER with --restart allowed, and dbha does it",
                by_hand(side)
            )
        })),
    }
}

/// Whether dbha's file can be written, and whether what is in it would hold.
fn option_file(side: Side, facts: &Facts, seen: &HostFacts, topology: &Topology) -> Vec<Finding> {
    let plan = topology.server(side);
    let missing: Vec<String> = option_lines(facts, plan)
        .iter()
        .filter(|line| !line.already_safe)
        .map(|line| line.text())
        .collect();
    let Some(drop_in) = &seen.drop_in else {
        if missing.is_empty() {
            return vec![];
        }
        let files = match seen.files.as_slice() {
            [] => "no option file at all (--no-defaults, or none is there)".to_owned(),
            files => format!("{} and no directory", files.join(", ")),
        };
        let finding = Finding::new(
            Code::NoOptionDirectory,
            Some(side),
            format!("{} reads {files}", facts.name),
            "put these lines under [mysqld] in its option file, or give it a directory by an !includedir line",
        );
        return vec![finding.with_lines(missing)];
    };
    let mut found = Vec::new();
    if let Some(text) = drop_in.text.as_deref().filter(|text| !host::is_own(text)) {
        let what = if text.is_empty() {
            "cannot be read, or is empty"
        } else {
            "was not written by dbha"
        };
        found.push(Finding::new(
            Code::OptionFileRefused,
            Some(side),
            format!("{} ({}) {what}", drop_in.path, seen.reach),
            format!(
                "look what it is for, and move it away: dbha writes its own file {}",
                host::DROP_IN_NAME
            ),
        ));
    }
    if let Some(line) = unsound_line(facts.dialect, plan) {
        found.push(Finding::new(
            Code::OptionFileRefused,
            Some(side),
            format!(
                "{} has a value that no option file can hold: {:?}",
                line.name, line.value
            ),
            "change it to one without quotes, backslashes and control characters",
        ));
    }
    for line in option_lines(facts, plan) {
        let Some(later) = drop_in.later.get(option_name(line.name)) else {
            continue;
        };
        if !same(&line.value, later) {
            found.push(Finding::new(
                Code::OptionOverridden,
                Some(side),
                format!(
                    "{} wins over {} with {}={} (wanted {})",
                    later.from, drop_in.path, line.name, later.value, line.value
                ),
                format!("take {} out of {}", line.name, later.from),
            ));
        }
    }
    found
}

fn same(wanted: &str, found: &OptionFact) -> bool {
    Setting::same_value(wanted, &found.value)
}
