//! A set-up that must refuse: its exit code, one error with a fix, and nothing changed.

use dbha_testkit::ServerPair;

use crate::operator::Operator;
use crate::ran::Ran;
use crate::snapshot_of_server::SnapshotOfPair;

/// Runs a set-up that must end with this code and change nothing.
pub(crate) async fn refused<'a>(
    pair: &ServerPair,
    operator: &Operator,
    arguments: impl IntoIterator<Item = &'a str>,
    code: i32,
) -> Ran {
    let before = SnapshotOfPair::take(pair).await;
    let ran = operator
        .setup(arguments)
        .await
        .exits(code)
        .says_one_error_with_a_fix();
    before.assert_unchanged(pair).await;
    ran
}
