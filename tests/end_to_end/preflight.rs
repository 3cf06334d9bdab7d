//! `dbha preflight`: every finding at once, with codes, texts and fixes.

use dbha_testkit::{Release, ServerPair};

use crate::operator::Operator;
use crate::ran::Ran;
use crate::releases::{on_every_release, on_releases};
use crate::servers::{fresh_pair, pair_with_sample};
use crate::session::Session;

const PASSWORD: &str = "l1mitedAccountPassw0rd";

on_releases!(findings_come_all_at_once_as_a_document: mariadb_10_11, slow_mysql_9_7);

async fn findings_come_all_at_once_as_a_document(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let operator = Operator::of(&pair);
    let mut secondary = Session::open(&pair.secondary).await;
    secondary.run("CREATE USER 'somebody'@'%'").await;
    let follow = if release.is_mysql() {
        "CHANGE REPLICATION SOURCE TO SOURCE_HOST='192.0.2.1', SOURCE_USER='somebody', SOURCE_PASSWORD='x'"
    } else {
        "CHANGE MASTER TO MASTER_HOST='192.0.2.1', MASTER_USER='somebody', MASTER_PASSWORD='x'"
    };
    secondary.run(follow).await;

    let ran = operator.run("preflight", ["-o", "json"]).await.exits(3);

    let document = ran.json();
    assert_eq!(document["schema_version"], 1, "{ran}");
    assert_eq!(document["blocked"], true, "{ran}");
    let findings = document["findings"].as_array().unwrap();
    let codes: Vec<&str> = findings
        .iter()
        .map(|finding| finding["code"].as_str().unwrap())
        .collect();
    assert!(
        codes.contains(&"DBHA-P09") && codes.contains(&"DBHA-P11"),
        "{codes:?}"
    );
    for finding in findings {
        for field in ["severity", "text", "fix"] {
            assert!(
                finding[field].as_str().is_some_and(|text| !text.is_empty()),
                "{finding:#}"
            );
        }
    }
}

on_every_release!(scenario_25_an_account_that_may_too_little_is_told_what_to_grant);

/// The statement that the finding proposes is run as it stands, and is enough for a whole set-up.
async fn scenario_25_an_account_that_may_too_little_is_told_what_to_grant(release: Release) {
    let pair = fresh_pair(release).await;
    let mut operator = Operator::of(&pair);
    let file = operator.password_file("limited", PASSWORD);
    operator.primary_password_file.clone_from(&file);
    operator.secondary_password_file = file;
    on_both(
        &pair,
        &format!("CREATE USER 'limited'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'"),
    )
    .await;
    on_both(&pair, "GRANT SELECT ON *.* TO 'limited'@'127.0.0.1'").await;
    let limited = ["--user", "limited"];

    operator
        .setup(limited)
        .await
        .exits(3)
        .says_one_error_with_a_fix()
        .says("DBHA-P06");

    let found = operator
        .run("preflight", ["--user", "limited", "-o", "json"])
        .await
        .exits(3)
        .json();
    let missing = |finding: &&serde_json::Value| finding["code"] == "DBHA-P06";
    let fixes: Vec<String> = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(missing)
        .map(|finding| finding["lines"][0].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(fixes.len(), 2, "one for each server: {found:#}");
    Session::open(&pair.primary).await.run(&fixes[0]).await;
    Session::open(&pair.secondary).await.run(&fixes[1]).await;

    operator.setup(limited).await.exits(0);
    operator.run("status", limited).await.exits(0);
}

on_releases!(scenario_25_each_missing_privilege_is_named_by_itself: mariadb_10_5, mariadb_10_11, mariadb_11_8, mysql_9_7);

async fn scenario_25_each_missing_privilege_is_named_by_itself(release: Release) {
    let pair = fresh_pair(release).await;
    let mut operator = Operator::of(&pair);
    operator.primary_password_file = operator.password_file("limited", PASSWORD);
    let mut primary = Session::open(&pair.primary).await;
    primary
        .run(&format!(
            "CREATE USER 'limited'@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'"
        ))
        .await;
    let (all, ran) = named_as_missing(&operator).await;
    assert!(all.len() > 10, "{ran}");
    let grant = async |primary: &mut Session, privilege: &str| {
        let grant = format!("GRANT {privilege} ON *.* TO 'limited'@'127.0.0.1' WITH GRANT OPTION");
        primary.run(&grant).await;
    };
    // Every GRANT brings the grant option with it. It is taken away last: MySQL 9.7 no longer revokes single
    // privileges once it was granted by its own name.
    let (option, privileges): (Vec<_>, Vec<_>) = all.iter().partition(|name| *name == "GRANT OPTION");
    assert_eq!(option.len(), 1, "{all:?}");
    for privilege in &privileges {
        grant(&mut primary, privilege).await;
    }
    let (left, ran) = named_as_missing(&operator).await;
    assert_eq!(left, [""; 0], "{ran}");

    for privilege in privileges.into_iter().chain(option) {
        let revoke = format!("REVOKE {privilege} ON *.* FROM 'limited'@'127.0.0.1'");
        primary.run(&revoke).await;
        let (named, ran) = named_as_missing(&operator).await;
        assert_eq!(named, [privilege.as_str()], "{ran}");
        if privilege != "GRANT OPTION" {
            grant(&mut primary, privilege).await;
        }
    }
}

/// Returns the privileges that preflight misses on the primary, and the run that said so.
async fn named_as_missing(operator: &Operator) -> (Vec<String>, Ran) {
    let ran = operator
        .run("preflight", ["--primary-user", "limited", "-o", "json"])
        .await;
    let found = ran.json();
    let findings = found["findings"].as_array().unwrap();
    let text = findings
        .iter()
        .find(|finding| finding["code"] == "DBHA-P06")
        .map_or("", |finding| finding["text"].as_str().unwrap());
    let list = text.split_once(" lacks ").map_or("", |(_, list)| list);
    let names = list.split(", ").filter(|name| !name.is_empty());
    (names.map(str::to_owned).collect(), ran)
}

async fn on_both(pair: &ServerPair, statement: &str) {
    for server in [&pair.primary, &pair.secondary] {
        Session::open(server).await.run(statement).await;
    }
}
