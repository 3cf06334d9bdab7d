//! The sample data on every release that is on this machine.

use crate::support::{connect, on_every_release};
use dbha_testkit::{PrivateServer, Release, ServerOptions, sample};
use mysql_async::prelude::Queryable;
use mysql_async::{OptsBuilder, Row};

on_every_release!(the_sample_loads_and_has_the_rows_it_says,);

const FILMS: u32 = 300;

async fn the_sample_loads_and_has_the_rows_it_says(release: Release) {
    let server = PrivateServer::launch(release, &ServerOptions::new())
        .await
        .unwrap();
    let mut session = connect(&server.url()).await;
    for statement in sample::statements(FILMS) {
        if let Err(error) = session.query_drop(&statement).await {
            panic!("{release}: {error}\n{statement}");
        }
    }
    let tables: Vec<String> = session
        .query("SELECT TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA='rental_shop' AND TABLE_TYPE='BASE TABLE'")
        .await
        .unwrap();
    let mut total = 0;
    for table in &tables {
        let count: Option<u64> = session
            .query_first(format!("SELECT COUNT(*) FROM `{table}`"))
            .await
            .unwrap();
        assert!(count > Some(0), "{table} is empty");
        total += count.unwrap();
    }
    assert_eq!(total, sample::total_rows(FILMS));
    let warnings: Vec<Row> = session.query("SHOW WARNINGS").await.unwrap();
    assert!(warnings.is_empty(), "{release}: {warnings:?}");
    let open: Option<u64> = session
        .query_first("SELECT COUNT(*) FROM open_rental")
        .await
        .unwrap();
    assert!(open > Some(0));
    session
        .query_drop("CALL return_film(4, '2024-08-01 00:00:00')")
        .await
        .unwrap();
    let fee: Option<String> = session.query_first("SELECT late_fee(3, 2.00)").await.unwrap();
    assert_eq!(fee.as_deref(), Some("3.00"));
    session.disconnect().await.unwrap();
    let app = mysql_async::Opts::from_url(&server.url()).unwrap();
    let app = OptsBuilder::from_opts(app)
        .user(Some("app"))
        .pass(Some(sample::APP_PASSWORD))
        .db_name(Some(sample::SCHEMA));
    mysql_async::Conn::new(app)
        .await
        .unwrap()
        .disconnect()
        .await
        .unwrap();
}
