//! What a copy cannot carry is refused by name before anything is changed, with real tables and real engines.

use dbha_testkit::{Release, ServerOptions, ServerPair};

use crate::operator::Operator;
use crate::ran::Ran;
use crate::refusal::refused;
use crate::releases::on_releases;
use crate::servers::{fresh_pair, pair_with_sample};
use crate::session::Session;

/// The same for servers whose tables not even a test can read: neither knows anything of dbha afterwards.
async fn refused_before_anything(pair: &ServerPair) -> Ran {
    let ran = Operator::of(pair)
        .setup([])
        .await
        .exits(3)
        .says_one_error_with_a_fix();
    for server in [&pair.primary, &pair.secondary] {
        let mut session = Session::open(server).await;
        assert_eq!(session.column("SHOW DATABASES LIKE 'dbha'").await, [""; 0]);
        assert_eq!(
            session
                .number("SELECT COUNT(*) FROM mysql.user WHERE User LIKE 'dbha%'")
                .await,
            0
        );
    }
    ran
}

on_releases!(scenario_20_the_past_of_rows_is_refused_where_it_cannot_be_written: mariadb_10_5);

async fn scenario_20_the_past_of_rows_is_refused_where_it_cannot_be_written(release: Release) {
    let pair = pair_with_sample(release, 5).await;
    let mut primary = Session::open(&pair.primary).await;
    primary
        .run("CREATE TABLE rental_shop.past (id INT PRIMARY KEY) WITH SYSTEM VERSIONING")
        .await;
    let operator = Operator::of(&pair);
    let ran = refused(&pair, &operator, [], 3).await;
    ran.says("rental_shop.past").says("cannot write the past");
}

on_releases!(scenario_20_the_past_by_transaction_and_broken_tables_are_refused: mariadb_10_11, mariadb_11_8);

async fn scenario_20_the_past_by_transaction_and_broken_tables_are_refused(release: Release) {
    let pair = pair_with_sample(release, 5).await;
    let mut primary = Session::open(&pair.primary).await;
    primary
        .run(
            "CREATE TABLE rental_shop.by_transaction (id INT PRIMARY KEY, s BIGINT UNSIGNED GENERATED ALWAYS AS ROW \
             START, e BIGINT UNSIGNED GENERATED ALWAYS AS ROW END, PERIOD FOR SYSTEM_TIME (s, e)) WITH SYSTEM VERSIONING",
        )
        .await;
    primary
        .run("CREATE TABLE rental_shop.broken (id INT PRIMARY KEY) ENGINE=MyISAM")
        .await;
    primary.run("FLUSH TABLES").await;
    std::fs::remove_file(pair.primary.datadir().join("rental_shop/broken.MYI")).unwrap();
    let ran = refused_before_anything(&pair).await;
    ran.says("rental_shop.by_transaction")
        .says("by transaction number")
        .says("rental_shop.broken")
        .says("cannot be opened");
}

on_releases!(scenario_20_a_federated_table_is_refused: mysql_9_7);

async fn scenario_20_a_federated_table_is_refused(release: Release) {
    let options = ServerOptions::new().flag("federated");
    let pair = ServerPair::start(release, &options).await.unwrap();
    let mut primary = Session::open(&pair.primary).await;
    primary.run("CREATE DATABASE elsewhere").await;
    primary
        .run(
            "CREATE TABLE elsewhere.far (id INT PRIMARY KEY) ENGINE=FEDERATED \
             CONNECTION='mysql://nobody@127.0.0.1:1/none/none'",
        )
        .await;
    let ran = refused_before_anything(&pair).await;
    ran.says("DBHA-P21").says("FEDERATED").says("elsewhere.far");
}

on_releases!(scenario_24_a_login_plugin_that_the_secondary_lacks_is_refused: mysql_9_7);

async fn scenario_24_a_login_plugin_that_the_secondary_lacks_is_refused(release: Release) {
    let pair = fresh_pair(release).await;
    let mut primary = Session::open(&pair.primary).await;
    primary
        .run("INSTALL PLUGIN mysql_no_login SONAME 'mysql_no_login.so'")
        .await;
    primary
        .run("CREATE USER nobody_logs_in@'%' IDENTIFIED WITH mysql_no_login")
        .await;
    let operator = Operator::of(&pair);
    let ran = refused(&pair, &operator, [], 3).await;
    ran.says("mysql_no_login").says("nobody_logs_in@%");
}
