//! Programs beside the servers that some tests need: where one is missing, its test says so and is passed over.

use std::path::Path;
use std::process::Command;

/// Finds a program that the prerequisites of the tests bring; in CI a missing one is a failure.
pub(crate) fn found(program: &str, package: &str) -> Option<Command> {
    let found = if_here(program, package);
    let required = std::env::var_os("CI").is_some();
    assert!(
        found.is_some() || !required,
        "no {program} here: install {package}"
    );
    found
}

/// Finds a program, or says loudly that a test is skipped.
pub(crate) fn if_here(program: &str, package: &str) -> Option<Command> {
    let places = ["/usr/sbin", "/usr/bin", "/usr/local/bin", "/bin"];
    let paths = places.map(|place| Path::new(place).join(program));
    let path = paths.iter().find(|path| path.is_file());
    if path.is_none() {
        eprintln!("SKIPPED: no {program} here: install {package}");
    }
    path.map(Command::new)
}
