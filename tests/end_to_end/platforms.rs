//! `--for PLATFORM`: on a real pair each platform logs in with what dbha rendered, and works as it does.

use std::fs;
use std::path::{Path, PathBuf};

use dbha_testkit::{PrivateServer, Release, ServerPair};
use tokio::process::Command;

use crate::operator::Operator;
use crate::option_files::{drop_in, restart_both, stock_pair};
use crate::releases::on_releases;
use crate::servers::{assert_all_threads_run, assert_same_contents, fresh_pair};
use crate::session::Session;

/// The server runs with read_only, or super_read_only.
const READ_ONLY: u16 = 1290;

/// A platform's account: its statements were run on the primary, and its installer has what it takes.
struct Tenant {
    user: String,
    password: String,
    /// What the installer takes.
    installer: String,
}

impl Tenant {
    /// Renders both texts with one new password, and runs the statements on a server.
    async fn move_in(platform: &str, operator: &mut Operator, server: &PrivateServer) -> Self {
        let path = |name: &str| operator.home().join(name).display().to_string();
        let (password, sql, installer) = (path("tenant.password"), path("tenant.sql"), path("tenant.out"));
        let flavor = if server.release().is_mysql() {
            "mysql"
        } else {
            "mariadb"
        };
        let sql_arguments = [
            "render",
            "platform-sql",
            "--for",
            platform,
            "--client-host",
            "%",
            "--flavor",
            flavor,
            "--password-file",
            &password,
            "--out",
            &sql,
        ];
        let ran = operator.finish(&mut operator.bare(sql_arguments)).await.exits(0);
        assert_eq!(ran.stdout, "", "{ran}");
        let address = server.address();
        let arguments = [
            "render",
            "platform",
            "--for",
            platform,
            "--primary",
            &address,
            "--secondary",
            "127.0.0.1:1",
            "--address",
            &address,
            "--password-file",
            &password,
            "--out",
            &installer,
        ];
        operator.finish(&mut operator.bare(arguments)).await.exits(0);
        for file in [&password, &sql, &installer] {
            assert_eq!(mode(Path::new(file)), 0o600, "{file}");
        }
        let mut root = Session::open(server).await;
        let text = fs::read_to_string(&sql).unwrap();
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("--")).collect();
        for statement in lines.join("\n").split(";\n").filter(|one| !one.is_empty()) {
            root.run(statement.trim_end_matches(';')).await;
        }
        let secret = fs::read_to_string(&password).unwrap().trim_end().to_owned();
        operator.secrets.push(secret.clone());
        Self {
            user: platform.to_owned(),
            password: secret,
            installer: fs::read_to_string(&installer).unwrap(),
        }
    }

    async fn session(&self, server: &PrivateServer) -> Session {
        Session::open_as(server, &self.user, &self.password)
            .await
            .unwrap()
    }
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// Returns the number of the error with which a statement is refused.
async fn refused(session: &mut Session, statement: &str) -> Option<u16> {
    match session.try_run(statement).await {
        Ok(()) => None,
        Err(mysql_async::Error::Server(error)) => Some(error.code),
        Err(error) => panic!("{error}\n{statement}"),
    }
}

/// Starts both servers with the option files of a new site that are rendered for a platform.
async fn restart_as_rendered(pair: &mut ServerPair, operator: &Operator, platform: &str) {
    let flavor = if pair.primary.release().is_mysql() {
        "mysql"
    } else {
        "mariadb"
    };
    for (side, server) in [("primary", &mut pair.primary), ("secondary", &mut pair.secondary)] {
        let arguments = [
            "render", "my.cnf", "--server", side, "--flavor", flavor, "--for", platform,
        ];
        let file = operator
            .finish(&mut operator.bare(arguments))
            .await
            .exits(0)
            .stdout;
        server.append_options(&file).unwrap();
        server.restart().await.unwrap();
    }
}

on_releases!(revisions_of_k3s_grow_by_exactly_1_on_either_server: mariadb_10_11, slow_mysql_9_7);

/// As K3s does: prepared statements, one table, several connections, and after a change of roles the same.
async fn revisions_of_k3s_grow_by_exactly_1_on_either_server(release: Release) {
    let pair = fresh_pair(release).await;
    let mut operator = Operator::of(&pair);
    operator
        .setup(["--for", "k3s", "--writers", "both"])
        .await
        .exits(3)
        .says("DBHA-P16");
    operator
        .setup(["--for", "k3s", "--auto-increment", "2"])
        .await
        .exits(3)
        .says("DBHA-P16");
    operator
        .setup(["--for", "k3s"])
        .await
        .exits(0)
        .says("DBHA-P30")
        .says("DBHA-P78");
    let k3s = Tenant::move_in("k3s", &mut operator, &pair.primary).await;
    let dsn = format!(
        "K3S_DATASTORE_ENDPOINT='mysql://k3s:{}@tcp({})/k3s'\n",
        k3s.password,
        pair.primary.address()
    );
    assert!(k3s.installer.ends_with(&dsn), "{}", k3s.installer);

    let mut session = k3s.session(&pair.primary).await;
    session.run("CREATE DATABASE IF NOT EXISTS k3s").await;
    session
        .run(
            "CREATE TABLE k3s.kine (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(630) CHARACTER SET ascii, \
             prev_revision BIGINT UNSIGNED, value MEDIUMBLOB, UNIQUE KEY kine_name_prev_revision_uindex (name, prev_revision))",
        )
        .await;
    let mut revision = 0;
    revision = write_revisions(&k3s, &pair.primary, revision).await;

    let to = operator.secondary.clone();
    let run = &mut operator.command("switchover", ["--to", to.as_str(), "--yes"]);
    operator.finish(run).await.exits(0);
    revision = write_revisions(&k3s, &pair.secondary, revision).await;
    assert_eq!(revision, 40);
    assert_same_contents(&pair).await;
    assert_all_threads_run(&pair).await;
    let mut old_writer = k3s.session(&pair.primary).await;
    assert_eq!(
        refused(&mut old_writer, "DELETE FROM k3s.kine").await,
        Some(READ_ONLY)
    );
}

/// Writes by four connections in turn; each key must be the one behind the last.
async fn write_revisions(k3s: &Tenant, server: &PrivateServer, mut last: u64) -> u64 {
    let mut sessions = Vec::new();
    for _ in 0..4 {
        sessions.push(k3s.session(server).await);
    }
    for number in 0..20 {
        let session = &mut sessions[number % 4];
        let (name, before) = (format!("/registry/pods/{}", number % 3), last);
        session
            .execute(
                "INSERT INTO k3s.kine(name, prev_revision, value) VALUES(?, ?, ?)",
                (name, before, b"\x00binary".to_vec()),
            )
            .await;
        let key = session.generated_key().unwrap();
        assert_eq!(key, last + 1, "a revision is left out");
        last = key;
    }
    last
}

on_releases!(rainbond_finds_its_databases_and_its_health_check_tells_the_truth: mysql_9_7, slow_mariadb_10_11);

async fn rainbond_finds_its_databases_and_its_health_check_tells_the_truth(release: Release) {
    let pair = fresh_pair(release).await;
    let mut operator = Operator::of(&pair);
    let before = codes(&operator, &["--for", "rainbond"]).await;
    assert_eq!(told_of(&before), ["DBHA-P75", "DBHA-P75", "DBHA-P78"]);
    for server in [&pair.primary, &pair.secondary] {
        let mut root = Session::open(server).await;
        root.run("SET GLOBAL max_connections = 5050").await;
    }
    let rainbond = Tenant::move_in("rainbond", &mut operator, &pair.primary).await;
    let ready = codes(&operator, &["--for", "rainbond"]).await;
    assert_eq!(told_of(&ready), [""; 0]);
    operator.setup(["--for", "rainbond"]).await.exits(0);
    let line = format!("password: \"{}\"\n", rainbond.password);
    assert!(rainbond.installer.contains(&line));

    for database in ["console", "region"] {
        works_in(database, &rainbond, &pair).await;
    }

    let command = health_command(&operator).await;
    let well = shell(&operator, &command).await;
    assert!(well.0, "{}", well.1);
    let stop = if release.is_mysql() {
        "STOP REPLICA"
    } else {
        "STOP ALL SLAVES"
    };
    Session::open(&pair.secondary).await.run(stop).await;
    let broken = shell(&operator, &command).await;
    assert!(!broken.0 && broken.1.contains("CRITICAL"), "{}", broken.1);
}

/// What is told of a platform, its version left out.
fn told_of(codes: &[String]) -> Vec<&str> {
    let of_platform = |code: &&str| ["DBHA-P75", "DBHA-P76", "DBHA-P78"].contains(code);
    codes.iter().map(String::as_str).filter(of_platform).collect()
}

async fn codes(operator: &Operator, arguments: &[&str]) -> Vec<String> {
    let arguments = [arguments, &["-o", "json"]].concat();
    let found = operator.run("preflight", arguments).await.exits(0).json();
    let findings = found["findings"].as_array().unwrap();
    let codes = findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap().to_owned());
    codes.collect()
}

/// Writes on the primary, reads on the standby, and may not write there.
async fn works_in(database: &str, rainbond: &Tenant, pair: &ServerPair) {
    let mut session = rainbond.session(&pair.primary).await;
    session
        .run(&format!(
            "CREATE TABLE {database}.t (id INT PRIMARY KEY, name VARCHAR(40))"
        ))
        .await;
    session
        .execute(&format!("INSERT INTO {database}.t VALUES (?, ?)"), (1, "🦀 区域"))
        .await;
    assert_same_contents(pair).await;
    let mut standby = rainbond.session(&pair.secondary).await;
    assert_eq!(
        standby.value(&format!("SELECT name FROM {database}.t")).await,
        "🦀 区域"
    );
    let made = format!(
        "SELECT CONCAT(DEFAULT_CHARACTER_SET_NAME, ' ', DEFAULT_COLLATION_NAME) FROM information_schema.SCHEMATA \
         WHERE SCHEMA_NAME='{database}'"
    );
    assert_eq!(standby.value(&made).await, "utf8mb4 utf8mb4_unicode_ci");
    let write = format!("DELETE FROM {database}.t");
    assert_eq!(refused(&mut standby, &write).await, Some(READ_ONLY));
}

/// Renders the health check, and takes the command out that Rainbond's supervisor gives to a shell.
async fn health_command(operator: &Operator) -> String {
    let config = operator.home().join("there.toml");
    let server = |name: &str, address: &str, password: &PathBuf| {
        format!(
            "[server.{name}]\naddress = \"{address}\"\nuser = \"root\"\npassword-file = \"{}\"\n",
            password.display()
        )
    };
    let text = server("db1", &operator.primary, &operator.primary_password_file)
        + &server("db2", &operator.secondary, &operator.secondary_password_file);
    fs::write(&config, &text).unwrap();
    fs::write(operator.home().join("dbha.toml"), &text).unwrap();
    let config = config.display().to_string();
    let arguments = [
        "render",
        "health-check",
        "--primary",
        "db1",
        "--secondary",
        "db2",
        "--program",
        env!("CARGO_BIN_EXE_dbha"),
        "--config-there",
        &config,
    ];
    let rendered = operator
        .finish(&mut operator.bare(arguments))
        .await
        .exits(0)
        .stdout;
    let line = rendered
        .lines()
        .find_map(|line| line.trim().strip_prefix("address: \""));
    line.unwrap().trim_end_matches('"').to_owned()
}

/// Runs a command as the supervisor does; tells whether it is well, and what stands on standard error.
async fn shell(operator: &Operator, command: &str) -> (bool, String) {
    let mut bash = Command::new("/bin/bash");
    bash.args(["-c", command])
        .env("HOME", operator.home())
        .kill_on_drop(true);
    let output = bash.output().await.unwrap();
    assert!(
        output.stdout.is_empty(),
        "the supervisor shows standard error alone"
    );
    (output.status.success(), String::from_utf8(output.stderr).unwrap())
}

on_releases!(cloudpods_makes_databases_and_accounts_that_reach_the_standby: mariadb_10_11, slow_mariadb_10_5, slow_mariadb_11_8);

/// As its installer and its operator do: grants looked at, the binary log's place asked for, a database and an account for
/// each service.
async fn cloudpods_makes_databases_and_accounts_that_reach_the_standby(release: Release) {
    let mut pair = fresh_pair(release).await;
    let mut operator = Operator::of(&pair);
    restart_as_rendered(&mut pair, &operator, "cloudpods").await;
    let cloudpods = Tenant::move_in("cloudpods", &mut operator, &pair.primary).await;
    let done = operator
        .setup(["--for", "cloudpods", "-o", "ndjson"])
        .await
        .exits(0);
    assert!(
        !done
            .changed_steps()
            .iter()
            .any(|step| step.starts_with("configure_")),
        "{done}"
    );
    assert!(
        cloudpods
            .installer
            .contains(&format!("  db_password: \"{}\"\n", cloudpods.password))
    );

    finds_what_its_installer_looks_for(&mut cloudpods.session(&pair.primary).await).await;
    makes_a_service(&mut cloudpods.session(&pair.primary).await, &pair.primary).await;

    assert_same_contents(&pair).await;
    let mut on_standby = Session::open_as(&pair.secondary, "keystone", "of-the-service")
        .await
        .unwrap();
    assert_eq!(on_standby.number("SELECT COUNT(*) FROM keystone.t").await, 2);
    let mut like_root = cloudpods.session(&pair.secondary).await;
    for statement in ["DELETE FROM keystone.t", "CREATE DATABASE stray"] {
        let code = refused(&mut like_root, statement).await;
        assert_eq!(
            code,
            Some(READ_ONLY),
            "{statement}: the standby holds the platform's account"
        );
    }
}

async fn finds_what_its_installer_looks_for(session: &mut Session) {
    let grants = session.column("SHOW GRANTS FOR 'cloudpods'@'%'").await;
    assert!(grants[0].contains("WITH GRANT OPTION"), "{grants:?}");
    assert_eq!(session.rows("SHOW MASTER STATUS").await.len(), 1);
    for (setting, value) in [
        ("max_connections", "1000"),
        ("group_concat_max_len", "1073741824"),
        ("max_allowed_packet", "1073741824"),
        ("time_zone", "+00:00"),
        ("skip_name_resolve", "1"),
    ] {
        assert_eq!(
            session.value(&format!("SELECT @@GLOBAL.{setting}")).await,
            value,
            "{setting}"
        );
    }
}

/// A database, an account at two hosts, and a statement that ONLY_FULL_GROUP_BY refuses.
async fn makes_a_service(session: &mut Session, server: &PrivateServer) {
    session.run("CREATE DATABASE IF NOT EXISTS `keystone`").await;
    for host in ["%", "127.0.0.1"] {
        session
            .run(&format!(
                "CREATE USER 'keystone'@'{host}' IDENTIFIED BY 'of-the-service'"
            ))
            .await;
        session
            .run(&format!(
                "GRANT ALL PRIVILEGES ON keystone.* TO 'keystone'@'{host}'"
            ))
            .await;
    }
    let mut service = Session::open_as(server, "keystone", "of-the-service")
        .await
        .unwrap();
    service
        .run("CREATE TABLE keystone.t (id INT AUTO_INCREMENT PRIMARY KEY, zone INT, name TEXT)")
        .await;
    service
        .run("INSERT INTO keystone.t (zone, name) VALUES (1, 'a'), (1, 'b')")
        .await;
    assert_eq!(
        service
            .rows("SELECT zone, name FROM keystone.t GROUP BY zone")
            .await
            .len(),
        1
    );
}

on_releases!(one_command_makes_stock_servers_a_pair_for_a_platform: mariadb_10_11, slow_mysql_9_7);

/// With access to the machines the platform's lines are in dbha's own file, and stay there when a later run names none.
async fn one_command_makes_stock_servers_a_pair_for_a_platform(release: Release) {
    let (mut pair, operator) = stock_pair(release).await;
    let hands = ["--host-access", "local", "--restart", "allowed", "-o", "ndjson"];
    operator
        .setup([&hands[..], &["--for", "rancher"]].concat())
        .await
        .exits(0);
    let lines = |server: &PrivateServer| {
        let text = fs::read_to_string(drop_in(server)).unwrap();
        text.lines().filter(|line| *line == "max_connections=200").count()
    };
    assert_eq!([lines(&pair.primary), lines(&pair.secondary)], [1, 1]);

    let again = operator
        .setup([&hands[..], &["--for", "rancher"]].concat())
        .await
        .exits(0);
    assert_eq!(again.changed_steps(), [""; 0]);
    let unnamed = operator
        .setup([&hands[..], &["--auto-increment", "1"]].concat())
        .await
        .exits(0);
    assert_eq!(unnamed.changed_steps(), [""; 0], "the lines stay");
    restart_both(&mut pair, &operator).await;
    for server in [&pair.primary, &pair.secondary] {
        let mut session = Session::open(server).await;
        let seen = "SELECT CONCAT(@@GLOBAL.max_connections, ' ', @@GLOBAL.auto_increment_increment)";
        assert_eq!(session.value(seen).await, "200 1");
    }
}

on_releases!(three_rancher_servers_hold_50_connections_each: mariadb_10_11, slow_mysql_9_7);

async fn three_rancher_servers_hold_50_connections_each(release: Release) {
    let mut pair = fresh_pair(release).await;
    let mut operator = Operator::of(&pair);
    restart_as_rendered(&mut pair, &operator, "rancher").await;
    let rancher = Tenant::move_in("rancher", &mut operator, &pair.primary).await;
    let of_five = codes(&operator, &["--for", "rancher", "--platform-servers", "5"]).await;
    assert_eq!(told_of(&of_five), ["DBHA-P75", "DBHA-P75"]);
    operator.setup(["--for", "rancher"]).await.exits(0);

    let mut held = Vec::new();
    for _ in 0..150 {
        held.push(rancher.session(&pair.primary).await);
    }
    held[0]
        .run("CREATE TABLE rancher.kine (id BIGINT AUTO_INCREMENT PRIMARY KEY)")
        .await;
    for (before, session) in held.iter_mut().enumerate() {
        session.run("INSERT INTO rancher.kine VALUES ()").await;
        assert_eq!(session.generated_key(), Some(before as u64 + 1));
    }
    // There is still room for dbha and people.
    operator.status().await.exits(0);
    drop(held);
    assert_same_contents(&pair).await;
}
