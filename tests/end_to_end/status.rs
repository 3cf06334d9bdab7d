//! `dbha status`: one verdict, reasons, servers and links, on any two servers.

use dbha_testkit::{PrivateServer, Release, ServerOptions, ServerPair};
use serde_json::Value;

use crate::eventually::eventually;
use crate::operator::Operator;
use crate::releases::{on_every_release, on_releases};
use crate::servers::{fresh_pair, pair_with_sample, threads};
use crate::session::Session;

on_every_release!(the_document_has_the_fields_of_the_outside_contract);

async fn the_document_has_the_fields_of_the_outside_contract(release: Release) {
    let pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    operator
        .setup(["--writers", "both", "--name", "shop"])
        .await
        .exits(0);

    let ran = operator
        .run("status", ["-o", "json", "--name", "shop"])
        .await
        .exits(0);

    let status = ran.json();
    assert_eq!(status["schema_version"], 1, "{ran}");
    assert_eq!(status["pair"], "shop", "{ran}");
    assert_eq!(status["verdict"], "healthy", "{ran}");
    assert_eq!(status["writers"], "both", "{ran}");
    assert!(
        status["reason"].as_str().is_some_and(|text| !text.is_empty()),
        "{ran}"
    );
    // MySQL keeps settings by itself; MariaDB needs its option file.
    assert_eq!(status["restart_safe"], release.is_mysql(), "{ran}");
    for (at, server) in [&pair.primary, &pair.secondary].into_iter().enumerate() {
        assert_server(&status["servers"][at], server, at as u64 + 1);
    }
    let names = [&status["servers"][0]["name"], &status["servers"][1]["name"]];
    for (at, [from, to]) in [[names[0], names[1]], [names[1], names[0]]].iter().enumerate() {
        let link = &status["links"][at];
        assert_eq!([&link["from"], &link["to"]], [*from, *to], "{link:#}");
        assert_eq!([&link["io"], &link["sql"]], ["running", "running"], "{link:#}");
        assert!(link["lag_seconds"].is_number(), "{link:#}");
        assert_eq!(link["gtid_missing"], 0, "{link:#}");
        assert_eq!(link["last_error"], Value::Null, "{link:#}");
    }
}

fn assert_server(shown: &Value, server: &PrivateServer, number: u64) {
    assert_eq!(shown["name"], server.address(), "{shown:#}");
    assert_eq!(shown["address"], server.address(), "{shown:#}");
    assert_eq!(shown["reachable"], true, "{shown:#}");
    assert_eq!(shown["server_id"], number, "{shown:#}");
    assert_eq!(shown["read_only"], false, "{shown:#}");
    assert_eq!(
        shown["auto_increment"],
        serde_json::json!({"increment": 2, "offset": number}),
        "{shown:#}"
    );
    let flavor = shown["flavor"].as_str().unwrap();
    assert!(
        server.release().name().starts_with(&flavor.to_lowercase()),
        "{shown:#}"
    );
    let series = server.release().name().split_once('-').unwrap().1;
    assert!(
        shown["version"].as_str().unwrap().starts_with(series),
        "{shown:#}"
    );
    assert_eq!(
        shown["server_uuid"].is_string(),
        server.release().is_mysql(),
        "{shown:#}"
    );
    assert!(
        shown["gtid"].as_str().is_some_and(|gtid| !gtid.is_empty()),
        "{shown:#}"
    );
    assert_eq!(shown["errant"], Value::Null, "{shown:#}");
    assert_eq!(
        shown["settings_persisted"],
        server.release().is_mysql(),
        "{shown:#}"
    );
    for problem in shown["problems"].as_array().unwrap() {
        for field in ["code", "text", "fix"] {
            assert!(problem[field].is_string(), "{shown:#}");
        }
    }
}

on_releases!(a_pair_that_is_given_the_other_way_round_is_the_same_pair: mariadb_10_11, slow_mysql_9_7);

async fn a_pair_that_is_given_the_other_way_round_is_the_same_pair(release: Release) {
    let pair = pair_with_sample(release, 3).await;
    let mut operator = Operator::of(&pair);
    operator.setup([]).await.exits(0);
    let Operator {
        primary,
        secondary,
        primary_password_file,
        secondary_password_file,
        ..
    } = &mut operator;
    std::mem::swap(primary, secondary);
    std::mem::swap(primary_password_file, secondary_password_file);

    let status = operator.status().await.exits(0).json();

    assert_eq!(status["verdict"], "healthy", "{status:#}");
    assert_eq!(status["servers"][0]["role"], "secondary", "{status:#}");
    assert_eq!(status["servers"][1]["role"], "primary", "{status:#}");
}

on_releases!(two_servers_that_know_nothing_of_one_another_are_no_healthy_pair: mariadb_10_11, mysql_9_7);

async fn two_servers_that_know_nothing_of_one_another_are_no_healthy_pair(release: Release) {
    let pair = fresh_pair(release).await;
    let operator = Operator::of(&pair);

    let ran = operator.status().await.exits(5);

    let status = ran.json();
    assert!(
        ["broken", "degraded"].contains(&status["verdict"].as_str().unwrap()),
        "{ran}"
    );
    for link in status["links"].as_array().unwrap() {
        assert_eq!([&link["io"], &link["sql"]], ["stopped", "stopped"], "{ran}");
    }
    let human = operator.run("status", []).await.exits(5);
    assert!(human.stdout.contains("dbha setup"), "it says what to do\n{human}");
}

on_releases!(a_server_that_is_down_makes_the_pair_unreachable: mariadb_10_11, mysql_9_7);

async fn a_server_that_is_down_makes_the_pair_unreachable(release: Release) {
    let mut pair = fresh_pair(release).await;
    let operator = Operator::of(&pair);
    pair.secondary.kill().await.unwrap();

    let ran = operator.status().await.exits(4);

    let status = ran.json();
    assert_eq!(status["verdict"], "unreachable", "{ran}");
    assert_eq!(status["servers"][0]["reachable"], true, "{ran}");
    assert_eq!(status["servers"][1]["reachable"], false, "{ran}");
    assert_eq!(status["servers"][1]["name"], pair.secondary.address(), "{ran}");
    let links = status["links"].as_array().unwrap();
    assert_eq!(links.len(), 2, "{ran}");
    assert_eq!(links[0]["io"], Value::Null, "its replica cannot be seen\n{ran}");

    pair.primary.kill().await.unwrap();
    let neither = operator.status().await.exits(4).json();
    assert_eq!(neither["verdict"], "unreachable", "{neither:#}");
}

on_releases!(scenario_70_a_server_that_hangs_is_named_within_bounded_time: mariadb_10_11, slow_mysql_9_7);

async fn scenario_70_a_server_that_hangs_is_named_within_bounded_time(release: Release) {
    let pair = fresh_pair(release).await;
    let operator = Operator::of(&pair);
    pair.primary.freeze().unwrap();
    let began = std::time::Instant::now();

    let status = operator.status().await.exits(4).json();

    assert!(began.elapsed().as_secs() < 15, "{:?}", began.elapsed());
    assert_eq!(status["servers"][0]["reachable"], false, "{status:#}");
    assert_eq!(status["servers"][1]["reachable"], true, "{status:#}");
    pair.primary.thaw().unwrap();
}

on_releases!(a_pair_made_by_hand_is_judged_like_any_other: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn a_pair_made_by_hand_is_judged_like_any_other(release: Release) {
    let options = |number: u32| {
        let options = ServerOptions::new().server_id(number);
        match release.is_mysql() {
            true => options,
            false => options.set("gtid_domain_id", number),
        }
    };
    let pair = ServerPair::start_each((release, &options(11)), (release, &options(12)))
        .await
        .unwrap();
    let operator = Operator::of(&pair);
    follow(&pair.secondary, &pair.primary).await;

    let one_way = operator.status().await.exits(5).json();
    assert_eq!(one_way["links"][0]["io"], "running", "{one_way:#}");
    assert_eq!(one_way["links"][1]["io"], "stopped", "{one_way:#}");

    follow(&pair.primary, &pair.secondary).await;
    let both_ways = operator.status().await.exits(0).json();
    assert_eq!(both_ways["verdict"], "healthy", "{both_ways:#}");
    assert_eq!(both_ways["writers"], "both", "{both_ways:#}");
    assert_eq!(both_ways["servers"][0]["server_id"], 11, "{both_ways:#}");

    let human = operator.run("status", []).await.exits(0);
    assert!(human.stdout.contains("is healthy"), "{human}");
}

/// Lets a server follow another with statements that anybody could have typed.
async fn follow(replica: &PrivateServer, source: &PrivateServer) {
    let mysql = replica.release().is_mysql();
    let port = source.port();
    let mut at_source = Session::open(source).await;
    at_source.run("SET SESSION sql_log_bin=0").await;
    at_source
        .run("CREATE USER 'by_hand'@'127.0.0.1' IDENTIFIED BY 'by-hand-password'")
        .await;
    at_source
        .run("GRANT REPLICATION SLAVE ON *.* TO 'by_hand'@'127.0.0.1'")
        .await;
    let mut at_replica = Session::open(replica).await;
    let (change, start) = if mysql {
        (
            format!(
                "CHANGE REPLICATION SOURCE TO SOURCE_HOST='127.0.0.1', SOURCE_PORT={port}, SOURCE_USER='by_hand', \
                 SOURCE_PASSWORD='by-hand-password', SOURCE_AUTO_POSITION=1, SOURCE_SSL=1"
            ),
            "START REPLICA",
        )
    } else {
        (
            format!(
                "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT={port}, MASTER_USER='by_hand', \
                 MASTER_PASSWORD='by-hand-password', MASTER_USE_GTID=slave_pos"
            ),
            "START SLAVE",
        )
    };
    at_replica.run(&change).await;
    at_replica.run(start).await;
    eventually(
        "the link made by hand runs",
        async || threads(replica).await,
        |threads| *threads == ("Yes".to_owned(), "Yes".to_owned()),
    )
    .await;
}
