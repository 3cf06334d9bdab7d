//! Scenario 80: passwords are looked for everywhere after a run.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dbha_testkit::{PrivateServer, Release};

use crate::operator::Operator;
use crate::ran::Ran;
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

/// Runs what reads and uses passwords, with every word it has: a plan, a set-up that fails after it has made the
/// accounts, one that succeeds, a look at the pair. Returns what they printed, and what /proc showed of them.
async fn run_and_watch(operator: &Operator) -> String {
    let nobody = "127.0.0.1:9";
    let runs: [(&str, &[&str], bool); 4] = [
        ("plan", &["-vvv"], true),
        (
            "setup",
            &["--yes", "-vvv", "-o", "ndjson", "--primary-address", nobody],
            false,
        ),
        (
            "setup",
            &["--writers", "both", "--yes", "-vvv", "-o", "ndjson"],
            true,
        ),
        ("status", &["-vvv", "-o", "json"], true),
    ];
    let mut all = String::new();
    for (command, arguments, succeeds) in runs {
        let (ran, seen) = watched(operator, command, arguments).await;
        assert_eq!(ran.code == Some(0), succeeds, "{ran}");
        assert!(ran.stderr.contains("TRACE"), "it logs\n{ran}");
        assert!(seen.contains("--primary-password-file"), "{seen}");
        all.push_str(&format!("{seen}\n{}\n{}\n", ran.stdout, ran.stderr));
    }
    // Whatever they left: receipts, temporary files.
    let mut left = Vec::new();
    collect(operator.home(), &mut left);
    for file in left
        .iter()
        .filter(|path| path.extension().is_none_or(|end| end != "password"))
    {
        all.push_str(&String::from_utf8_lossy(&fs::read(file).unwrap_or_default()));
    }
    all
}

/// Runs a command; returns what it left and what /proc showed of it and of its children while it ran.
async fn watched(operator: &Operator, command: &str, arguments: &[&str]) -> (Ran, String) {
    let mut run = operator.command(command, arguments.iter().copied());
    run.env("DBHA_LOG", "trace").env("TMPDIR", operator.home());
    let child = run.stdin(Stdio::null()).spawn().unwrap();
    let id = child.id().unwrap();
    let proc = PathBuf::from("/proc").join(id.to_string());
    let watch = async {
        let mut seen = Vec::new();
        let mut cores_are_off = false;
        while proc.join("exe").exists() {
            for process in [proc.clone()].into_iter().chain(children_of(id)) {
                for file in ["cmdline", "environ"] {
                    seen.extend(fs::read(process.join(file)).unwrap_or_default());
                }
            }
            let limits = fs::read_to_string(proc.join("limits")).unwrap_or_default();
            let of_cores = limits.lines().find(|line| line.starts_with("Max core file size"));
            cores_are_off |= of_cores.is_some_and(|line| line.split_whitespace().nth(4) == Some("0"));
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        (String::from_utf8_lossy(&seen).into_owned(), cores_are_off)
    };
    let (output, (seen, cores_are_off)) = tokio::join!(child.wait_with_output(), watch);
    assert!(
        cores_are_off,
        "a crash of {command} could write the passwords to a file"
    );
    (operator.ran(format!("{command} -vvv"), &output.unwrap()), seen)
}

fn children_of(parent: u32) -> Vec<PathBuf> {
    let mark = format!("PPid:\t{parent}\n");
    let is_child = |path: &PathBuf| {
        let status = fs::read_to_string(path.join("status")).unwrap_or_default();
        status.contains(&mark)
    };
    let all = fs::read_dir("/proc").unwrap().flatten();
    all.map(|entry| entry.path()).filter(is_child).collect()
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

on_releases!(scenario_3_passwords_with_line_ends_of_33_letters_and_of_none_are_taken_or_refused: mariadb_10_11, slow_mysql_9_7);

async fn scenario_3_passwords_with_line_ends_of_33_letters_and_of_none_are_taken_or_refused(
    release: Release,
) {
    let pair = pair_with_sample(release, 1).await;
    let mut operator = Operator::of(&pair);
    // As an option file writes them, and what they are.
    let passwords = [
        (r#""two\nlines""#, "two\nlines"),
        (r##""a'b\"c#d;e--f%g" # a comment"##, "a'b\"c#d;e--f%g"),
        (
            "123456789012345678901234567890123",
            "123456789012345678901234567890123",
        ),
        ("", ""),
    ];
    for server in [&pair.primary, &pair.secondary] {
        let mut session = Session::open(server).await;
        for (number, (_, password)) in passwords.iter().enumerate() {
            let quoted = password
                .replace('\\', r"\\")
                .replace('\'', r"\'")
                .replace('\n', r"\n");
            let account = format!("'odd{number}'@'127.0.0.1'");
            session
                .run(&format!("CREATE USER {account} IDENTIFIED BY '{quoted}'"))
                .await;
            session
                .run(&format!(
                    "GRANT ALL PRIVILEGES ON *.* TO {account} WITH GRANT OPTION"
                ))
                .await;
        }
    }
    let (primary, secondary) = (operator.primary.clone(), operator.secondary.clone());
    for (number, (written, password)) in passwords.iter().enumerate() {
        let text = format!("[client]\nuser=odd{number}\npassword={written}\n");
        let file = private_file(&operator, "options.cnf", text.as_bytes());
        if !password.is_empty() {
            operator.secrets.push((*password).to_owned());
        }
        let arguments = [
            "preflight",
            "--primary",
            &primary,
            "--secondary",
            &secondary,
            "--defaults-file",
            &file,
        ];
        operator.finish(&mut operator.bare(arguments)).await.exits(0);
    }
    for (bytes, words) in [(&b"a\0b\n"[..], "NUL"), (&b"\xff\xfe\n"[..], "UTF-8")] {
        let file = private_file(&operator, "bad", bytes);
        let arguments = [
            "preflight",
            "--primary",
            &primary,
            "--secondary",
            &secondary,
            "--password-file",
            &file,
        ];
        let ran = operator.finish(&mut operator.bare(arguments)).await.exits(2);
        ran.says_one_error_with_a_fix().says(words);
    }
}

/// Writes a file that only its owner can read; returns its path.
fn private_file(operator: &Operator, name: &str, bytes: &[u8]) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = operator.home().join(name);
    fs::write(&path, bytes).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path.display().to_string()
}
