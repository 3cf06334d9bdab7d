//! `--host-access ssh:…` through a real sshd: whose key is not known yet, and whose is.

use dbha_testkit::Release;

use crate::operator::Operator;
use crate::option_files::{drop_in, first_in_path, program, restart_both, stock_pair};
use crate::ran::Ran;
use crate::releases::on_releases;
use crate::servers::{assert_all_threads_run, assert_same_contents};
use crate::snapshot_of_server::SnapshotOfPair;
use crate::sshd::Sshd;

on_releases!(scenario_18_over_ssh: slow_mariadb_10_11);

async fn scenario_18_over_ssh(release: Release) {
    let Some(sshd) = Sshd::start().await else {
        eprintln!(
            "SKIPPED: no sshd can be started here: install openssh-server and openssh-client, and be root"
        );
        return;
    };
    let (mut pair, operator) = stock_pair(release).await;

    // Nobody has said yet that this is the machine's key, and dbha does not say so by itself.
    let before = SnapshotOfPair::take(&pair).await;
    setup_over_ssh(&operator, &sshd)
        .await
        .exits(3)
        .says("DBHA-P35")
        .says("Host key verification failed");
    before.assert_unchanged(&pair).await;
    assert!(!drop_in(&pair.primary).exists() && !drop_in(&pair.secondary).exists());

    sshd.make_key_known();
    let running = [pair.primary.pid(), pair.secondary.pid()];
    setup_over_ssh(&operator, &sshd).await.exits(0);
    assert!(drop_in(&pair.primary).exists() && drop_in(&pair.secondary).exists());
    assert_ne!([pair.primary.pid(), pair.secondary.pid()], running);
    assert_all_threads_run(&pair).await;

    restart_both(&mut pair, &operator).await;
    assert_same_contents(&pair).await;
    assert_eq!(operator.status().await.exits(0).json()["restart_safe"], true);
}

/// Runs `dbha setup` with the `ssh` of somebody who has an alias for the machine in a configuration of their own.
async fn setup_over_ssh(operator: &Operator, sshd: &Sshd) -> Ran {
    let programs = operator.home().join("bin");
    let configuration = sshd.client_configuration();
    program(
        &programs.join("ssh"),
        &format!("exec /usr/bin/ssh -F {} \"$@\"", configuration.display()),
    );
    let access = format!("ssh:{}", sshd.alias());
    let arguments = ["--host-access", &access, "--restart", "allowed"];
    let mut command = operator.command("setup", arguments);
    operator
        .finish(command.arg("--yes").env("PATH", first_in_path(&programs)))
        .await
}
