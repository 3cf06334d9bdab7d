//! Logins that fail before anything can be looked at: a clear word for each cause, at once, and no storm.

use std::time::{Duration, Instant};

use dbha_testkit::{Release, ServerOptions, ServerPair};

use crate::operator::Operator;
use crate::refusal::refused;
use crate::releases::on_releases;
use crate::servers::fresh_pair;
use crate::session::Session;

const PASSWORD: &str = "oneAccountsPassw0rd";

on_releases!(scenario_25_locked_and_expired_accounts_are_told_apart: mariadb_10_11, mysql_9_7);

async fn scenario_25_locked_and_expired_accounts_are_told_apart(release: Release) {
    let pair = fresh_pair(release).await;
    let mut operator = Operator::of(&pair);
    operator.primary_password_file = operator.password_file("account", PASSWORD);
    let mut root = Session::open(&pair.primary).await;
    let cases = [
        ("ACCOUNT LOCK", "ACCOUNT UNLOCK"),
        ("PASSWORD EXPIRE", "ALTER USER USER()"),
    ];
    for (at, (state, advice)) in cases.into_iter().enumerate() {
        let user = format!("account{at}");
        root.run(&format!("CREATE USER '{user}'@'%' IDENTIFIED BY '{PASSWORD}'"))
            .await;
        root.run(&format!("GRANT ALL ON *.* TO '{user}'@'%' WITH GRANT OPTION"))
            .await;
        root.run(&format!("ALTER USER '{user}'@'%' {state}")).await;
        refused(&pair, &operator, ["--primary-user", &user], 4)
            .await
            .says(&pair.primary.address())
            .says(advice);
    }
}

on_releases!(scenario_26_a_server_without_free_connections_is_left_alone: mariadb_10_11, mysql_9_7);

async fn scenario_26_a_server_without_free_connections_is_left_alone(release: Release) {
    let few = ServerOptions::new().set("max_connections", 10);
    let pair = ServerPair::start(release, &few).await.unwrap();
    let operator = Operator::of(&pair);
    let mut crowd = Vec::new();
    // Administrators get one connection beyond the limit.
    while let Ok(session) = Session::open_as(&pair.secondary, "root", pair.secondary.root_password()).await {
        crowd.push(session);
    }
    assert_eq!(crowd.len(), 11);
    let count = "SHOW GLOBAL STATUS LIKE 'Connections'";
    let tried = async |session: &mut Session| session.rows(count).await[0]["Value"].parse::<u64>().unwrap();
    let before = tried(&mut crowd[0]).await;
    let began = Instant::now();

    operator
        .setup([])
        .await
        .exits(4)
        .says_one_error_with_a_fix()
        .says("1040")
        .says("max_connections");

    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    let attempts = tried(&mut crowd[0]).await - before;
    assert!(attempts <= 2, "{attempts} attempts to connect");
}
