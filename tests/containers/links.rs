//! The network between two servers parts, in one direction and in the other, and a server freezes.

use dbha_testkit::{Link, Release, ServerOptions, Side};
use serde_json::Value;

use crate::feature::Feature;
use crate::release::on_every_release;
use crate::trial::Trial;

on_every_release!(slow a_cut_link_is_told_and_mends_itself_and_a_frozen_primary_is_told);

async fn a_cut_link_is_told_and_mends_itself_and_a_frozen_primary_is_told(release: Release) {
    let features = [Feature::NetworkCut, Feature::PrimaryFrozen];
    let Some(mut trial) = Trial::with_sample(release, &ServerOptions::new(), &features).await else {
        return;
    };
    trial.setup(&["--writers", "both"]).await.exits(0);

    for (link, from) in [
        (Link::PrimaryToSecondary, Side::Primary),
        (Link::SecondaryToPrimary, Side::Secondary),
    ] {
        cut_and_heal(&trial, link, from).await;
    }
    trial.proved(Feature::NetworkCut);

    trial.servers.freeze(Side::Primary).await.unwrap();
    let ran = trial.operator.status().await.exits(4);
    let status = ran.json();
    assert_eq!(status["verdict"], "unreachable", "{ran}");
    let [primary, secondary] = [&status["servers"][0], &status["servers"][1]];
    assert_eq!(
        (&primary["reachable"], &secondary["reachable"]),
        (&false.into(), &true.into())
    );
    trial.servers.thaw(Side::Primary).await.unwrap();
    trial.until_healthy().await;
    trial.proved(Feature::PrimaryFrozen);
}

/// Cuts the way of one server's changes: that link breaks and is named, the other one runs on.
async fn cut_and_heal(trial: &Trial, link: Link, from: Side) {
    let name = |side: Side| match side {
        Side::Primary => trial.operator.primary.clone(),
        Side::Secondary => trial.operator.secondary.clone(),
    };
    trial.servers.cut(link).await.unwrap();

    let connecting = |status: &Value| link_from(status, &name(from))["io"] == "connecting";
    let status = trial.until("the link is broken", connecting).await;
    assert_eq!(status["verdict"], "broken", "{status:#}");
    let reason = status["reason"].as_str().unwrap();
    assert!(reason.contains(&name(from.peer())), "{status:#}");
    assert_eq!(
        link_from(&status, &name(from.peer()))["io"],
        "running",
        "{status:#}"
    );
    trial.operator.status().await.exits(5);
    // What is written meanwhile comes over later; the other way goes on.
    let mut writer = trial.session(from).await;
    let row = format!("Kept {from}");
    writer.run(&dbha_testkit::sample::new_customer(&row)).await;
    trial.cross(&format!("Over {from}"), from.peer()).await;

    trial.servers.heal().await.unwrap();
    trial.until_healthy().await;
    trial.arrived(&row, from).await;
}

fn link_from<'a>(status: &'a Value, source: &str) -> &'a Value {
    let links = status["links"].as_array().unwrap();
    links.iter().find(|link| link["from"] == source).unwrap()
}
