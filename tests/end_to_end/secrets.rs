//! Scenario 80: passwords are looked for everywhere after a run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dbha_testkit::{PrivateServer, Release};

use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::pair_with_sample;
use crate::session::Session;

on_releases!(scenario_80_no_password_is_left_anywhere: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn scenario_80_no_password_is_left_anywhere(release: Release) {
    let pair = pair_with_sample(release, 10).await;
    let operator = Operator::of(&pair);
    let servers = [&pair.primary, &pair.secondary];
    for server in servers {
        log_every_statement(server).await;
    }
    let stop = Arc::new(AtomicBool::new(false));
    let watching = [
        tokio::spawn(statements_seen(
            Session::open(&pair.primary).await,
            Arc::clone(&stop),
        )),
        tokio::spawn(statements_seen(
            Session::open(&pair.secondary).await,
            Arc::clone(&stop),
        )),
    ];

    let seen_outside = run_and_watch(&operator).await;

    stop.store(true, Ordering::Relaxed);
    let mut seen_inside = String::new();
    for task in watching {
        seen_inside.push_str(&task.await.unwrap());
    }
    assert!(seen_inside.contains("rental_shop"), "statements were seen");
    let mut secrets = operator.secrets[1..].to_vec();
    for server in servers {
        secrets.push(replication_password(server).await);
    }
    for secret in &secrets {
        assert!(secret.len() >= 32, "{} letters", secret.len());
        assert!(!seen_outside.contains(secret), "in what dbha shows of itself");
        assert!(
            !seen_inside.contains(secret),
            "in the list of processes of a server"
        );
        for server in servers {
            for file in files_to_search(server) {
                let found = holds(&file, secret);
                assert!(!found, "{}", file.display());
            }
        }
    }
}

/// Switches on the general and the slow log, the latter for everything.
async fn log_every_statement(server: &PrivateServer) {
    let mut session = Session::open(server).await;
    let directory = server.datadir();
    for (log, file) in [("general_log", "general.log"), ("slow_query_log", "slow.log")] {
        let path = directory.join(file);
        session
            .run(&format!("SET GLOBAL {log}_file='{}'", path.display()))
            .await;
        session.run(&format!("SET GLOBAL {log}=1")).await;
    }
    session.run("SET GLOBAL long_query_time=0").await;
}

/// Collects the statements that other sessions of the server are seen to run.
///
/// But for one: a server of MariaDB shows the statement that tells it of its source as it came, with the password
/// in it, to accounts that may see the sessions of others. There is no other way to tell it.
async fn statements_seen(mut session: Session, stop: Arc<AtomicBool>) -> String {
    let mut seen = String::new();
    while !stop.load(Ordering::Relaxed) {
        for row in session.rows("SHOW FULL PROCESSLIST").await {
            if !row["Info"].starts_with("CHANGE MASTER") {
                seen.push_str(&row["Info"]);
            }
        }
    }
    seen
}

/// Runs the set-up with every word it has; returns what it printed, and what /proc showed of it.
async fn run_and_watch(operator: &Operator) -> String {
    let arguments = ["--writers", "both", "--yes", "-vvv", "-o", "ndjson"];
    let mut command = operator.command("setup", arguments);
    let child = command.stdin(Stdio::null()).spawn().unwrap();
    let proc = PathBuf::from("/proc").join(child.id().unwrap().to_string());
    let watch = async {
        let mut seen = Vec::new();
        loop {
            for file in ["cmdline", "environ"] {
                seen.extend(fs::read(proc.join(file)).unwrap_or_default());
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            if !proc.join("exe").exists() {
                return seen;
            }
        }
    };
    let (output, seen) = tokio::join!(child.wait_with_output(), watch);
    let ran = operator.ran("setup -vvv".into(), &output.unwrap()).exits(0);
    assert!(
        ran.stderr.contains("TRACE") || ran.stderr.contains("DEBUG"),
        "it logs\n{ran}"
    );
    let seen = String::from_utf8_lossy(&seen);
    assert!(seen.contains("--primary-password-file"), "{seen}");
    format!("{seen}\n{}\n{}", ran.stdout, ran.stderr)
}

/// Reads the generated password from where the server itself keeps it.
async fn replication_password(server: &PrivateServer) -> String {
    if server.release().is_mysql() {
        let mut session = Session::open(server).await;
        return session
            .value("SELECT User_password FROM mysql.slave_master_info")
            .await;
    }
    let info = fs::read_to_string(server.datadir().join("master.info")).unwrap();
    info.lines().nth(5).unwrap().to_owned()
}

/// All files of a server but those in which it keeps the password of its link.
fn files_to_search(server: &PrivateServer) -> Vec<PathBuf> {
    let mut found = Vec::new();
    collect(server.datadir().parent().unwrap(), &mut found);
    let own = |path: &PathBuf| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let of_innodb = ["mysql.ibd", "ibdata", "undo_", "#ib_", "#innodb", "ib_"]
            .iter()
            .any(|start| name.starts_with(start));
        name == "master.info" || (server.release().is_mysql() && of_innodb)
    };
    found.retain(|path| !own(path));
    let names: Vec<String> = found
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    for expected in ["general.log", "slow.log", "error.log", "binlog.000001"] {
        assert!(
            names.iter().any(|name| name == expected),
            "{expected} of {names:?}"
        );
    }
    found
}

fn collect(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            collect(&entry.path(), found);
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
}

fn holds(file: &Path, text: &str) -> bool {
    // Log files come and go while the server runs.
    let bytes = fs::read(file).unwrap_or_default();
    String::from_utf8_lossy(&bytes).contains(text)
}

on_releases!(a_password_in_a_url_works_and_is_warned_of: mariadb_10_11, slow_mysql_9_7);

async fn a_password_in_a_url_works_and_is_warned_of(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let operator = Operator::of(&pair);
    let (primary, secondary) = (pair.primary.url(), pair.secondary.url());
    let arguments = [
        "setup",
        "--yes",
        "-vv",
        "--primary",
        &primary,
        "--secondary",
        &secondary,
    ];
    operator
        .finish(&mut operator.bare(arguments))
        .await
        .exits(0)
        .says("can be read by every user of this machine");
    let status = [
        "status",
        "--primary",
        &primary,
        "--secondary",
        &secondary,
        "-o",
        "json",
    ];
    let ran = operator.finish(&mut operator.bare(status)).await.exits(0);
    assert_eq!(ran.json()["servers"][0]["name"], pair.primary.address(), "{ran}");
}

on_releases!(scenario_3_passwords_of_odd_letters_are_taken_as_they_are: mariadb_10_11, slow_mysql_9_7);

async fn scenario_3_passwords_of_odd_letters_are_taken_as_they_are(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let mut operator = Operator::of(&pair);
    let odd = r#"'a"b\c;d--e%f$g#h `i ü€🎬/@:?&"#;
    let quoted = odd.replace('\\', r"\\").replace('\'', r"\'");
    for server in [&pair.primary, &pair.secondary] {
        let mut session = Session::open(server).await;
        session
            .run(&format!("CREATE USER 'odd'@'127.0.0.1' IDENTIFIED BY '{quoted}'"))
            .await;
        session
            .run("GRANT ALL PRIVILEGES ON *.* TO 'odd'@'127.0.0.1' WITH GRANT OPTION")
            .await;
    }
    let file = operator.password_file("odd", odd);
    operator.primary_password_file.clone_from(&file);
    operator.secondary_password_file = file;
    operator.setup(["--user", "odd"]).await.exits(0);
    operator.run("status", ["--user", "odd"]).await.exits(0);
}
