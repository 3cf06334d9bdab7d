//! Tests run on runtimes of many threads, too: what takes long must be `Send`.

use crate::{
    FaultProxy, Link, PrivateServer, Release, ReplicatedPair, ReplicatedPairBuilder, SandboxOptions,
    Sandboxes, ServerOptions, ServerPair, Side,
};
use std::time::Duration;

fn can_be_spawned(_: impl Future + Send + 'static) {}

#[test]
fn a_replicated_pair_can_be_spawned() {
    let _ = |builder: ReplicatedPairBuilder| can_be_spawned(async move { builder.start().await });
    let _ = |pair: ReplicatedPair| {
        can_be_spawned(async move {
            pair.wait_caught_up().await?;
            pair.open_for_writes(Side::Secondary).await?;
            Ok::<_, crate::TestkitError>(pair.status().await)
        });
    };
}

#[test]
fn faults_can_be_spawned() {
    let _ = |mut pair: ReplicatedPair, side: Side| {
        can_be_spawned(async move {
            pair.kill(side).await?;
            pair.start_again(side).await?;
            pair.restart(side).await?;
            pair.freeze(side).await?;
            pair.thaw(side).await?;
            pair.skew_clock(side, 60).await?;
            pair.stop_sql_thread(side).await?;
            pair.start_replication(side).await?;
            pair.purge_binlogs(side).await
        });
    };
    let _ = |pair: ReplicatedPair, link: Link| {
        can_be_spawned(async move {
            pair.cut(link).await?;
            pair.black_hole(link).await?;
            pair.delay(Duration::ZERO).await?;
            pair.heal().await
        });
    };
}

#[test]
fn private_servers_can_be_spawned() {
    let _ = |release: Release, options: ServerOptions| {
        can_be_spawned(async move { ServerPair::start(release, &options).await });
    };
    let _ = |release: Release, options: ServerOptions| {
        can_be_spawned(async move {
            let mut server = PrivateServer::launch(release, &options).await?;
            server.restart().await?;
            server.kill().await?;
            server.start().await?;
            server.stop().await
        });
    };
    let _ = |all: Sandboxes, release: Release, options: SandboxOptions| {
        can_be_spawned(async move {
            let up = all.up("one", release, &options).await?;
            all.down(&up.name).await
        });
    };
    let _ = |server: String| {
        can_be_spawned(async move {
            let proxy = FaultProxy::start(server).await?;
            proxy.fired().await;
            Ok::<_, crate::TestkitError>(proxy)
        });
    };
}
