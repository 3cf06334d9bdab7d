//! Applications write on the primary before, during and after the set-up.

use dbha_testkit::Release;

use crate::operator::Operator;
use crate::releases::on_releases;
use crate::servers::{assert_all_threads_run, assert_same_contents, pair_with_sample};
use crate::session::Session;
use crate::writers::Writers;

on_releases!(scenario_40_no_row_acknowledged_during_the_set_up_is_missing: mariadb_10_11, mysql_9_7);

async fn scenario_40_no_row_acknowledged_during_the_set_up_is_missing(release: Release) {
    let pair = pair_with_sample(release, 200).await;
    let operator = Operator::of(&pair);
    let writers = Writers::start(&pair.primary, 3).await;

    operator.setup(["--writers", "both"]).await.exits(0);

    let written = writers.stop().await;
    assert_all_threads_run(&pair).await;
    assert_same_contents(&pair).await;
    let mut secondary = Session::open(&pair.secondary).await;
    for one in written {
        assert_eq!(one.error, None, "no writer is refused");
        assert!(one.entries > 5, "the writers wrote: {one:?}");
        let kept = format!(
            "SELECT COUNT(*) FROM rental_shop.ledger WHERE writer={} AND entry BETWEEN 1 AND {}",
            one.writer, one.entries
        );
        assert_eq!(secondary.number(&kept).await, u64::from(one.entries), "{one:?}");
    }
}
