//! Servers end, in good order or not, and are there again.

use dbha_testkit::{Release, ServerOptions, Side};

use crate::feature::Feature;
use crate::release::on_every_release;
use crate::trial::Trial;

on_every_release!(slow a_pair_is_whole_after_restarts_and_power_failures);

async fn a_pair_is_whole_after_restarts_and_power_failures(release: Release) {
    let features = [Feature::Restart, Feature::PowerFailure];
    let Some(mut trial) = Trial::with_sample(release, &ServerOptions::new(), &features).await else {
        return;
    };
    // MySQL keeps its settings; for MariaDB dbha writes them into the container.
    let hosts = Side::BOTH.map(|side| format!("docker:{}", trial.servers.container(side)));
    let arguments = [
        "--writers",
        "both",
        "--primary-host-access",
        &hosts[0],
        "--secondary-host-access",
        &hosts[1],
    ];
    trial.setup(&arguments).await.exits(0);

    for side in Side::BOTH {
        trial.servers.restart(side).await.unwrap();
    }
    let status = trial.until_healthy().await;
    assert_eq!(status["writers"], "both", "{status:#}");
    trial.cross("Ada", Side::Primary).await;
    trial.cross("Grete", Side::Secondary).await;
    trial.proved(Feature::Restart);

    for side in Side::BOTH {
        trial.servers.kill(side).await.unwrap();
        trial.operator.status().await.exits(4);
        trial.servers.start_again(side).await.unwrap();
        trial.until_healthy().await;
    }
    trial.cross("Hedy", Side::Primary).await;
    trial.cross("Emmy", Side::Secondary).await;
    trial.proved(Feature::PowerFailure);
}
