//! Whoever embeds this runs it on a runtime of many threads: every future that takes long must be `Send`.
//!
//! Within an `async` block, as callers do: there the compiler sees less of lifetimes than it does of a call alone.

use crate::{Archive, Comparison, CopyOptions, DumpOptions, Inventory, LoadOptions, VerifyOptions};
use dbha_sql::{Endpoint, Session};
use std::path::PathBuf;
use tokio_util::sync::CancellationToken;

fn can_be_spawned(_: impl Future + Send + 'static) {}

type Two = (Endpoint, Endpoint);

#[test]
fn copies_and_comparisons_can_be_spawned() {
    let _ = |(from, to): Two, options: CopyOptions, cancel: CancellationToken| {
        can_be_spawned(async move { crate::copy(&from, &to, &options, &|_| {}, &cancel).await });
    };
    let _ = |(one, other): Two, options: VerifyOptions, cancel: CancellationToken| {
        can_be_spawned(async move { crate::verify(&one, &other, &options, &|_| {}, &cancel).await });
    };
    let _ = |(one, other): Two, options: CopyOptions| {
        can_be_spawned(async move { Comparison::begin(&one, &other, &options).await?.run().await });
    };
}

#[test]
fn dumps_and_loads_can_be_spawned() {
    let _ = |(from, to): (Endpoint, PathBuf), options: DumpOptions, cancel: CancellationToken| {
        can_be_spawned(async move { crate::dump(&from, &to, &options, &|_| {}, &cancel).await });
    };
    let _ = |(from, to): (Archive, Endpoint), options: LoadOptions, cancel: CancellationToken| {
        can_be_spawned(async move { crate::load(&from, &to, &options, &|_| {}, &cancel).await });
    };
}

#[test]
fn what_a_set_up_asks_for_can_be_spawned() {
    let _ = |mut session: Session| {
        can_be_spawned(async move {
            crate::clear(&mut session).await?;
            Inventory::take(&mut session).await
        });
    };
}
