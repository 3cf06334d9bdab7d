//! `--copy clone-plugin`: the secondary becomes a clone of the primary, and is proven like any copy.

use dbha_testkit::{PrivateServer, Release, ServerOptions, ServerPair};

use crate::eventually::eventually;
use crate::operator::Operator;
use crate::processes::processes_with;
use crate::ran::Ran;
use crate::refusal::refused;
use crate::releases::on_releases;
use crate::servers::{
    assert_all_threads_run, assert_nothing_left_behind, assert_same_contents, cross, fill_with_sample,
    fresh_pair, pair_with_sample,
};
use crate::session::Session;
use crate::stopped_at::StoppedAt;

/// What a clone is asked for by.
pub(crate) const CLONE: [&str; 2] = ["--copy", "clone-plugin"];
/// An account that both servers know, with one password.
const ADMIN_PASSWORD: &str = "oNePasswordThatOpensBothServers1";

/// Starts two servers that are restarted as a supervisor would, with the sample on the primary.
pub(crate) async fn supervised_pair(release: Release) -> (ServerPair, Operator) {
    let pair = ServerPair::start(release, &ServerOptions::new().supervised())
        .await
        .unwrap();
    fill_with_sample(&pair.primary, 30).await;
    let operator = Operator::of(&pair);
    (pair, operator)
}

/// Fails the test if anything of a clone is left on either server: accounts, notes, donors, what was held over the
/// restart, a plug-in that was loaded for it.
pub(crate) async fn assert_nothing_of_a_clone_is_left(pair: &ServerPair) {
    for server in [&pair.primary, &pair.secondary] {
        let mut session = Session::open(server).await;
        for nothing in [
            "SELECT CONCAT(user, '@', host) FROM mysql.user WHERE user LIKE 'dbha\\_clone%'",
            "SELECT CONCAT(id, state) FROM dbha.claim",
            "SELECT VARIABLE_VALUE FROM performance_schema.global_variables \
             WHERE VARIABLE_NAME='clone_valid_donor_list' AND VARIABLE_VALUE LIKE '%dbha%'",
            "SELECT VARIABLE_NAME FROM performance_schema.persisted_variables \
             WHERE VARIABLE_NAME IN ('event_scheduler', 'skip_replica_start', 'skip_slave_start')",
            "SELECT PLUGIN_NAME FROM information_schema.PLUGINS \
             WHERE PLUGIN_NAME='clone' AND PLUGIN_STATUS<>'DELETED'",
            "SELECT name FROM mysql.plugin WHERE name='clone'",
        ] {
            assert_eq!(session.column(nothing).await, [""; 0], "{nothing}");
        }
        let scheduler = session.value("SELECT @@GLOBAL.event_scheduler").await;
        assert_eq!(scheduler, "ON");
    }
}

on_releases!(scenario_36_a_secondary_becomes_a_clone_and_is_proven_equal: mysql_9_7);

async fn scenario_36_a_secondary_becomes_a_clone_and_is_proven_equal(release: Release) {
    let (pair, operator) = supervised_pair(release).await;
    let uuid = "SELECT CONCAT(@@GLOBAL.server_uuid, ' ', @@GLOBAL.port)";
    let before = Session::open(&pair.secondary).await.value(uuid).await;
    let mut primary = Session::open(&pair.primary).await;
    // Events that would write at once, and a channel that would start with the clone.
    primary
        .run("CREATE TABLE rental_shop.ticks (at DATETIME(6) PRIMARY KEY)")
        .await;
    primary
        .run(
            "CREATE EVENT rental_shop.tick ON SCHEDULE EVERY 1 SECOND DO INSERT IGNORE INTO rental_shop.ticks \
             VALUES (NOW(6))",
        )
        .await;

    let ran = operator
        .setup(CLONE.into_iter().chain(["-o", "ndjson"]))
        .await
        .exits(0);

    assert_told_and_proven(&ran);
    // Its own accounts open it as before, its identity is its own.
    let mut secondary = Session::open(&pair.secondary).await;
    assert_eq!(secondary.value(uuid).await, before);
    let awake = "SELECT EVENT_NAME FROM information_schema.EVENTS WHERE STATUS='ENABLED'";
    assert_eq!(secondary.column(awake).await, [""; 0]);
    let socket = "SELECT COUNT(*) FROM mysql.user WHERE user='root' AND host='localhost'";
    assert_eq!(secondary.value(socket).await, "1");
    assert_all_threads_run(&pair).await;
    primary.run("DROP EVENT rental_shop.tick").await;
    assert_same_contents(&pair).await;
    assert_nothing_left_behind(&pair).await;
    assert_nothing_of_a_clone_is_left(&pair).await;
    cross("Ada", &pair.primary, &pair.secondary).await;
    let again = operator
        .setup(CLONE.into_iter().chain(["-o", "ndjson"]))
        .await
        .exits(0);
    assert_eq!(again.changed_steps(), [""; 0]);
    operator.status().await.exits(0);
}

/// Fails the test unless the run said beforehand what happens, showed how far it was, and proved the clone.
fn assert_told_and_proven(ran: &Ran) {
    let events = ran.events();
    let found = |code: &str| events.iter().any(|event| event["finding"]["code"] == code);
    assert!(found("DBHA-P81"), "{ran}");
    let phases: Vec<&str> = events
        .iter()
        .filter_map(|event| event["counts"]["phase"].as_str())
        .collect();
    for phase in ["clone", "restart", "check"] {
        assert!(phases.contains(&phase), "{phase}: {phases:?}");
    }
    let proof = events.iter().find(|event| event["event"] == "proved").unwrap();
    assert!(proof["proof"]["tables"].as_u64() >= Some(12), "{proof:#}");
    assert!(proof["proof"]["rows"].as_u64() > Some(100), "{proof:#}");
    assert!(proof["proof"]["compared_at"].is_string(), "{proof:#}");
}

on_releases!(scenario_36_a_clone_keeps_what_was_there_before_for_a_reason: mysql_9_7);

/// A plug-in, a donor and a setting of somebody's stay; what the secondary loses is what was named.
async fn scenario_36_a_clone_keeps_what_was_there_before_for_a_reason(release: Release) {
    let (pair, operator) = supervised_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    primary.run("INSTALL PLUGIN clone SONAME 'mysql_clone.so'").await;
    let mut secondary = Session::open(&pair.secondary).await;
    for statement in [
        "SET PERSIST event_scheduler = ON",
        "SET PERSIST sort_buffer_size = 300000",
        "CREATE DATABASE old",
        "CREATE TABLE old.things (id INT PRIMARY KEY)",
        "CREATE USER 'ops'@'localhost' IDENTIFIED BY 'ops-password-of-the-secondary'",
        "GRANT SELECT ON *.* TO 'ops'@'localhost'",
    ] {
        secondary.run(statement).await;
    }
    operator.setup(CLONE).await.exits(3).says("DBHA-P09");

    let name = pair.secondary.address();
    operator
        .setup(CLONE.into_iter().chain(["--overwrite-secondary", &name]))
        .await
        .exits(0);

    let mut secondary = Session::open(&pair.secondary).await;
    let kept = "SELECT VARIABLE_VALUE FROM performance_schema.persisted_variables \
                WHERE VARIABLE_NAME IN ('event_scheduler', 'sort_buffer_size') ORDER BY VARIABLE_NAME";
    assert_eq!(secondary.column(kept).await, ["ON", "300000"]);
    let schemas = secondary.column("SHOW DATABASES").await;
    assert!(!schemas.contains(&"old".to_owned()), "{schemas:?}");
    let grants = secondary.column("SHOW GRANTS FOR 'ops'@'localhost'").await;
    assert!(grants[0].starts_with("GRANT SELECT ON *.*"), "{grants:?}");
    // It came with the primary's, and the primary had it.
    for server in [&pair.primary, &pair.secondary] {
        let mut session = Session::open(server).await;
        let loaded = "SELECT PLUGIN_STATUS FROM information_schema.PLUGINS WHERE PLUGIN_NAME='clone'";
        assert_eq!(session.value(loaded).await, "ACTIVE");
    }
    assert_same_contents(&pair).await;
}

on_releases!(scenario_36_where_nobody_starts_the_clone_dbha_says_so_and_goes_on: mysql_9_7);

async fn scenario_36_where_nobody_starts_the_clone_dbha_says_so_and_goes_on(release: Release) {
    let mut pair = pair_with_sample(release, 30).await;
    let operator = Operator::of(&pair);

    operator
        .setup(CLONE)
        .await
        .exits(8)
        .says("has ended to become a clone, and nobody started it again")
        .says("start it as it is always started on its machine");

    assert_eq!(pair.secondary.pid(), None);
    let mut primary = Session::open(&pair.primary).await;
    let accounts = "SELECT COUNT(*) FROM mysql.user WHERE user = 'dbha_clone'";
    assert_eq!(primary.value(accounts).await, "0");
    operator.setup(CLONE).await.exits(4);
    pair.secondary.start().await.unwrap();
    let ran = operator
        .setup(CLONE.into_iter().chain(["-o", "ndjson"]))
        .await
        .exits(0);
    assert!(ran.stdout.contains("is a clone already"), "{ran}");
    assert!(!ran.stdout.contains("has been cloned"), "{ran}");
    assert_same_contents(&pair).await;
    assert_nothing_of_a_clone_is_left(&pair).await;
    let again = operator
        .setup(CLONE.into_iter().chain(["-o", "ndjson"]))
        .await
        .exits(0);
    assert_eq!(again.changed_steps(), [""; 0]);
}

on_releases!(scenario_36_a_clone_that_somebody_starts_in_time_is_gone_on_with: slow_mysql_9_7);

async fn scenario_36_a_clone_that_somebody_starts_in_time_is_gone_on_with(release: Release) {
    let mut pair = pair_with_sample(release, 30).await;
    let operator = Operator::of(&pair);
    let mut command = operator.command("setup", CLONE);
    let held = StoppedAt::reach(&operator, command.arg("--yes"), "cloned:copy_data").await;
    let go_on = held.go_on(&operator);
    let start = async {
        eventually("it has ended", async || pair.secondary.pid(), Option::is_none).await;
        pair.secondary.start().await.unwrap();
    };
    let (ran, ()) = tokio::join!(go_on, start);
    ran.exits(0);
    assert_same_contents(&pair).await;
}

on_releases!(scenario_36_with_access_to_the_machine_dbha_starts_the_clone: mysql_9_7);

async fn scenario_36_with_access_to_the_machine_dbha_starts_the_clone(release: Release) {
    let pair = pair_with_sample(release, 30).await;
    let operator = Operator::of(&pair);
    let machine = ["--secondary-host-access", "local", "--restart", "allowed"];

    let ran = operator
        .setup(CLONE.into_iter().chain(machine).chain(["-o", "ndjson"]))
        .await
        .exits(0);

    assert!(ran.stdout.contains("dbha starts it again"), "{ran}");
    assert_same_contents(&pair).await;
    assert_nothing_of_a_clone_is_left(&pair).await;
    eventually(
        "nothing waits to start it any more",
        async || has_starter(&pair.secondary),
        |waits| !waits,
    )
    .await;
}

on_releases!(scenario_36_a_clone_is_started_although_dbha_is_killed: mysql_9_7);

async fn scenario_36_a_clone_is_started_although_dbha_is_killed(release: Release) {
    let pair = pair_with_sample(release, 30).await;
    let operator = Operator::of(&pair);
    let machine = [
        "--secondary-host-access",
        "local",
        "--restart",
        "allowed",
        "--yes",
    ];
    let words: Vec<&str> = CLONE.into_iter().chain(machine).collect();
    let mut command = operator.command("setup", words.iter().copied());
    StoppedAt::reach(&operator, &mut command, "prepared:copy_data")
        .await
        .kill()
        .await;
    // Killed before the clone: what waits for its end does nothing when somebody stops the server.
    assert!(has_starter(&pair.secondary));

    let held = StoppedAt::reach(&operator, &mut command, "cloned:copy_data").await;
    held.kill().await;

    eventually(
        "the secondary runs again",
        async || {
            Session::open_as(&pair.secondary, "root", pair.primary.root_password())
                .await
                .is_ok()
        },
        |runs| *runs,
    )
    .await;
    operator.finish(&mut command).await.exits(0);
    assert_same_contents(&pair).await;
    assert_nothing_of_a_clone_is_left(&pair).await;
}

/// Tells whether something waits to start a server once it has become a clone.
fn has_starter(server: &PrivateServer) -> bool {
    let files = server.datadir();
    processes_with(&files).into_iter().any(|pid| {
        let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&line).contains("dbha-restart-")
    })
}

on_releases!(scenario_36_auto_clones_only_where_the_server_comes_back: mysql_9_7);

async fn scenario_36_auto_clones_only_where_the_server_comes_back(release: Release) {
    let (pair, mut operator) = supervised_pair(release).await;
    for server in [&pair.primary, &pair.secondary] {
        let mut session = Session::open(server).await;
        session.run("SET SESSION sql_log_bin=0").await;
        session
            .run(&format!(
                "CREATE USER 'dbha_admin'@'127.0.0.1' IDENTIFIED BY '{ADMIN_PASSWORD}'"
            ))
            .await;
        session
            .run("GRANT ALL PRIVILEGES ON *.* TO 'dbha_admin'@'127.0.0.1' WITH GRANT OPTION")
            .await;
    }
    let clones = |ran: &Ran| ran.stdout.contains("by the CLONE plug-in");
    let plan = async |operator: &Operator, words: &[&str]| {
        operator.run("plan", words.iter().copied()).await.exits(0)
    };
    let seen = ["--host-access", "local"];
    // Two logins: after a clone one of them would be gone.
    assert!(!clones(&plan(&operator, &seen).await));
    let file = operator.password_file("admin", ADMIN_PASSWORD);
    operator.primary = format!("mysql://dbha_admin@{}/", pair.primary.address());
    operator.secondary = format!("mysql://dbha_admin@{}/", pair.secondary.address());
    operator.primary_password_file.clone_from(&file);
    operator.secondary_password_file = file;
    // Nobody saw a supervisor.
    assert!(!clones(&plan(&operator, &[]).await));
    assert!(!clones(&plan(&operator, &["--restart", "allowed"]).await));
    assert!(clones(&plan(&operator, &seen).await));
    let stream = ["--host-access", "local", "--copy", "stream"];
    assert!(!clones(&plan(&operator, &stream).await));

    let ran = operator
        .setup(seen.into_iter().chain(["-o", "ndjson"]))
        .await
        .exits(0);

    assert!(ran.stdout.contains("has been cloned and restarts"), "{ran}");
    assert!(ran.stdout.contains("its supervisor starts it again"), "{ran}");
    assert_same_contents(&pair).await;
    assert_nothing_of_a_clone_is_left(&pair).await;
}

on_releases!(scenario_36_what_cannot_be_cloned_is_named_before_anything_is_changed: mysql_9_7);

async fn scenario_36_what_cannot_be_cloned_is_named_before_anything_is_changed(release: Release) {
    let (pair, operator) = supervised_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    for (spoil, mend, words) in [
        (
            "CREATE TABLE rental_shop.old_index (id INT) ENGINE=MyISAM",
            "DROP TABLE rental_shop.old_index",
            "1 tables are MyISAM (rental_shop.old_index is one): a clone brings InnoDB alone",
        ),
        (
            "SET GLOBAL max_allowed_packet = 1048576",
            "SET GLOBAL max_allowed_packet = 67108864",
            "a clone needs 2097152",
        ),
    ] {
        primary.run(spoil).await;
        refused(&pair, &operator, CLONE, 3)
            .await
            .says("DBHA-P80")
            .says(words);
        primary.run(mend).await;
    }
    let mut secondary = Session::open(&pair.secondary).await;
    secondary
        .run("REVOKE CLONE_ADMIN ON *.* FROM 'root'@'127.0.0.1'")
        .await;
    refused(&pair, &operator, CLONE, 3)
        .await
        .says("DBHA-P80")
        .says("root@127.0.0.1 lacks CLONE_ADMIN");
}

on_releases!(scenario_36_mariadb_has_no_clone_and_says_so: mariadb_10_11);

async fn scenario_36_mariadb_has_no_clone_and_says_so(release: Release) {
    let pair = fresh_pair(release).await;
    let operator = Operator::of(&pair);
    refused(&pair, &operator, CLONE, 3)
        .await
        .says("DBHA-P80")
        .says("the CLONE plug-in is in MySQL from 8.0.17 on");
    operator.setup([]).await.exits(0);
    // A finished pair needs no copy, so that nothing speaks against the way of one.
    operator.setup(CLONE).await.exits(0);
}
