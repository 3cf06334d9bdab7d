//! The default: one server takes writes, the other is a read-only standby.

use dbha_testkit::{PrivateServer, Release, sample};

use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::{assert_all_threads_run, assert_same_contents, cross, fresh_pair, pair_with_sample};
use crate::session::Session;

/// The server runs with read_only, or super_read_only.
const READ_ONLY: u16 = 1290;

on_releases!(without_more_words_the_secondary_ends_read_only: mariadb_10_11, mysql_9_7, slow_mariadb_10_5, slow_mariadb_11_8);

async fn without_more_words_the_secondary_ends_read_only(release: Release) {
    let pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    operator.setup([]).await.exits(0);

    assert_all_threads_run(&pair).await;
    assert_eq!(refusal(&pair.primary, "app", sample::APP_PASSWORD).await, None);
    let refused = refusal(&pair.secondary, "app", sample::APP_PASSWORD).await;
    assert_eq!(refused, Some(READ_ONLY));
    if release.is_mysql() {
        let of_root = refusal(&pair.secondary, "root", pair.secondary.root_password()).await;
        assert_eq!(of_root, Some(READ_ONLY), "super_read_only holds root as well");
    }
    cross("Ada", &pair.primary, &pair.secondary).await;
    assert_same_contents(&pair).await;

    let status = operator.status().await.exits(0).json();
    assert_eq!(status["writers"], "one", "{status:#}");
    assert_eq!(status["servers"][0]["read_only"], false, "{status:#}");
    assert_eq!(status["servers"][1]["read_only"], true, "{status:#}");
}

/// Returns the number of the error with which a write is refused.
async fn refusal(server: &PrivateServer, user: &str, password: &str) -> Option<u16> {
    let mut session = Session::open_as(server, user, password).await.unwrap();
    match session.try_run(&sample::new_customer(user)).await {
        Ok(()) => None,
        Err(mysql_async::Error::Server(error)) => Some(error.code),
        Err(error) => panic!("{error}"),
    }
}

on_releases!(a_standby_is_opened_and_closed_again_by_the_same_command: mariadb_10_11, slow_mysql_9_7);

async fn a_standby_is_opened_and_closed_again_by_the_same_command(release: Release) {
    let pair = pair_with_sample(release, 3).await;
    let operator = Operator::of(&pair);
    operator.setup([]).await.exits(0);

    operator.setup(["--writers", "both"]).await.exits(0);
    cross("Grace", &pair.secondary, &pair.primary).await;

    operator.setup(["--writers", "one"]).await.exits(0);
    let refused = refusal(&pair.secondary, "app", sample::APP_PASSWORD).await;
    assert_eq!(refused, Some(READ_ONLY));
    assert_same_contents(&pair).await;
}

on_releases!(a_table_of_k3s_makes_the_key_step_1_with_one_writer: mariadb_10_11, slow_mysql_9_7);

/// K3s counts on revisions that grow by exactly 1.
async fn a_table_of_k3s_makes_the_key_step_1_with_one_writer(release: Release) {
    let pair = fresh_pair(release).await;
    let operator = Operator::of(&pair);
    let mut primary = Session::open(&pair.primary).await;
    primary.run("CREATE DATABASE kubernetes").await;
    primary
        .run(
            "CREATE TABLE kubernetes.kine (id BIGINT UNSIGNED AUTO_INCREMENT PRIMARY KEY, name VARCHAR(630))",
        )
        .await;

    operator
        .setup(["--writers", "both"])
        .await
        .exits(3)
        .says("DBHA-P16")
        .says("kubernetes.kine");
    operator
        .setup(["--auto-increment", "2"])
        .await
        .exits(3)
        .says("DBHA-P16");
    operator
        .setup([])
        .await
        .exits(0)
        .says("DBHA-P30")
        .says("kubernetes.kine");

    for server in [&pair.primary, &pair.secondary] {
        let mut session = Session::open(server).await;
        let step = "SELECT CONCAT(@@GLOBAL.auto_increment_increment, '/', @@GLOBAL.auto_increment_offset)";
        assert_eq!(session.value(step).await, "1/1");
    }
    let status = operator.status().await.exits(0).json();
    assert_eq!(status["writers"], "one", "{status:#}");
}
