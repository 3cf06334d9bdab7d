//! A crate outside this workspace, with the test kit as a path dependency, has a pair in ten lines.

use std::path::{Path, PathBuf};
use std::process::Command;

use dbha_testkit::{Installation, Release};

/// What somebody writes; `DBHA` stands for the checkout.
const MANIFEST: &str = r#"[package]
name = "outside"
version = "0.0.0"
edition = "2024"
[dependencies]
dbha-testkit = { path = "DBHA/crates/testkit" }
[profile.dev.package."*"]
opt-level = 1
debug = false
[workspace]
"#;

const PROGRAM: &str = r#"use dbha_testkit::prelude::*;

fn main() -> Result<(), TestkitError> {
    let began = std::time::Instant::now();
    let mut pair = ReplicatedPair::builder().flavor(MariaDb("10.11")).writers(One).start_blocking()?;
    println!("a pair after {} ms: {}", began.elapsed().as_millis(), pair.primary_url());
    pair.wait_caught_up()?;
    assert!(pair.status().is_healthy());
    Ok(())
}
"#;

/// Slow, because cargo builds everything once more for another workspace, the first time.
#[test]
fn slow_ten_lines_outside_the_workspace_have_a_pair() {
    if let Err(missing) = Installation::find(Release::MariaDb10_11) {
        eprintln!("SKIPPED: {missing}");
        return;
    }
    assert_eq!(PROGRAM.trim_end().lines().count(), 10);
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let checkout = here.parent().and_then(Path::parent).unwrap();
    let crate_of_somebody = tempfile::tempdir().unwrap();
    let place = crate_of_somebody.path();
    std::fs::create_dir(place.join("src")).unwrap();
    let manifest = MANIFEST.replace("DBHA", &checkout.display().to_string());
    std::fs::write(place.join("Cargo.toml"), manifest).unwrap();
    std::fs::write(place.join("src/main.rs"), PROGRAM).unwrap();
    // Its own would be made of what the registry has today, which needs the network.
    std::fs::copy(checkout.join("Cargo.lock"), place.join("Cargo.lock")).unwrap();
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    let output = cargo
        .args(["run", "--offline", "--quiet"])
        .current_dir(place)
        .env("CARGO_TARGET_DIR", target())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success(),
        "{text}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(text.contains("mysql://root:"), "{text}");
    println!("{}", text.lines().next().unwrap());
}

/// A directory of its own that stays between runs: in the workspace's, each of the two would build anew what the other did.
fn target() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.ancestors().nth(3).unwrap().join("outside")
}
