//! A server that cannot be reached or logged in to: exit code 4, its name, and nothing changed on the other.

use std::net::TcpListener as Reserved;
use std::time::{Duration, Instant};

use dbha_testkit::Release;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

use crate::operator::Operator;
use crate::refusal::refused;
use crate::releases::on_releases;
use crate::servers::pair_with_sample;

on_releases!(a_wrong_password_is_refused: mariadb_10_11, slow_mysql_9_7);

async fn a_wrong_password_is_refused(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let mut operator = Operator::of(&pair);
    let right = operator.secondary_password_file.clone();
    operator.secondary_password_file = operator.password_file("wrong", "wRongPassw0rdOfSomebody");
    refused(&pair, &operator, [], 4)
        .await
        .says(&pair.secondary.address())
        .says("password");
    operator.primary_password_file = operator.password_file("other", "an0therWrongPassw0rd");
    operator.secondary_password_file = right;
    refused(&pair, &operator, [], 4)
        .await
        .says(&pair.primary.address());
}

on_releases!(where_nobody_listens_nothing_is_changed_on_the_other_server: mariadb_10_11, slow_mysql_9_7);

async fn where_nobody_listens_nothing_is_changed_on_the_other_server(release: Release) {
    let pair = pair_with_sample(release, 1).await;
    let mut operator = Operator::of(&pair);
    let free = Reserved::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .to_string();
    operator.secondary.clone_from(&free);
    refused(&pair, &operator, [], 4).await.says(&free);
    operator.secondary = pair.secondary.address();
    operator.primary.clone_from(&free);
    refused(&pair, &operator, [], 4).await.says(&free);
}

#[tokio::test]
async fn scenario_2_a_host_that_does_not_exist_is_named() {
    let mut operator = Operator::without_servers();
    operator.primary = "no-such-host.invalid:3306".into();
    operator.secondary = "no-such-host-either.invalid".into();
    operator
        .setup([])
        .await
        .exits(4)
        .says_one_error_with_a_fix()
        .says("no-such-host");
}

#[tokio::test]
async fn scenario_7_a_port_that_is_no_database_server_is_told_apart() {
    let web = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut operator = Operator::without_servers();
    operator.primary = web.local_addr().unwrap().to_string();
    operator.secondary.clone_from(&operator.primary);
    let serving = tokio::spawn(async move {
        while let Ok((mut stream, _)) = web.accept().await {
            let _ = stream
                .write_all(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                .await;
        }
    });
    operator
        .setup([])
        .await
        .exits(4)
        .says_one_error_with_a_fix()
        .says("something else than a MySQL or MariaDB server");
    serving.abort();
}

#[tokio::test]
async fn scenario_56_a_silent_port_is_given_up_within_bounded_time() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut operator = Operator::without_servers();
    operator.primary = silent.local_addr().unwrap().to_string();
    operator.secondary.clone_from(&operator.primary);
    let held = tokio::spawn(async move {
        let mut streams = Vec::new();
        while let Ok((stream, _)) = silent.accept().await {
            streams.push(stream);
        }
    });
    let began = Instant::now();
    operator.setup([]).await.exits(4).says_one_error_with_a_fix();
    assert!(began.elapsed() < Duration::from_secs(15), "{:?}", began.elapsed());
    held.abort();
}
