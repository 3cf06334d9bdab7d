//! Two servers become a pair, with everything that a server can hold.

use dbha_testkit::{Release, ServerOptions, Side};

use crate::feature::Feature;
use crate::fidelity_schema::{files, fill};
use crate::holdings::assert_same_holdings;
use crate::release::on_every_release;
use crate::trial::Trial;

on_every_release!(two_servers_become_a_pair_with_all_that_they_hold);

async fn two_servers_become_a_pair_with_all_that_they_hold(release: Release) {
    let features = [
        Feature::SetUp,
        Feature::Copy,
        Feature::Status,
        Feature::SecondRun,
        Feature::Verify,
    ];
    let Some(mut trial) = Trial::begin(release, &ServerOptions::new(), &features).await else {
        return;
    };
    fill(&mut trial.session(Side::Primary).await, &files(release)).await;

    let ran = trial.setup(&["--writers", "both", "-o", "ndjson"]).await.exits(0);
    assert_ne!(ran.changed_steps(), [""; 0], "{ran}");
    trial.proved(Feature::SetUp);

    assert_same_holdings(
        &mut trial.session(Side::Primary).await,
        &mut trial.session(Side::Secondary).await,
    )
    .await;
    trial.proved(Feature::Copy);

    let status = trial.operator.status().await.exits(0).json();
    assert_eq!(status["verdict"], "healthy", "{status:#}");
    for link in status["links"].as_array().unwrap() {
        assert_eq!(
            (&link["io"], &link["sql"]),
            (&"running".into(), &"running".into())
        );
    }
    trial.proved(Feature::Status);

    let again = trial.setup(&["--writers", "both", "-o", "ndjson"]).await.exits(0);
    assert_eq!(again.changed_steps(), [""; 0], "{again}");
    trial.proved(Feature::SecondRun);

    trial.operator.run("verify", []).await.exits(0);
    trial.proved(Feature::Verify);
}
