//! Looking at a server's machine: the process, then what it reads at a start.

use super::{
    DROP_IN_NAME, Host, HostAccess, HostError, Machine,
    find_server::find_server,
    option_files::{KnownFiles, Reading},
    script::Script,
    shell::quote,
};
use crate::{Both, error_chain};
use dbha_sql::{DropIn, Facts, HostFacts, Observed, OptionFact, Place, Server, Setting, option_name};
use std::collections::BTreeMap;

/// More rounds than any chain of files that include one another takes.
const ROUNDS: usize = 12;

/// An option that no server has; it marks the place at which the drop-in is read.
const SENTINEL: &str = "dbha_is_read_here";

/// Looks at the machine of a server and lays what is there beside what the server said.
///
/// A machine that cannot be looked at, or is another server's, is a part of what was seen.
pub(crate) async fn look(access: Option<&HostAccess>, server: &mut Server, facts: &mut Facts) {
    let Some(access) = access else { return };
    let host = Host::new(access.clone());
    let seen = match server.place().await {
        Ok(place) => look_closely(&host, &place, facts).await.map(|(_, seen)| seen),
        Err(error) => Err(HostError::Refused(error_chain(&error))),
    };
    facts.set_host(match seen {
        Ok(seen) => Observed::Known(seen),
        Err(error) => Observed::Denied(error_chain(&error)),
    });
}

/// Looks at the machines of both servers at once.
pub(crate) async fn look_at_both(
    access: &Both<Option<HostAccess>>,
    servers: &mut Both<Server>,
    facts: &mut Both<Facts>,
) {
    tokio::join!(
        look(access.primary.as_ref(), &mut servers.primary, &mut facts.primary),
        look(
            access.secondary.as_ref(),
            &mut servers.secondary,
            &mut facts.secondary
        )
    );
}

/// Finds the server's process on the machine, and everything that it reads at a start.
pub(crate) async fn look_closely(
    host: &Host,
    place: &Place,
    facts: &Facts,
) -> Result<(Machine, HostFacts), HostError> {
    let pid = find_server(host, place).await?;
    let machine = Machine::look(host, pid, place).await?;
    let read = read_options(host, &machine).await?;
    let drop_in = match read.reading.directories.last() {
        Some(directory) => {
            let path = format!("{directory}/{DROP_IN_NAME}");
            let later = read.read_after(directory, &machine);
            let later = only_known(facts, later);
            let text = read.known.files.get(&path).cloned().flatten();
            // Neither is a file that may not be read, or a link into nowhere, one of dbha's.
            let there = read.known.directories.get(directory).cloned().flatten();
            let unread = there.is_some_and(|names| names.iter().any(|name| name == DROP_IN_NAME));
            let text = text.or_else(|| unread.then(String::new));
            Some(DropIn { path, text, later })
        }
        None => None,
    };
    let options = read.reading.winners(&read.groups, &machine.arguments);
    check_print_defaults(&read, &machine)?;
    let facts = HostFacts {
        reach: host.access().to_string(),
        files: read.reading.files.clone(),
        drop_in,
        options: only_known(facts, options),
        restart: machine.means.clone(),
        supervised: machine.supervised,
    };
    Ok((machine, facts))
}

/// What a server's files say.
struct OptionsRead {
    known: KnownFiles,
    roots: Vec<String>,
    groups: Vec<String>,
    reading: Reading,
    /// The server's own list of what it would be started with.
    printed: String,
}

impl OptionsRead {
    /// Returns what is read after a drop-in in this directory, or would be.
    fn read_after(&self, directory: &str, machine: &Machine) -> BTreeMap<String, OptionFact> {
        let mut known = self.known.clone();
        let text = format!("[mysqld]\n{SENTINEL}=1\n");
        known
            .files
            .insert(format!("{directory}/{DROP_IN_NAME}"), Some(text));
        if let Some(Some(names)) = known.directories.get_mut(directory)
            && !names.iter().any(|name| name == DROP_IN_NAME)
        {
            names.push(DROP_IN_NAME.to_owned());
        }
        let mut reading = Reading::of(&self.roots, &known);
        if let Some(at) = reading.lines.iter().rposition(|line| line.name == SENTINEL) {
            reading.lines.drain(..=at);
        }
        reading.winners(&self.groups, &machine.arguments)
    }
}

async fn read_options(host: &Host, machine: &Machine) -> Result<OptionsRead, HostError> {
    let line = machine.program_line();
    let script = Script::new()
        .section(
            "help",
            &format!("{line} --help --verbose 2>/dev/null | head -n 60"),
        )
        .section("printed", &format!("{line} --print-defaults 2>/dev/null"));
    let seen = host
        .run("ask the server's program which files it reads", &script)
        .await?;
    let help = seen.text("help");
    let groups = groups(&help, machine);
    let roots = roots(&help, machine);
    let mut known = KnownFiles::default();
    for _ in 0..ROUNDS {
        let reading = Reading::of(&roots, &known);
        if reading.is_whole() {
            return Ok(OptionsRead {
                known,
                roots,
                groups,
                reading,
                printed: seen.text("printed"),
            });
        }
        fetch(host, &reading, &mut known).await?;
    }
    Err(HostError::Refused(
        "the option files include one another without an end".into(),
    ))
}

/// Reads what a reading still lacks, in one go.
async fn fetch(host: &Host, reading: &Reading, known: &mut KnownFiles) -> Result<(), HostError> {
    let mut script = Script::new();
    for (number, path) in reading.missing_files.iter().enumerate() {
        let word = quote(path);
        script = script
            .section(
                &format!("readable{number}"),
                &format!("[ -r {word} ] && [ -f {word} ] && echo yes"),
            )
            .section(&format!("file{number}"), &format!("[ -f {word} ] && cat {word}"));
    }
    for (number, path) in reading.missing_directories.iter().enumerate() {
        let word = quote(path);
        script = script
            .section(
                &format!("listable{number}"),
                &format!("[ -r {word} ] && [ -d {word} ] && echo yes"),
            )
            .section(
                &format!("directory{number}"),
                &format!("[ -d {word} ] && ls -A {word}"),
            );
    }
    let seen = host.run("read the server's option files", &script).await?;
    for (number, path) in reading.missing_files.iter().enumerate() {
        let text = String::from_utf8_lossy(seen.bytes(&format!("file{number}"))).into_owned();
        let readable = seen.text(&format!("readable{number}")) == "yes";
        known.files.insert(path.clone(), readable.then_some(text));
    }
    for (number, path) in reading.missing_directories.iter().enumerate() {
        let names = seen.text(&format!("directory{number}"));
        let names = names.lines().map(str::to_owned).collect();
        let listable = seen.text(&format!("listable{number}")) == "yes";
        known.directories.insert(path.clone(), listable.then_some(names));
    }
    Ok(())
}

/// Returns the files at which the server begins to read.
fn roots(help: &str, machine: &Machine) -> Vec<String> {
    if machine.defaults.iter().any(|word| word == "--no-defaults") {
        return vec![];
    }
    let absolute = |path: &str| match path.strip_prefix("~/") {
        Some(rest) => {
            let home = machine.surroundings.iter().find(|(name, _)| name == "HOME");
            home.map(|(_, home)| format!("{home}/{rest}"))
        }
        None if path.starts_with('/') => Some(path.to_owned()),
        None => Some(format!(
            "{}/{path}",
            machine.working_directory.trim_end_matches('/')
        )),
    };
    // MySQL's help lists the usual files even where this one replaces them.
    if let Some(only) = machine.default("--defaults-file") {
        return absolute(only).into_iter().collect();
    }
    let mut lines = help.lines();
    let announced = lines.any(|line| line.starts_with("Default options are read from the following files"));
    let listed = lines.next().filter(|_| announced).unwrap_or("");
    let mut roots: Vec<String> = listed.split_whitespace().filter_map(absolute).collect();
    // A path with blanks in it was torn apart above.
    if let Some(extra) = machine.default("--defaults-extra-file").and_then(absolute)
        && !roots.contains(&extra)
    {
        roots.push(extra);
    }
    roots
}

fn groups(help: &str, machine: &Machine) -> Vec<String> {
    let listed = help
        .lines()
        .find_map(|line| line.strip_prefix("The following groups are read:"));
    let mut groups: Vec<String> = match listed {
        Some(list) => list.split_whitespace().map(str::to_owned).collect(),
        None => ["mysqld", "server"].map(str::to_owned).to_vec(),
    };
    let of_surroundings = machine
        .surroundings
        .iter()
        .find(|(name, _)| name == "MYSQL_GROUP_SUFFIX");
    let suffix = machine
        .default("--defaults-group-suffix")
        .or(of_surroundings.map(|(_, suffix)| suffix.as_str()));
    if let Some(suffix) = suffix {
        let with_suffix: Vec<String> = groups.iter().map(|group| format!("{group}{suffix}")).collect();
        groups.extend(with_suffix);
    }
    groups
}

/// Keeps only what dbha knows the meaning of; other options may hold secrets.
fn only_known(facts: &Facts, mut options: BTreeMap<String, OptionFact>) -> BTreeMap<String, OptionFact> {
    let known: Vec<&str> = Setting::ALL
        .into_iter()
        .filter_map(|setting| facts.dialect.variable(setting))
        .map(option_name)
        .collect();
    options.retain(|name, _| known.contains(&name.as_str()));
    options
}

/// The server's own list must agree with what was read here, or dbha has not understood these files.
fn check_print_defaults(read: &OptionsRead, machine: &Machine) -> Result<(), HostError> {
    let printed: Vec<String> = printed_words(&read.printed);
    let by_server = Reading::default().winners(&[], &printed);
    let by_files = read.reading.winners(&read.groups, &[]);
    let mut names: Vec<&str> = super::drop_in::NAMES.to_vec();
    names.retain(|name| by_server.get(*name).map(|o| &o.value) != by_files.get(*name).map(|o| &o.value));
    match (
        machine.defaults.iter().any(|word| word == "--no-defaults"),
        names.first(),
    ) {
        (false, Some(name)) => Err(HostError::Refused(format!(
            "the server's own --print-defaults gives {name}={} and its option files, as dbha reads them, {}: \
             dbha writes nothing where it does not understand what the server reads",
            by_server
                .get(*name)
                .map_or("nothing", |option| option.value.as_str()),
            by_files
                .get(*name)
                .map_or("nothing", |option| option.value.as_str()),
        ))),
        _ => Ok(()),
    }
}

/// Takes apart the line of `--print-defaults`, in which blanks within values are not marked.
fn printed_words(printed: &str) -> Vec<String> {
    let line = printed.lines().last().unwrap_or("");
    line.trim()
        .split(" --")
        .map(|word| format!("--{}", word.trim_start_matches("--").trim_end()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_own_list_is_read() {
        let words = printed_words(
            "mariadbd would have been started with the following arguments:\n--init_connect=SET a = 1 --server_id=3 --log-bin ",
        );
        assert_eq!(words, ["--init_connect=SET a = 1", "--server_id=3", "--log-bin"]);
    }
}
