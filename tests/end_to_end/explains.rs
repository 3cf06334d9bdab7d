//! `dbha explain NUMBER`: its numbers are the servers' own, and what it says to type mends the pair.

use std::fs;

use dbha_testkit::{Installation, PrivateServer, Release, ServerPair};
use serde_json::Value;
use tokio::process::Command;

use crate::eventually::eventually;
use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::{
    assert_all_threads_run, assert_same_contents, column_of, pair_with_sample, replica_status, threads,
};
use crate::session::Session;

/// Reads everything that is explained of servers' errors.
async fn explained() -> Vec<Value> {
    let operator = Operator::without_servers();
    let mut command = operator.bare(["explain", "-o", "json"]);
    let all = operator.finish(&mut command).await.exits(0).json();
    let errors = all.as_array().unwrap().iter();
    let errors = errors.filter_map(|one| one.get("server_error").cloned());
    errors.collect()
}

/// Lists the numbers and names that the page gives for one kind of server; errors of the client library are not theirs.
async fn named_for(kind: &str) -> Vec<(u64, String)> {
    let mut named = Vec::new();
    for error in explained().await {
        for one in error["numbers"].as_array().unwrap() {
            let (number, name) = (one["number"].as_u64().unwrap(), one[kind].as_str().unwrap());
            if !name.is_empty() && !name.starts_with("CR_") {
                named.push((number, name.to_owned()));
            }
        }
    }
    assert!(named.len() > 20, "{named:?}");
    named
}

on_releases!(the_numbers_are_those_of_the_server: mariadb_10_11, mariadb_11_8, mysql_9_7);

async fn the_numbers_are_those_of_the_server(release: Release) {
    let installation = Installation::find(release).unwrap();
    let kind = if release.is_mysql() { "mysql" } else { "mariadb" };
    let Some(mut perror) = installation.client("perror") else {
        eprintln!("SKIPPED: no perror of {release}");
        return;
    };
    let named = named_for(kind).await;
    perror.args(named.iter().map(|(number, _)| number.to_string()));
    let said = String::from_utf8(perror.output().unwrap().stdout).unwrap();
    for (number, name) in named {
        let known = match release.is_mysql() {
            true => format!("MySQL error code MY-{number:06} ({name}):"),
            false => format!("MariaDB error code {number} ({name}):"),
        };
        assert!(said.contains(&known), "{known}\n{said}");
    }
}

async fn pair_of_two_writers(release: Release) -> (ServerPair, Operator) {
    let pair = pair_with_sample(release, 5).await;
    let operator = Operator::of(&pair);
    operator.setup(["--writers", "both"]).await.exits(0);
    (pair, operator)
}

async fn sql_error_of(server: &PrivateServer) -> u64 {
    let status = replica_status(server).await.unwrap_or_default();
    column_of(&status, "Last_SQL_Errno").parse().unwrap_or(0)
}

async fn assert_stops_with(server: &PrivateServer, numbers: &[u64]) {
    eventually(
        "the applier stops with the error",
        async || (threads(server).await.1, sql_error_of(server).await),
        |(sql, error)| sql == "No" && numbers.contains(error),
    )
    .await;
}

/// Types, on one session of a server, what step `step` of the explanation says, about the given row and account.
async fn type_step(server: &PrivateServer, code: &str, step: usize, names: &[(&str, &str)]) {
    let operator = Operator::without_servers();
    let mut command = operator.bare(["explain", code, "-o", "json"]);
    let found = operator.finish(&mut command).await.exits(0).json();
    let step = &found["server_error"]["next"][step];
    let mut commands = step["commands"].as_str().unwrap().to_owned();
    assert!(!commands.is_empty(), "{step:#}");
    for (from, to) in names {
        assert!(commands.contains(from), "{from} in {commands}");
        commands = commands.replace(from, to);
    }
    if server.release().is_mysql() {
        commands = commands.replace("SLAVE", "REPLICA");
    }
    let mut session = Session::open(server).await;
    for statement in commands.lines() {
        session.run(statement.trim_end_matches(';')).await;
    }
}

async fn run_unlogged(server: &PrivateServer, statement: &str) {
    let mut session = Session::open(server).await;
    session.run("SET SESSION sql_log_bin=0").await;
    session.run(statement).await;
}

async fn start_applier(server: &PrivateServer) {
    Session::open(server).await.run("START REPLICA SQL_THREAD").await;
}

async fn assert_mended(pair: &ServerPair, operator: &Operator) {
    eventually(
        "the applier runs",
        async || threads(&pair.secondary).await.1,
        |sql| sql == "Yes",
    )
    .await;
    assert_same_contents(pair).await;
    assert_all_threads_run(pair).await;
    operator.status().await.exits(0);
    operator.run("verify", []).await.exits(0);
}

on_releases!(scenario_51_what_is_said_of_1062_mends_it_without_skipping: mariadb_10_11, mysql_9_7);

async fn scenario_51_what_is_said_of_1062_mends_it_without_skipping(release: Release) {
    let (pair, operator) = pair_of_two_writers(release).await;
    let row =
        |name: &str| format!("INSERT INTO rental_shop.category (category_id, name) VALUES (90, '{name}')");
    run_unlogged(&pair.secondary, &row("of the standby")).await;
    Session::open(&pair.primary)
        .await
        .run(&row("of the primary"))
        .await;
    assert_stops_with(&pair.secondary, &[1062]).await;

    let names = [
        ("shop.orders", "rental_shop.category"),
        ("id = 17", "category_id = 90"),
    ];
    type_step(&pair.secondary, "1062", 2, &names).await;

    assert_mended(&pair, &operator).await;
    let mut secondary = Session::open(&pair.secondary).await;
    let kept = "SELECT name FROM rental_shop.category WHERE category_id = 90";
    assert_eq!(secondary.value(kept).await, "of the primary");
}

on_releases!(scenario_51_what_is_said_of_1032_mends_it_without_skipping: mariadb_10_11, mysql_9_7);

async fn scenario_51_what_is_said_of_1032_mends_it_without_skipping(release: Release) {
    let (pair, operator) = pair_of_two_writers(release).await;
    let mut primary = Session::open(&pair.primary).await;
    for key in [90, 91] {
        primary
            .run(&format!(
                "INSERT INTO rental_shop.category (category_id, name) VALUES ({key}, 'row {key}')"
            ))
            .await;
    }
    assert_same_contents(&pair).await;
    run_unlogged(
        &pair.secondary,
        "DELETE FROM rental_shop.category WHERE category_id IN (90, 91)",
    )
    .await;
    primary
        .run("UPDATE rental_shop.category SET name = 'changed' WHERE category_id = 90")
        .await;
    primary
        .run("DELETE FROM rental_shop.category WHERE category_id = 91")
        .await;

    assert_stops_with(&pair.secondary, &[1032]).await;
    bring_one_row_over(&pair, "category_id = 90").await;
    start_applier(&pair.secondary).await;
    eventually(
        "the changed row has come",
        async || {
            let mut secondary = Session::open(&pair.secondary).await;
            secondary
                .column("SELECT name FROM rental_shop.category WHERE category_id = 90")
                .await
        },
        |names| *names == ["changed"],
    )
    .await;

    assert_stops_with(&pair.secondary, &[1032]).await;
    let names = [(
        "shop.orders (id, …) VALUES (17, …)",
        "rental_shop.category (category_id, name) VALUES (91, 'any')",
    )];
    type_step(&pair.secondary, "1032", 3, &names).await;
    start_applier(&pair.secondary).await;
    assert_mended(&pair, &operator).await;
}

/// The one line that is to be typed for a row that the source still has, with the clients of the system.
async fn bring_one_row_over(pair: &ServerPair, row: &str) {
    let error = explained()
        .await
        .into_iter()
        .find(|error| error["numbers"][0]["number"] == 1032);
    let error = error.unwrap();
    let line = error["next"][2]["commands"].as_str().unwrap();
    let option_file = |server: &PrivateServer| {
        let path = server.datadir().with_extension("client.cnf");
        let text = format!(
            "[client]\nuser=root\npassword={}\nprotocol=tcp\nhost=127.0.0.1\nport={}\n",
            server.root_password(),
            server.port()
        );
        fs::write(&path, text).unwrap();
        format!("--defaults-file={}", path.display())
    };
    let line = line
        .replace("--host=db1", &option_file(&pair.primary))
        .replace("--host=db2", &option_file(&pair.secondary))
        .replace("id = 17", row)
        .replace(" shop orders ", " rental_shop category ")
        .replace("' shop", "' rental_shop");
    let line = match pair.primary.release().is_mysql() {
        true => line
            .replace("mariadb-dump", &client_of(&pair.primary, "mysqldump"))
            .replace("| mariadb ", &format!("| {} ", client_of(&pair.primary, "mysql")))
            .replace(
                " --single-transaction",
                " --single-transaction --set-gtid-purged=OFF",
            ),
        false => line,
    };
    let done = Command::new("bash")
        .args(["-o", "pipefail", "-c", &line])
        .output()
        .await
        .unwrap();
    assert!(
        done.status.success(),
        "{line}\n{}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// Returns how a shell starts a client of the release; none of its words needs quotes.
fn client_of(server: &PrivateServer, program: &str) -> String {
    let command = server.installation().client(program).unwrap();
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words = words.map(|word| word.to_str().unwrap());
    words.collect::<Vec<_>>().join(" ")
}

on_releases!(scenario_45_what_is_said_of_1396_mends_it_without_skipping: mariadb_10_11, mysql_9_7);

async fn scenario_45_what_is_said_of_1396_mends_it_without_skipping(release: Release) {
    let (pair, operator) = pair_of_two_writers(release).await;
    let create = "CREATE USER 'app2'@'10.0.0.%' IDENTIFIED BY 'aPassw0rdOfNobody'";
    let names = [("'app'@'10.0.0.%'", "'app2'@'10.0.0.%'")];
    let mut primary = Session::open(&pair.primary).await;

    run_unlogged(&pair.secondary, create).await;
    primary.run(create).await;
    assert_stops_with(&pair.secondary, &[1396]).await;
    type_step(&pair.secondary, "1396", 1, &names).await;
    assert_mended(&pair, &operator).await;

    run_unlogged(&pair.secondary, "DROP USER 'app2'@'10.0.0.%'").await;
    primary.run("DROP USER 'app2'@'10.0.0.%'").await;
    assert_stops_with(&pair.secondary, &[1396]).await;
    type_step(&pair.secondary, "1396", 2, &names).await;
    assert_mended(&pair, &operator).await;
}

on_releases!(scenario_51_what_is_said_of_1677_mends_it_without_skipping: mariadb_10_11, mysql_9_7);

async fn scenario_51_what_is_said_of_1677_mends_it_without_skipping(release: Release) {
    let (pair, operator) = pair_of_two_writers(release).await;
    let mut primary = Session::open(&pair.primary).await;
    primary
        .run("CREATE TABLE rental_shop.paid (id INT PRIMARY KEY, amount BIGINT NOT NULL)")
        .await;
    assert_same_contents(&pair).await;
    run_unlogged(
        &pair.secondary,
        "ALTER TABLE rental_shop.paid MODIFY amount INT NOT NULL",
    )
    .await;
    primary
        .run("INSERT INTO rental_shop.paid VALUES (1, 5000000000)")
        .await;
    let number = if release.is_mysql() { 13146 } else { 1677 };
    assert_stops_with(&pair.secondary, &[number]).await;
    let names = [("shop.orders", "rental_shop.paid")];
    type_step(&pair.secondary, "1677", 1, &names).await;
    assert_mended(&pair, &operator).await;
}

on_releases!(scenario_52_what_is_said_of_a_damaged_relay_log_mends_it: mariadb_10_5, mariadb_10_11, slow_mariadb_11_8, mysql_9_7);

async fn scenario_52_what_is_said_of_a_damaged_relay_log_mends_it(release: Release) {
    let (pair, operator) = pair_of_two_writers(release).await;
    let mut secondary = Session::open(&pair.secondary).await;
    secondary.run("STOP REPLICA SQL_THREAD").await;
    Session::open(&pair.primary)
        .await
        .run("INSERT INTO rental_shop.category (category_id, name) VALUES (90, 'words to be found')")
        .await;
    let file = eventually(
        "the row is in the relay log",
        async || relay_log_with(&pair.secondary, b"words to be found"),
        Option::is_some,
    )
    .await
    .unwrap();
    let mut bytes = fs::read(&file).unwrap();
    let at = position_of(&bytes, b"words to be found").unwrap();
    bytes[at] ^= 0x20;
    fs::write(&file, bytes).unwrap();
    start_applier(&pair.secondary).await;

    let number = if release.is_mysql() { 13121 } else { 1594 };
    assert_stops_with(&pair.secondary, &[number]).await;
    let step = if release.is_mysql() { 2 } else { 1 };
    type_step(&pair.secondary, "1594", step, &[]).await;
    assert_mended(&pair, &operator).await;
}

on_releases!(scenario_52_what_is_said_of_lost_relay_logs_mends_it: mariadb_10_11, mysql_9_7);

async fn scenario_52_what_is_said_of_lost_relay_logs_mends_it(release: Release) {
    let (mut pair, operator) = pair_of_two_writers(release).await;
    if release.is_mysql() {
        let mut secondary = Session::open(&pair.secondary).await;
        secondary.run("SET PERSIST_ONLY relay_log_recovery = OFF").await;
    } else {
        // Else the restart would bring another error.
        let arguments = ["--server", "secondary", "--writers", "both"];
        let file = operator.run("render my.cnf", arguments).await.exits(0).stdout;
        pair.secondary.append_options(&file).unwrap();
    }
    pair.secondary.stop().await.unwrap();
    let files = fs::read_dir(pair.secondary.datadir())
        .unwrap()
        .filter_map(Result::ok);
    for file in files.filter(|file| file.file_name().to_string_lossy().contains("relay-bin")) {
        fs::remove_file(file.path()).unwrap();
    }
    pair.secondary.start().await.unwrap();
    let mut secondary = Session::open(&pair.secondary).await;
    let refused = secondary.try_run("START REPLICA").await.unwrap_err().to_string();
    let expected = if release.is_mysql() {
        ("1872", 13124)
    } else {
        ("1201", 0)
    };
    assert!(refused.contains(expected.0), "{refused}");
    assert_eq!(sql_error_of(&pair.secondary).await, expected.1);
    type_step(&pair.secondary, "1872", 1, &[]).await;
    eventually(
        "both threads of the secondary run",
        async || threads(&pair.secondary).await,
        |(io, sql)| io == "Yes" && sql == "Yes",
    )
    .await;
    if release.is_mysql() {
        let mut secondary = Session::open(&pair.secondary).await;
        secondary.run("SET PERSIST_ONLY relay_log_recovery = ON").await;
    }
    operator.setup(["--writers", "both"]).await.exits(0);
    assert_same_contents(&pair).await;
    assert_all_threads_run(&pair).await;
}

/// Finds the relay log that holds these bytes.
fn relay_log_with(server: &PrivateServer, wanted: &[u8]) -> Option<std::path::PathBuf> {
    let files = fs::read_dir(server.datadir()).unwrap().filter_map(Result::ok);
    let logs = files.filter(|file| file.file_name().to_string_lossy().contains("relay"));
    logs.map(|file| file.path())
        .find(|path| fs::read(path).is_ok_and(|bytes| position_of(&bytes, wanted).is_some()))
}

fn position_of(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
}
