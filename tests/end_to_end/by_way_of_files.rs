//! A server's data by way of files: `dbha dump`, `dbha load`, `dbha setup --copy-from`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use dbha_testkit::{PrivateServer, Release, ServerOptions, ServerPair};
use nix::sys::signal::Signal;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

use crate::contents_of_server::{contents, differences};
use crate::copy_fidelity::{assert_equal, filled_pair};
use crate::eventually::eventually;
use crate::operator::Operator;
use crate::processes::{end_of, send};
use crate::ran::Ran;
use crate::releases::{on_every_release, on_releases};
use crate::servers::{
    assert_all_threads_run, assert_same_contents, fill_with_sample, fresh_pair, pair_with_sample, positions,
};
use crate::session::Session;
use crate::snapshot_of_server::SnapshotOfPair;
use crate::writers::Writers;

on_every_release!(a_dump_is_loaded_into_a_fresh_server_exactly);
on_releases!(a_load_that_is_killed_goes_on_from_what_is_proven: mariadb_10_11, mysql_9_7);
on_releases!(a_directory_that_is_not_what_was_written_is_refused_by_the_files_name: mariadb_10_11);
on_releases!(a_dump_that_is_killed_is_no_dump_and_begins_anew: mariadb_10_11, mysql_9_7);
on_releases!(a_directory_that_holds_something_is_left_alone: mariadb_10_11);
on_releases!(scenario_33_a_disk_that_is_full_leaves_nothing_that_could_be_taken_for_a_dump: mariadb_10_11);
on_releases!(scenario_11_a_server_with_data_is_refused_unless_it_is_named: mariadb_10_11, mysql_9_7);
on_releases!(a_dump_of_an_older_series_is_loaded_into_a_newer_one: mariadb_10_11);
on_releases!(rows_as_large_as_a_packet_go_through_files: mariadb_10_11, mysql_9_7);
on_every_release!(scenario_40_a_pair_is_made_from_a_dump_while_writers_go_on);
on_releases!(a_set_up_from_a_dump_that_is_killed_goes_on: mariadb_10_11, mysql_9_7);
on_releases!(a_dump_of_another_server_is_refused: mariadb_10_11, mysql_9_7);
on_releases!(scenario_44_a_dump_whose_logs_are_gone_is_refused: mariadb_10_11, mysql_9_7);

/// Prepares `dbha dump --from` the primary.
fn dump_command(operator: &Operator, directory: &Path) -> Command {
    let mut command = operator.bare(["dump", "-o", "ndjson", "--from", &operator.primary]);
    command
        .arg("--password-file")
        .arg(&operator.primary_password_file)
        .arg(directory);
    command
}

/// Prepares `dbha load --into` the secondary.
fn load_command(operator: &Operator, directory: &Path) -> Command {
    let mut command = operator.bare(["load", "-o", "ndjson", "--into", &operator.secondary]);
    command
        .arg("--password-file")
        .arg(&operator.secondary_password_file)
        .arg(directory);
    command
}

async fn dumped(operator: &Operator) -> (PathBuf, Value) {
    let directory = operator.home().join("dump");
    let ran = operator
        .finish(&mut dump_command(operator, &directory))
        .await
        .exits(0);
    let last = ran.events().pop().unwrap();
    assert_eq!(last["event"], "dumped", "{ran}");
    (directory, last["dump"].clone())
}

async fn loaded(operator: &Operator, directory: &Path) -> Value {
    let ran = operator
        .finish(&mut load_command(operator, directory))
        .await
        .exits(0);
    let last = ran.events().pop().unwrap();
    assert_eq!(last["event"], "loaded", "{ran}");
    last["load"].clone()
}

async fn a_dump_is_loaded_into_a_fresh_server_exactly(release: Release) {
    let pair = filled_pair(release).await;
    let operator = Operator::of(&pair);
    let before = SnapshotOfPair::take(&pair).await;
    let (directory, dump) = dumped(&operator).await;
    // MySQL's CHECKSUM TABLE of a table with a functional index is another one now and then.
    before
        .assert_unchanged_but(&pair, |what| what == "rows of fid.fidx")
        .await;
    let log = positions(&pair.primary).await;
    assert_eq!(dump["binlog"], format!("{}:{}", log[1], log[2]), "{dump:#}");
    assert_eq!(mode(&directory), 0o700);
    for entry in fs::read_dir(&directory).unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
    let own_log = positions(&pair.secondary).await;
    let load = loaded(&operator, &directory).await;
    assert_eq!(load["rows"], dump["rows"]);
    assert_eq!(load["position"], dump["position"]);
    assert_eq!(load["warnings"], serde_json::json!([]));
    assert_equal(&pair).await;
    assert_eq!(
        positions(&pair.secondary).await,
        own_log,
        "nothing of it is logged"
    );
    let mut secondary = Session::open(&pair.secondary).await;
    assert_eq!(secondary.column("SHOW DATABASES LIKE 'dbha'").await, [""; 0]);
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Puts a table of several chunks on the primary, with keys that are built after its rows, and one without a key.
async fn fill_with_much(server: &PrivateServer) {
    let mut primary = Session::open(server).await;
    for statement in [
        "CREATE DATABASE much",
        "CREATE TABLE much.parent (id INT PRIMARY KEY)",
        "INSERT INTO much.parent VALUES (1), (2)",
        "CREATE TABLE much.keyed (id INT AUTO_INCREMENT PRIMARY KEY, p INT NOT NULL, v VARCHAR(400), KEY v (v(20)), \
         CONSTRAINT f FOREIGN KEY (p) REFERENCES much.parent (id))",
        "INSERT INTO much.keyed (p, v) VALUES (1, REPEAT('v', 400)), (2, REPEAT('w', 300))",
        "CREATE TABLE much.loose (v VARCHAR(400))",
        "INSERT INTO much.loose VALUES (REPEAT('l', 400)), (REPEAT('l', 400))",
        "CREATE VIEW much.seen AS SELECT COUNT(*) FROM much.keyed",
    ] {
        primary.run(statement).await;
    }
    for _ in 0..16 {
        primary
            .run("INSERT INTO much.keyed (p, v) SELECT p, v FROM much.keyed")
            .await;
    }
    for _ in 0..13 {
        primary
            .run("INSERT INTO much.loose SELECT v FROM much.loose")
            .await;
    }
    primary.run("ANALYZE TABLE much.keyed, much.loose").await;
}

/// Starts a run and kills it when so many rows are told of; `None` when it ended before.
async fn killed_at(command: &mut Command, rows: u64) -> Option<()> {
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    while let Some(line) = lines.next_line().await.unwrap() {
        let event: Value = serde_json::from_str(&line).unwrap();
        if event["counts"]["rows_done"].as_u64() >= Some(rows) {
            send(&child, Signal::SIGKILL);
            assert_eq!(end_of(&mut child).await, None, "it was killed");
            return Some(());
        }
    }
    child.wait().await.unwrap();
    None
}

async fn a_load_that_is_killed_goes_on_from_what_is_proven(release: Release) {
    let pair = fresh_pair(release).await;
    let operator = Operator::of(&pair);
    fill_with_much(&pair.primary).await;
    let (directory, dump) = dumped(&operator).await;
    let chunks = fs::read_dir(&directory).unwrap().count() - 1;
    assert!(chunks > 4, "{chunks}");
    let mut kills = 0;
    for rows in [1, 30_000, 80_000] {
        let killed = killed_at(&mut load_command(&operator, &directory), rows).await;
        kills += u32::from(killed.is_some());
    }
    assert!(kills >= 2, "{kills}");
    let load = loaded(&operator, &directory).await;
    assert_eq!(load["went_on"], true, "{load:#}");
    assert_eq!(load["rows"], dump["rows"]);
    assert_equal(&pair).await;
    let again = operator.finish(&mut load_command(&operator, &directory)).await;
    again.exits(3).says("DBHA-P09").says("much");
}

async fn a_directory_that_is_not_what_was_written_is_refused_by_the_files_name(release: Release) {
    let pair = pair_with_sample(release, 20).await;
    let operator = Operator::of(&pair);
    let (whole, _) = dumped(&operator).await;
    let before = SnapshotOfPair::take(&pair).await;
    let chunk = "chunk-00000002.zst";
    let flip = |path: &Path| {
        let mut bytes = fs::read(path).unwrap();
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
        fs::write(path, bytes).unwrap();
    };
    let replaced = |path: &Path, from: &str, to: &str| {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.contains(from));
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    };
    type Damage<'a> = (&'a str, &'a str, &'a dyn Fn(&Path));
    let cases: [Damage<'_>; 11] = [
        (chunk, "not what was written", &|dir| flip(&dir.join(chunk))),
        (chunk, "bytes instead of", &|dir| {
            let file = fs::OpenOptions::new().write(true).open(dir.join(chunk)).unwrap();
            file.set_len(20).unwrap();
        }),
        (chunk, "is missing", &|dir| {
            fs::remove_file(dir.join(chunk)).unwrap()
        }),
        (chunk, "no file of this dump", &|dir| {
            fs::rename(dir.join(chunk), dir.parent().unwrap().join("elsewhere")).unwrap();
            std::os::unix::fs::symlink(dir.parent().unwrap().join("elsewhere"), dir.join(chunk)).unwrap();
        }),
        ("letter.txt", "no file of this dump", &|dir| {
            fs::write(dir.join("letter.txt"), "").unwrap()
        }),
        ("chunk-00009999.zst", "no file of this dump", &|dir| {
            fs::write(dir.join("chunk-00009999.zst"), "").unwrap();
        }),
        ("manifest.json", "not what was written", &|dir| {
            replaced(&dir.join("manifest.json"), "rental_shop", "rental_shoq");
        }),
        ("manifest.json", "no manifest", &|dir| {
            flip_first(&dir.join("manifest.json"))
        }),
        ("manifest.json", "knows forms up to 1", &|dir| {
            replaced(
                &dir.join("manifest.json"),
                "\"schema_version\":1",
                "\"schema_version\":2",
            );
        }),
        ("damaged", "cut off before its end", &|dir| {
            fs::remove_file(dir.join("manifest.json")).unwrap();
            fs::write(dir.join("unfinished"), "").unwrap();
        }),
        ("damaged", "holds no dump", &|dir| {
            fs::remove_file(dir.join("manifest.json")).unwrap();
        }),
    ];
    for (name, words, damage) in cases {
        let directory = operator.home().join("damaged");
        fs::create_dir(&directory).unwrap();
        for entry in fs::read_dir(&whole).unwrap() {
            let entry = entry.unwrap();
            fs::copy(entry.path(), directory.join(entry.file_name())).unwrap();
        }
        damage(&directory);
        for mut command in [
            load_command(&operator, &directory),
            operator.command(
                "setup",
                [
                    "--yes",
                    "-o",
                    "ndjson",
                    "--copy-from",
                    directory.to_str().unwrap(),
                ],
            ),
        ] {
            let ran = operator.finish(&mut command).await.exits(3);
            ran.says("DBHA-P85")
                .says(name)
                .says(words)
                .says_one_error_with_a_fix();
        }
        fs::remove_dir_all(&directory).unwrap();
    }
    before.assert_unchanged(&pair).await;
}

fn flip_first(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    bytes[0] ^= 1;
    fs::write(path, bytes).unwrap();
}

async fn a_dump_that_is_killed_is_no_dump_and_begins_anew(release: Release) {
    let pair = fresh_pair(release).await;
    let operator = Operator::of(&pair);
    fill_with_much(&pair.primary).await;
    let directory = operator.home().join("dump");
    let killed = killed_at(&mut dump_command(&operator, &directory), 1).await;
    assert_eq!(killed, Some(()), "it was too fast to be killed");
    assert!(directory.join("unfinished").exists());
    let refusal = operator.finish(&mut load_command(&operator, &directory)).await;
    refusal.exits(3).says("DBHA-P85").says("cut off before its end");
    // The lock of the dead run goes with its connection.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (directory, dump) = dumped(&operator).await;
    assert!(!directory.join("unfinished").exists());
    assert_eq!(loaded(&operator, &directory).await["rows"], dump["rows"]);
    assert_equal(&pair).await;
}

async fn a_directory_that_holds_something_is_left_alone(release: Release) {
    let pair = pair_with_sample(release, 20).await;
    let operator = Operator::of(&pair);
    let (directory, _) = dumped(&operator).await;
    let manifest = fs::read(directory.join("manifest.json")).unwrap();
    let other = operator.home().join("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("letter"), "kept").unwrap();
    for (directory, name) in [(&directory, "chunk-"), (&other, "letter")] {
        let ran = operator.finish(&mut dump_command(&operator, directory)).await;
        ran.exits(2)
            .says("is not empty")
            .says(name)
            .says_one_error_with_a_fix();
    }
    assert_eq!(fs::read(directory.join("manifest.json")).unwrap(), manifest);
    assert_eq!(fs::read_to_string(other.join("letter")).unwrap(), "kept");
}

async fn scenario_33_a_disk_that_is_full_leaves_nothing_that_could_be_taken_for_a_dump(release: Release) {
    let pair = fresh_pair(release).await;
    let operator = Operator::of(&pair);
    let mut primary = Session::open(&pair.primary).await;
    for statement in [
        "CREATE DATABASE noise",
        "CREATE TABLE noise.rows_ (id INT AUTO_INCREMENT PRIMARY KEY, v VARBINARY(2000))",
        "INSERT INTO noise.rows_ (v) SELECT CONCAT(UNHEX(SHA2(RAND(), 512)), UNHEX(SHA2(RAND(), 512)), \
         UNHEX(SHA2(RAND(), 512)), UNHEX(SHA2(RAND(), 512))) FROM information_schema.COLUMNS LIMIT 1000",
    ] {
        primary.run(statement).await;
    }
    for _ in 0..4 {
        let more = "INSERT INTO noise.rows_ (v) SELECT CONCAT(UNHEX(SHA2(RAND(), 512)), UNHEX(SHA2(RAND(), 512)), \
                    UNHEX(SHA2(RAND(), 512)), UNHEX(SHA2(RAND(), 512))) FROM noise.rows_";
        primary.run(more).await;
    }
    let disk = operator.home().join("disk");
    fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount")
        .args(["-t", "tmpfs", "-o", "size=1m", "none"])
        .arg(&disk)
        .stderr(Stdio::null())
        .status()
        .await;
    if !mounted.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: no file system can be mounted here");
        return;
    }
    let ran = operator.finish(&mut dump_command(&operator, &disk)).await;
    let left = fs::read_dir(&disk).unwrap().count();
    Command::new("umount").arg(&disk).status().await.unwrap();
    ran.exits(1)
        .says("No space left on device")
        .says("make room")
        .says_one_error_with_a_fix();
    assert_eq!(left, 0, "what was written is taken away again");
}

async fn scenario_11_a_server_with_data_is_refused_unless_it_is_named(release: Release) {
    let pair = pair_with_sample(release, 20).await;
    let operator = Operator::of(&pair);
    let (directory, dump) = dumped(&operator).await;
    let mut secondary = Session::open(&pair.secondary).await;
    secondary.run("CREATE DATABASE mine").await;
    secondary
        .run("CREATE TABLE mine.rows_ (id INT PRIMARY KEY)")
        .await;
    let before = SnapshotOfPair::take(&pair).await;
    for name in [None, Some("another"), Some("secondary")] {
        let mut command = load_command(&operator, &directory);
        command.args(name.iter().flat_map(|name| ["--overwrite", name]));
        let ran = operator.finish(&mut command).await.exits(3);
        ran.says("DBHA-P09")
            .says("mine")
            .says(&format!("--overwrite {}", operator.secondary));
    }
    before.assert_unchanged(&pair).await;
    let mut command = load_command(&operator, &directory);
    command.args(["--overwrite", &operator.secondary]);
    let ran = operator.finish(&mut command).await.exits(0);
    assert_eq!(ran.events().pop().unwrap()["load"]["rows"], dump["rows"]);
    let (mut primary, mut secondary) = (
        Session::open(&pair.primary).await,
        Session::open(&pair.secondary).await,
    );
    let differing = differences(&contents(&mut primary).await, &contents(&mut secondary).await);
    assert!(differing.is_empty(), "{}", differing.join("\n"));
}

async fn a_dump_of_an_older_series_is_loaded_into_a_newer_one(release: Release) {
    let newer = Release::MariaDb11_8;
    crate::releases::run(&[newer], async || {
        let pair = filled_pair(release).await;
        let operator = Operator::of(&pair);
        let (directory, dump) = dumped(&operator).await;
        let other = PrivateServer::launch(newer, &ServerOptions::new()).await.unwrap();
        let mut of_other = Operator::of(&pair);
        of_other.secondary = other.address();
        of_other.secondary_password_file = of_other.password_file("other", other.root_password());
        let load = loaded(&of_other, &directory).await;
        assert_eq!(load["rows"], dump["rows"]);
        let past = "SELECT COUNT(*) FROM information_schema.TABLES WHERE TABLE_TYPE = 'SYSTEM VERSIONED'";
        assert!(Session::open(&other).await.number(past).await > 0);
        // The way back is none.
        let back = operator.home().join("back");
        let mut command = operator.bare(["dump", "--from", &of_other.secondary]);
        command
            .arg("--password-file")
            .arg(&of_other.secondary_password_file)
            .arg(&back);
        of_other.finish(&mut command).await.exits(0);
        let refused = operator.finish(&mut load_command(&operator, &back)).await;
        refused.exits(3).says("DBHA-P04");
    })
    .await;
}

async fn rows_as_large_as_a_packet_go_through_files(release: Release) {
    let pair = fresh_pair(release).await;
    let operator = Operator::of(&pair);
    let mut primary = Session::open(&pair.primary).await;
    let packet = primary.number("SELECT @@max_allowed_packet").await;
    for statement in [
        "CREATE DATABASE large",
        "CREATE TABLE large.rows_ (id INT AUTO_INCREMENT PRIMARY KEY, a LONGBLOB, b LONGTEXT CHARACTER SET latin1)",
        &format!(
            "INSERT INTO large.rows_ (a, b) VALUES (REPEAT('x', {packet}), ''), (NULL, REPEAT('y', {packet} - 60))"
        ),
        "INSERT INTO large.rows_ (a, b) VALUES ('', NULL), (REPEAT('z', 1000000), REPEAT('z', 300000))",
        "CREATE TABLE large.none (id INT GENERATED ALWAYS AS (1 + 1) VIRTUAL)",
        "INSERT INTO large.none VALUES (), ()",
    ] {
        primary.run(statement).await;
    }
    let (directory, _) = dumped(&operator).await;
    loaded(&operator, &directory).await;
    let sums = "SELECT GROUP_CONCAT(CONCAT_WS('-', id, LENGTH(a), LENGTH(b), SHA2(a, 256), SHA2(b, 256)) ORDER BY id) \
                FROM large.rows_";
    let mut secondary = Session::open(&pair.secondary).await;
    assert_eq!(secondary.value(sums).await, primary.value(sums).await);
    assert_eq!(secondary.number("SELECT SUM(id) FROM large.none").await, 4);
}

async fn set_up_from(operator: &Operator, directory: &Path) -> Ran {
    let arguments = [
        "--writers",
        "both",
        "-o",
        "ndjson",
        "--copy-from",
        directory.to_str().unwrap(),
    ];
    operator.setup(arguments).await
}

async fn assert_pair_of_writers(pair: &ServerPair, writers: Writers) {
    let written = writers.stop().await;
    assert_all_threads_run(pair).await;
    assert_same_contents(pair).await;
    let mut secondary = Session::open(&pair.secondary).await;
    for one in written {
        assert_eq!(one.error, None, "no writer is refused");
        assert!(one.entries > 5, "the writers wrote: {one:?}");
        let kept = format!(
            "SELECT COUNT(*) FROM rental_shop.ledger WHERE writer={} AND entry BETWEEN 1 AND {}",
            one.writer, one.entries
        );
        assert_eq!(secondary.number(&kept).await, u64::from(one.entries), "{one:?}");
    }
}

async fn scenario_40_a_pair_is_made_from_a_dump_while_writers_go_on(release: Release) {
    let pair = pair_with_sample(release, 100).await;
    let operator = Operator::of(&pair);
    let writers = Writers::start(&pair.primary, 1).await;
    let (directory, dump) = dumped(&operator).await;
    let ran = set_up_from(&operator, &directory).await.exits(0);
    let events = ran.events();
    let proof = events.iter().find(|event| event["event"] == "proved").unwrap();
    assert_eq!(proof["proof"]["compared_at"], dump["position"], "{ran}");
    assert_eq!(proof["proof"]["markers"].as_array().unwrap().len(), 2, "{ran}");
    assert_pair_of_writers(&pair, writers).await;
    // A pair needs its dump no more.
    fs::remove_dir_all(&directory).unwrap();
    let second = set_up_from(&operator, &directory).await.exits(0);
    assert_eq!(second.changed_steps(), [""; 0], "{second}");
}

async fn a_set_up_from_a_dump_that_is_killed_goes_on(release: Release) {
    let pair = fresh_pair(release).await;
    let operator = Operator::of(&pair);
    fill_with_much(&pair.primary).await;
    fill_with_sample(&pair.primary, 20).await;
    let writers = Writers::start(&pair.primary, 1).await;
    let (directory, _) = dumped(&operator).await;
    let arguments = [
        "--yes",
        "--writers",
        "both",
        "-o",
        "ndjson",
        "--copy-from",
        directory.to_str().unwrap(),
    ];
    let killed = killed_at(&mut operator.command("setup", arguments), 40_000).await;
    assert_eq!(killed, Some(()), "it was too fast to be killed");
    tokio::time::sleep(Duration::from_secs(1)).await;
    let ran = set_up_from(&operator, &directory).await.exits(0);
    assert!(ran.stdout.contains("rows were there already"), "{ran}");
    assert_pair_of_writers(&pair, writers).await;
}

async fn a_dump_of_another_server_is_refused(release: Release) {
    let pair = pair_with_sample(release, 20).await;
    let mut operator = Operator::of(&pair);
    let (directory, _) = dumped(&operator).await;
    let third = PrivateServer::launch(release, &ServerOptions::new())
        .await
        .unwrap();
    let right = operator.primary.clone();
    operator.primary = third.address();
    operator.primary_password_file = operator.password_file("third", third.root_password());
    let before = SnapshotOfPair::take(&pair).await;
    let refused = set_up_from(&operator, &directory).await.exits(3);
    refused.says("DBHA-P86").says(&right).says_one_error_with_a_fix();
    before.assert_unchanged(&pair).await;
}

async fn scenario_44_a_dump_whose_logs_are_gone_is_refused(release: Release) {
    let pair = pair_with_sample(release, 20).await;
    let operator = Operator::of(&pair);
    let (directory, _) = dumped(&operator).await;
    let mut primary = Session::open(&pair.primary).await;
    primary.run("CREATE DATABASE later").await;
    primary.run("FLUSH BINARY LOGS").await;
    primary.run("CREATE DATABASE even_later").await;
    let newest = positions(&pair.primary).await[1].clone();
    // A log that is still in use is not purged, without a word.
    let purge = format!("PURGE BINARY LOGS TO '{newest}'");
    eventually(
        "the older logs are gone",
        async || {
            primary.run(&purge).await;
            primary.rows("SHOW BINARY LOGS").await.len()
        },
        |logs| *logs == 1,
    )
    .await;
    let before = SnapshotOfPair::take(&pair).await;
    let refused = set_up_from(&operator, &directory).await.exits(3);
    refused.says("DBHA-P87").says_one_error_with_a_fix();
    before.assert_unchanged(&pair).await;
    let direct = operator
        .run("preflight", ["--copy-from", directory.to_str().unwrap()])
        .await;
    assert!(direct.exits(3).stdout.contains("DBHA-P87"));
}
