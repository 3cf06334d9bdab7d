//! Servers as their images bring them: dbha writes the option files in the containers, and restarts these.

use dbha_testkit::{Release, ServerOptions, Side};

use crate::docker::docker;
use crate::feature::Feature;
use crate::release::on_every_release;
use crate::trial::Trial;

const FILE: &str = "/etc/mysql/conf.d/zz-dbha.cnf";

on_every_release!(slow stock_servers_in_containers_become_a_pair_by_one_command);

async fn stock_servers_in_containers_become_a_pair_by_one_command(release: Release) {
    let options = ServerOptions::new().stock();
    let Some(mut trial) = Trial::with_sample(release, &options, &[Feature::OptionFiles]).await else {
        return;
    };
    let hosts = Side::BOTH.map(|side| format!("docker:{}", trial.servers.container(side)));
    let arguments = [
        "--writers",
        "both",
        "-o",
        "ndjson",
        "--restart",
        "allowed",
        "--primary-host-access",
        &hosts[0],
        "--secondary-host-access",
        &hosts[1],
    ];
    let began = starts(&trial);
    trial.setup(&arguments).await.exits(0);

    for side in Side::BOTH {
        let container = trial.servers.container(side);
        let written = docker(&[
            "exec",
            container,
            "sh",
            "-c",
            &format!("cat {FILE} 2>/dev/null || true"),
        ]);
        // MySQL has its binary log on by itself, and keeps everything else by SET PERSIST.
        assert_eq!(written.is_empty(), release.is_mysql(), "{written:?}");
    }
    if !release.is_mysql() {
        assert_ne!(starts(&trial), began, "the binary log takes a restart");
    }
    let status = trial.operator.status().await.exits(0).json();
    assert_eq!(status["restart_safe"], true, "{status:#}");

    let began = starts(&trial);
    let again = trial.setup(&arguments).await.exits(0);
    assert_eq!(again.changed_steps(), [""; 0], "{again}");
    assert_eq!(starts(&trial), began, "no second restart");

    for side in Side::BOTH {
        trial.servers.restart(side).await.unwrap();
    }
    let status = trial.until_healthy().await;
    assert_eq!(status["restart_safe"], true, "{status:#}");
    trial.cross("Ada", Side::Primary).await;
    trial.cross("Grete", Side::Secondary).await;
    trial.proved(Feature::OptionFiles);
}

/// When each container was started last.
fn starts(trial: &Trial) -> [Vec<String>; 2] {
    Side::BOTH.map(|side| {
        docker(&[
            "inspect",
            "-f",
            "{{.State.StartedAt}}",
            trial.servers.container(side),
        ])
    })
}
