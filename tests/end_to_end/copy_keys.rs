//! Tables with keys of every kind come over whole when they are cut into many ranges, shared by several workers.

use dbha_copy::CopyOptions;
use dbha_testkit::{Release, ServerPair};
use tokio_util::sync::CancellationToken;

use crate::copy_fidelity::{assert_equal, run_copy};
use crate::fidelity_schema::fill;
use crate::releases::on_every_release;
use crate::servers::fresh_pair;
use crate::session::Session;

on_every_release!(every_key_is_cut_into_tiny_ranges);
on_every_release!(every_key_is_cut_into_ranges_of_some_hundred_rows);
on_every_release!(every_key_is_copied_by_one_worker_in_large_ranges);

async fn pair_with_keys(release: Release) -> ServerPair {
    let pair = fresh_pair(release).await;
    let mut session = Session::open(&pair.primary).await;
    let mut files = vec![include_str!("copy_keys/everywhere.sql")];
    match release {
        Release::MySql9_7 => files.push(include_str!("copy_keys/mysql.sql")),
        _ => files.push(include_str!("copy_keys/mariadb.sql")),
    }
    if matches!(release, Release::MariaDb10_11 | Release::MariaDb11_8) {
        files.push(include_str!("copy_keys/mariadb_from_10_11.sql"));
    }
    fill(&mut session, &files).await;
    pair
}

async fn copied_in_ranges(release: Release, range_bytes: u64, workers: usize) {
    let pair = pair_with_keys(release).await;
    let options = CopyOptions {
        range_bytes,
        workers,
        ..CopyOptions::default()
    };
    let copied = run_copy(&pair, &options, &|_| (), &CancellationToken::new()).await;
    let report = match copied {
        Ok(report) => report,
        Err(error) => panic!("{error}: {:?}", std::error::Error::source(&error)),
    };
    let rows = |name: &str| {
        report
            .tables
            .iter()
            .find(|table| table.table == name)
            .map(|table| table.rows)
    };
    assert_eq!(rows("gaps"), Some(5006));
    assert_eq!(rows("many_nulls"), Some(5000));
    assert_eq!(rows("by_both"), Some(5000));
    assert_equal(&pair).await;
}

async fn every_key_is_cut_into_tiny_ranges(release: Release) {
    copied_in_ranges(release, 3_000, 4).await;
}

async fn every_key_is_cut_into_ranges_of_some_hundred_rows(release: Release) {
    copied_in_ranges(release, 16 << 10, 3).await;
}

async fn every_key_is_copied_by_one_worker_in_large_ranges(release: Release) {
    copied_in_ranges(release, 32 << 20, 1).await;
}
