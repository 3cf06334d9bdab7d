//! Whoever embeds this runs it on a runtime of many threads: every future that takes long must be `Send`.
//!
//! Within an `async` block, as callers do: there the compiler sees less of lifetimes than it does of a call alone.

use crate::{
    Both, CancellationToken, DumpOptions, Endpoint, EventSink, FailoverOptions, Fence, LoadWanted, Looking,
    Pair, RejoinOptions, SwitchoverOptions, UndoOptions, VerifyOptions,
};
use std::path::PathBuf;

fn can_be_spawned(_: impl Future + Send + 'static) {}

#[test]
fn looks_at_a_pair_can_be_spawned() {
    let _ = |pair: Pair| can_be_spawned(async move { pair.preflight().await });
    let _ = |pair: Pair| can_be_spawned(async move { pair.preflight_with_probe().await });
    let _ = |pair: Pair| can_be_spawned(async move { pair.plan().await });
    let _ = |pair: Pair, names: Both<String>| {
        can_be_spawned(async move { pair.plan_to_save(names).await });
    };
    let _ = |pair: Pair| can_be_spawned(async move { pair.topology().await });
    let _ = |pair: Pair| can_be_spawned(async move { pair.status().await });
    let _ = |mut looking: Looking| {
        can_be_spawned(async move {
            looking.look().await;
            looking.close().await;
        });
    };
}

#[test]
fn a_fence_can_be_spawned() {
    let _ = |fence: Fence| can_be_spawned(async move { fence.close().await });
    let _ = |fence: Fence| can_be_spawned(async move { fence.plan().await });
}

#[test]
fn a_set_up_and_its_undo_can_be_spawned() {
    let _ = |pair: Pair, sink: EventSink| can_be_spawned(async move { pair.setup(sink).await });
    let _ = |pair: Pair, sink: EventSink| can_be_spawned(async move { pair.rotate_password(sink).await });
    let _ = |pair: Pair, options: UndoOptions| {
        can_be_spawned(async move { pair.undo_plan(&options).await });
    };
    let _ = |pair: Pair, options: UndoOptions, sink: EventSink| {
        can_be_spawned(async move { pair.undo(&options, sink).await });
    };
}

#[test]
fn a_comparison_can_be_spawned() {
    let _ = |pair: Pair, options: VerifyOptions, sink: EventSink| {
        can_be_spawned(async move { pair.verify(&options, sink).await });
    };
}

#[test]
fn changes_of_roles_can_be_spawned() {
    let _ = |pair: Pair, options: SwitchoverOptions| {
        can_be_spawned(async move { pair.switchover_plan(&options).await });
    };
    let _ = |pair: Pair, options: SwitchoverOptions, sink: EventSink| {
        can_be_spawned(async move { pair.switchover(&options, sink).await });
    };
    let _ = |pair: Pair, options: FailoverOptions| {
        can_be_spawned(async move { pair.failover_findings(&options).await });
    };
    let _ = |pair: Pair, options: FailoverOptions, sink: EventSink| {
        can_be_spawned(async move { pair.failover(&options, sink).await });
    };
    let _ = |pair: Pair, options: RejoinOptions, sink: EventSink| {
        can_be_spawned(async move { pair.rejoin(&options, sink).await });
    };
}

#[test]
fn dumps_and_loads_can_be_spawned() {
    let _ =
        |(from, to): (Endpoint, PathBuf), options: DumpOptions, sink: EventSink, stop: CancellationToken| {
            can_be_spawned(async move { crate::dump(&from, &to, &options, &sink, &stop).await });
        };
    let _ =
        |(from, to): (PathBuf, Endpoint), wanted: LoadWanted, sink: EventSink, stop: CancellationToken| {
            can_be_spawned(async move { crate::load(&from, &to, &wanted, &sink, &stop).await });
        };
}
