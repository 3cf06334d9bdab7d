//! What `packaging/dist` makes, tried as somebody would who has nothing else: by `tests/packages`.

use std::path::{Path, PathBuf};
use std::process::Command;

fn try_out(what: &str) {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let made = std::env::var_os("DBHA_PACKAGES").map_or_else(|| top.join("target/packages"), PathBuf::from);
    let mut command = Command::new(top.join("tests/packages"));
    let ran = command.arg(what).arg(&made).output().unwrap();
    let [said, errors] = [&ran.stdout, &ran.stderr].map(|text| String::from_utf8_lossy(text).into_owned());
    assert!(ran.status.success(), "{said}\n{errors}");
    match said.lines().find(|line| line.starts_with("not here: ")) {
        Some(missing) => eprintln!("SKIPPED: {missing}"),
        None => assert!(said.ends_with(&format!("tried: {what}\n")), "{said}\n{errors}"),
    }
}

#[test]
fn slow_the_package_is_installed_used_and_removed() {
    try_out("deb");
}

#[test]
fn slow_the_image_needs_nothing_but_the_archive() {
    try_out("image");
}

#[test]
fn slow_the_compose_example_makes_a_pair_that_survives_restarts() {
    try_out("compose");
}

#[test]
fn slow_the_static_binary_finds_names_by_file_and_name_server() {
    try_out("static");
}
