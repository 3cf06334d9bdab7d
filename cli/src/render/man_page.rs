//! Manual pages: one a command, made of the same text as `--help`.

use clap::{Arg, Command};
use clap_mangen::{
    Man,
    roff::{Roff, bold, roman},
};
use std::io;

/// A manual page.
#[derive(Debug)]
pub struct ManPage {
    /// Name of its file.
    pub file: String,
    /// Its source.
    pub text: Vec<u8>,
}

/// Makes the pages of a program and of all its commands that are shown to people.
pub fn man_pages(program: Command) -> io::Result<Vec<ManPage>> {
    let mut program = program.disable_help_subcommand(true);
    program.build();
    let mut pages = Vec::new();
    add(&program, None, &mut pages)?;
    Ok(pages)
}

fn add(command: &Command, above: Option<&Command>, pages: &mut Vec<ManPage>) -> io::Result<()> {
    pages.push(page(command, above)?);
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        add(below, Some(command), pages)?;
    }
    Ok(())
}

fn page(command: &Command, above: Option<&Command>) -> io::Result<ManPage> {
    let man = Man::new(in_a_page(command))
        .source(concat!("dbha ", env!("CARGO_PKG_VERSION")))
        .manual("Replicated pairs of MySQL and MariaDB");
    let mut text = Vec::new();
    man.render_title(&mut text)?;
    man.render_name_section(&mut text)?;
    man.render_synopsis_section(&mut text)?;
    man.render_description_section(&mut text)?;
    man.render_options_section(&mut text)?;
    if command.get_subcommands().any(|below| !below.is_hide_set()) {
        man.render_subcommands_section(&mut text)?;
    }
    if let Some(help) = command.get_after_long_help().or(command.get_after_help()) {
        as_written("NOTES", &help.to_string(), &mut text)?;
    }
    if above.is_none() {
        as_written("EXAMPLES", EXAMPLES, &mut text)?;
        listed("FILES", &FILES, &mut text)?;
    }
    if command.get_name() != "check" {
        listed("EXIT STATUS", &EXIT_STATUS, &mut text)?;
    }
    see_also(command, above, &mut text)?;
    Ok(ManPage {
        file: man.get_filename(),
        text,
    })
}

/// Says in the synopsis what `--help` says, and ends each help with a full stop, as text in a page does.
fn in_a_page(command: &Command) -> Command {
    let ended = |help: String| match help.ends_with(['.', '!', '?', ':']) {
        true => help,
        false => format!("{help}."),
    };
    let with_help = |argument: Arg| match argument.get_long_help().or(argument.get_help()) {
        Some(help) => {
            let help = ended(help.to_string());
            argument.long_help(help)
        }
        None => argument,
    };
    let about = command.get_long_about().or(command.get_about());
    let about = about.map(|about| ended(about.to_string()));
    let usage = command.clone().render_usage().to_string();
    let usage = usage.trim_start_matches("Usage: ").to_owned();
    let command = command.clone().mut_args(with_help).override_usage(usage);
    match about {
        Some(about) => command.long_about(about),
        None => command,
    }
}

/// A section whose lines stay as they are.
fn as_written(heading: &str, body: &str, text: &mut Vec<u8>) -> io::Result<()> {
    let mut roff = Roff::new();
    roff.control("SH", [heading]).control("nf", []);
    for line in body.lines() {
        roff.text([roman(line)]);
    }
    roff.control("fi", []);
    roff.to_writer(text)
}

/// A section of terms and what each means.
fn listed(heading: &str, terms: &[(&str, &str)], text: &mut Vec<u8>) -> io::Result<()> {
    let mut roff = Roff::new();
    roff.control("SH", [heading]);
    for (term, meaning) in terms {
        roff.control("TP", []).text([bold(*term)]).text([roman(*meaning)]);
    }
    roff.to_writer(text)
}

fn see_also(command: &Command, above: Option<&Command>, text: &mut Vec<u8>) -> io::Result<()> {
    let page = |of: &Command| format!("{}(1)", of.get_display_name().unwrap_or_else(|| of.get_name()));
    let below = command.get_subcommands().filter(|below| !below.is_hide_set());
    let pages: Vec<String> = above.into_iter().chain(below).map(page).collect();
    if pages.is_empty() {
        return Ok(());
    }
    let mut roff = Roff::new();
    roff.control("SH", ["SEE ALSO"])
        .text([roman(format!("{}.", pages.join(", ")))]);
    roff.to_writer(text)
}

const EXAMPLES: &str = "\
dbha preflight --primary db1 --secondary db2    what speaks against it; changes nothing
dbha plan --primary db1 --secondary db2         every statement before it is sent
dbha setup --primary db1 --secondary db2        do it; again after an interruption
dbha status --primary db1 --secondary db2       how the pair is
dbha explain DBHA-P07                           what a code means";

const FILES: [(&str, &str); 3] = [
    (
        "./dbha.toml, ~/.config/dbha/config.toml",
        "Servers by name ([server.NAME]), pairs to watch ([pair.NAME]) and alerts ([[alert]]); another one with --config.",
    ),
    (
        "/var/lib/dbha, $XDG_STATE_HOME/dbha",
        "What dbha keeps: receipts, sandboxes, the monitor's history. The first for root; another one with --state-dir.",
    ),
    (
        "~/.my.cnf",
        "User and password where nothing else gives them. A password never stands on the command line.",
    ),
];

const EXIT_STATUS: [(&str, &str); 11] = [
    ("0", "Done, or healthy."),
    ("1", "Failed, servers unchanged."),
    ("2", "Wrong arguments or configuration."),
    (
        "3",
        "Preflight found something that must be mended first; nothing changed.",
    ),
    ("4", "Cannot connect or log in."),
    (
        "5",
        "Replication is not healthy, or the data of both servers differs.",
    ),
    ("6", "Refused as unsafe."),
    ("7", "Timed out."),
    ("8", "Failed part-way: run it again to go on."),
    ("9", "Outcome unknown: run it again, it looks first."),
    ("130", "Interrupted."),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::Cli;
    use clap::CommandFactory;

    fn text_of<'a>(pages: &'a [ManPage], file: &str) -> &'a str {
        let page = pages.iter().find(|page| page.file == file);
        std::str::from_utf8(&page.unwrap_or_else(|| panic!("no {file}")).text).unwrap()
    }

    #[test]
    fn every_command_that_people_see_has_a_page_and_no_other() {
        let pages = man_pages(Cli::command()).unwrap();
        let program = Cli::command();
        for command in program.get_subcommands() {
            let file = format!("dbha-{}.1", command.get_name());
            let is_there = pages.iter().any(|page| page.file == file);
            assert_eq!(is_there, !command.is_hide_set(), "{file}");
        }
        text_of(&pages, "dbha-render-my.cnf.1");
    }

    #[test]
    fn examples_keep_their_lines_and_pages_name_each_other() {
        let pages = man_pages(Cli::command()).unwrap();
        let check = text_of(&pages, "dbha-check.1");
        assert!(check.contains(".nf\n"), "{check}");
        assert!(
            check.contains("\n  dbha check ") && check.contains("dbha(1)"),
            "{check}"
        );
        assert!(!check.contains("EXIT STATUS"), "{check}");
        let program = text_of(&pages, "dbha.1");
        assert!(program.contains(".SH \"EXIT STATUS\""), "{program}");
        assert!(program.contains("dbha\\-setup(1)"), "{program}");
        assert!(!program.contains("dbha\\-man(1)"), "{program}");
    }
}
