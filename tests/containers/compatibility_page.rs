//! The page that says what was seen to work on which release; it is made of what the tests here have noted.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use dbha_testkit::Release;

use crate::feature::Feature;
use crate::note::{Noted, Outcome, all};

const PAGE: &str = "docs/compatibility.md";

const HEAD: &str = "# What was seen to work\n\n\
<!-- Made of what the container tests noted: make test test-slow, then\n\
UPDATE_GOLDENS=1 cargo test -p dbha --test containers compatibility_page -->\n\n\
✔: seen on servers of that release in containers, by a test that fails otherwise. ·: by rule only; the statements for each\n\
version are fixed in tests without a server, and nobody has run it.\n\n";

const TAIL: &str = "\nWhich version stands for which release:\n\n";

/// Released versions that are served by the rules of their neighbours.
const BY_RULE: [&str; 3] = ["MySQL 5.7", "MySQL 8.0", "MySQL 8.4"];

/// What is on the page for one feature and release.
fn cell(feature: Feature, release: Release) -> String {
    format!("{}.{release}", feature.id())
}

fn title(release: Release) -> String {
    release
        .name()
        .replace("mariadb-", "MariaDB ")
        .replace("mysql-", "MySQL ")
}

fn render(versions: &BTreeMap<Release, String>) -> String {
    let mut page = String::from(HEAD);
    let names: Vec<String> = Release::ALL.map(title).into_iter().collect();
    page.push_str(&format!(
        "| | {} | {} |\n",
        names.join(" | "),
        BY_RULE.join(" | ")
    ));
    page.push_str(&format!(
        "|---|{}\n",
        "---|".repeat(Release::ALL.len() + BY_RULE.len())
    ));
    for feature in Feature::ALL {
        let (seen, ruled) = ("✔ | ".repeat(Release::ALL.len()), "· | ".repeat(BY_RULE.len()));
        page.push_str(format!("| {} | {seen}{ruled}", feature.words()).trim_end());
        page.push('\n');
    }
    page.push_str(TAIL);
    for (release, version) in versions {
        page.push_str(&format!("- {}: {version}\n", title(*release)));
    }
    page
}

/// Lists what the page claims and no note proves.
fn unproved(notes: &[Noted]) -> Vec<String> {
    let proved: Vec<String> = notes
        .iter()
        .filter(|note| note.outcome == Outcome::Proved)
        .map(|note| format!("{}.{}", note.feature, note.release))
        .collect();
    let claimed = Feature::ALL
        .iter()
        .flat_map(|feature| Release::ALL.map(|release| cell(*feature, release)));
    claimed.filter(|claim| !proved.contains(claim)).collect()
}

/// The page has every feature of the code on every release; a run that failed with one of them contradicts it.
#[test]
fn the_page_says_what_the_runs_saw() {
    let notes = all();
    let failed: Vec<&Noted> = notes
        .iter()
        .filter(|note| note.outcome == Outcome::Failed)
        .collect();
    assert!(failed.is_empty(), "{PAGE} says otherwise: {failed:#?}");

    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(PAGE);
    if std::env::var_os("UPDATE_GOLDENS").is_some() {
        assert_eq!(
            unproved(&notes),
            [""; 0],
            "not all tests have run: make test test-slow"
        );
        let versions = notes.iter().map(|note| (note.release, note.version.clone()));
        fs::write(&file, render(&versions.collect())).unwrap();
    }
    let present = fs::read_to_string(&file).unwrap_or_default();
    let (table, versions) = present.split_once(TAIL).expect("the page has a list of versions");
    let made = render(&BTreeMap::new());
    assert!(
        made.strip_suffix(TAIL) == Some(table),
        "{PAGE} is behind the code; its third line says how to make it"
    );
    for release in Release::ALL {
        assert!(versions.contains(&format!("- {}: ", title(release))), "{release}");
    }
}
