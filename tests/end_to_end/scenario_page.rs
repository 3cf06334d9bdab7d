//! The page that says which test covers which way of going wrong; it is made of the tests' names.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const PAGE: &str = "docs/scenarios.md";

const HEAD: &str = "# How it goes wrong, and what proves that dbha stands it\n\n\
<!-- Made from the names of the tests: UPDATE_GOLDENS=1 cargo test -p dbha --test end_to_end scenario_page -->\n\n\
Every row is a way in which replication set-ups fail in the field. Tests carry its number in their names, and run on real\n\
servers unless they stand in a `src` directory; `slow` ones run in `make test-all`. Where there is no test yet, the row says\n\
why.\n";

/// A way of going wrong: its number, what happens, and why there is no test of it, where there is none.
struct Scenario(&'static str, &'static str, Option<&'static str>);

const MONITOR: Option<&str> = Some("belongs to the monitor, which is not there yet");

/// Groups of scenarios, in the order of their numbers.
const GROUPS: &[(&str, &[Scenario])] = &[
    (
        "Input",
        &[
            Scenario(
                "1",
                "one server given twice: by name, address, socket, alias",
                None,
            ),
            Scenario("2", "hosts and ports that cannot be", None),
            Scenario("3", "odd passwords: quotes, blanks, UTF-8, too long", None),
            Scenario("4", "odd names of databases, tables, accounts", None),
            Scenario("5", "sql_mode on the server changes what quotes mean", None),
            Scenario("6", "primary and secondary swapped", None),
            Scenario("7", "no database server, a proxy, a cluster member", None),
            Scenario("8", "files with secrets that others can read", None),
            Scenario("9", "a server below the supported versions", None),
        ],
    ),
    (
        "Before a set-up",
        &[
            Scenario("10", "data on both servers", None),
            Scenario("11", "data on the secondary", None),
            Scenario("12", "only accounts, views, events or routines there", None),
            Scenario(
                "13",
                "a server that replicates already, or is replicated from",
                None,
            ),
            Scenario("14", "transactions that the other server can never get", None),
            Scenario("15", "a position without data", None),
            Scenario("16", "equal server ids, or none", None),
            Scenario("17", "a copied server_uuid", None),
            Scenario("18", "binary log or replica updates off", None),
            Scenario("19", "sessions that keep an old binary log format", None),
            Scenario("20", "engines without transactions, tables without a key", None),
            Scenario("21", "replication filters and skipped errors", None),
            Scenario("22", "MariaDB with MySQL", None),
            Scenario("23", "a primary newer than its secondary", None),
            Scenario("24", "servers that were initialised differently", None),
            Scenario("25", "accounts that are locked, expired, or may too little", None),
            Scenario("26", "no connection left", None),
            Scenario("27", "too little room on the secondary", None),
            Scenario("28", "clocks apart", None),
            Scenario(
                "29",
                "the servers do not reach each other, though dbha reaches both",
                None,
            ),
            Scenario(
                "30a",
                "old sessions, accounts without passwords, a test database",
                None,
            ),
        ],
    ),
    (
        "Cut off",
        &[
            Scenario(
                "30",
                "killed, interrupted, cut off or restarted at any step",
                None,
            ),
            Scenario("31", "two runs at once", None),
            Scenario("32", "dead while it holds the global lock", None),
            Scenario("33", "no room on the secondary in the middle of the copy", None),
            Scenario("34", "a server restarts in the middle", None),
            Scenario(
                "35",
                "a receipt that is damaged, newer, of other servers, or cannot be written",
                None,
            ),
            Scenario("36", "CLONE ends in 3707, fails, or is cut off", None),
        ],
    ),
    (
        "Meanwhile on the primary",
        &[
            Scenario("40", "writers all the time", None),
            Scenario("41", "definitions that change all the time", None),
            Scenario("42", "transactions that stay open, or prepared", None),
            Scenario("43", "a long statement in the way of the global lock", None),
            Scenario("44", "binary logs purged during the copy", None),
            Scenario("45", "accounts, routines, events made meanwhile", None),
        ],
    ),
    (
        "Replication",
        &[
            Scenario("50", "purged logs; a replica ahead of its source", None),
            Scenario("51", "1062 and 1032: the data has diverged", None),
            Scenario("52", "relay logs torn by a crash", None),
            Scenario("53", "the replication password or its TLS changed", None),
            Scenario("54", "an IO thread that connects for ever", None),
            Scenario("55", "lag that is 0 or NULL while nothing runs", None),
            Scenario("56", "connections that vanish without a word", None),
            Scenario("57", "an applier that waits for a metadata lock", None),
            Scenario("58", "a loop after server_id was changed under load", None),
        ],
    ),
    (
        "Both sides",
        &[
            Scenario("60", "generated keys of two writers", None),
            Scenario("61", "one row changed on both sides", None),
            Scenario("62", "the way back after its logs were purged", None),
            Scenario("63", "a privileged write on the standby", MONITOR),
            Scenario(
                "64",
                "sequences and unique keys that key steps do not protect",
                None,
            ),
            Scenario("65", "a dead peer is replaced by a new server", None),
        ],
    ),
    (
        "Monitor",
        &[
            Scenario("70", "a server that is down, hangs or refuses", None),
            Scenario("71", "flapping", MONITOR),
            Scenario("72", "the monitor restarts", None),
            Scenario("73", "the clock steps", MONITOR),
            Scenario("74", "settings lost at a restart", None),
        ],
    ),
    (
        "Security",
        &[
            Scenario("80", "a password that shows anywhere", None),
            Scenario("81", "bad certificates, TLS that was stripped", None),
            Scenario("82", "a server that means harm", None),
            Scenario("83", "requests that mean harm", None),
            Scenario("84", "names that bring a directive into a file", None),
        ],
    ),
];

/// A test and the file that it stands in.
type Test = (String, String);

#[test]
fn the_scenario_page_is_as_the_tests_are() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let tests = tests_by_scenario(&root);
    let mut page = HEAD.to_owned();
    let mut uncovered = Vec::new();
    for (title, scenarios) in GROUPS {
        page.push_str(&format!(
            "\n## {title}\n\n| | what happens | tests |\n|---|---|---|\n"
        ));
        for Scenario(number, what, reason) in *scenarios {
            let found = tests.get(*number).map(Vec::as_slice).unwrap_or_default();
            let mut cell: Vec<String> = found.iter().map(shown).collect();
            match reason {
                Some(why) => cell.push(format!("*{why}*")),
                None if found.is_empty() => uncovered.push(*number),
                None => {}
            }
            page.push_str(&format!("| {number} | {what} | {} |\n", cell.join("<br>")));
        }
    }
    let known = |number: &String| {
        GROUPS
            .iter()
            .any(|(_, all)| all.iter().any(|one| one.0 == number))
    };
    let unknown: Vec<_> = tests.keys().filter(|number| !known(number)).collect();
    assert!(
        unknown.is_empty(),
        "tests of scenarios that nobody described: {unknown:?}"
    );
    let file = root.join(PAGE);
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        fs::write(&file, &page).unwrap();
    }
    assert_eq!(uncovered, [""; 0], "neither a test nor a reason");
    let present = fs::read_to_string(&file).unwrap_or_default();
    assert!(
        present == page,
        "{PAGE} is behind the tests; its second line says how to make it"
    );
}

fn shown((name, file): &Test) -> String {
    format!("{} (`{file}`)", name.replace('_', " "))
}

/// Finds the tests by their names, in order.
fn tests_by_scenario(root: &Path) -> BTreeMap<String, Vec<Test>> {
    let mut files = Vec::new();
    for directory in ["crates", "cli/src", "tests"] {
        collect(&root.join(directory), &mut files);
    }
    files.sort();
    let mut all: BTreeMap<String, Vec<Test>> = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        let place = file.strip_prefix(root).unwrap().display().to_string();
        for line in text.lines() {
            let Some((numbers, name)) = scenario_of(line.trim_start()) else {
                continue;
            };
            for number in numbers {
                let tests = all.entry(number).or_default();
                let test = (name.clone(), place.clone());
                if !tests.contains(&test) {
                    tests.push(test);
                }
            }
        }
    }
    all
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Reads numbers and name out of the line on which a test begins.
fn scenario_of(line: &str) -> Option<(Vec<String>, String)> {
    let begins = ["fn ", "async fn ", "on_releases!(", "on_every_release!("];
    let rest = begins.iter().find_map(|begin| line.strip_prefix(begin))?;
    let (slow, rest) = match rest.strip_prefix("slow_") {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let mut rest = rest.strip_prefix("scenario_")?;
    let mut numbers = Vec::new();
    loop {
        let end = rest.find('_')?;
        numbers.push(rest[..end].to_owned());
        rest = &rest[end + 1..];
        match rest.strip_prefix("and_") {
            Some(more) if more.starts_with(|c: char| c.is_ascii_digit()) => rest = more,
            _ => break,
        }
    }
    let end = rest
        .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .unwrap_or(rest.len());
    let slow = if slow { "slow: " } else { "" };
    Some((numbers, format!("{slow}{}", &rest[..end])))
}
