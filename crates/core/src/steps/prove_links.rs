use super::{Check, Run, Step, StepTrouble, View, follow};
use crate::{MarkerTrip, Side, wait::Pause};
use dbha_sql::{Marker, Setting, generate_password};
use std::time::{Duration, Instant};

/// How long a marker may travel.
const TRIP_LIMIT: Duration = Duration::from_secs(30);

/// Markers belong to runs that changed something, or were asked to prove: a second run writes nothing.
///
/// A run that was cut off between the last change and the proof leaves a pair that nobody has seen working; the next
/// one knows it by the markers (scenario 30).
pub(super) fn check(view: &View<'_>) -> Check {
    match view.changed || view.options.prove || !is_proven(view) {
        true => Check::Needed(vec![
            "a marker is written on each server and read on the other".into(),
        ]),
        false => Check::Satisfied,
    }
}

/// Each server's newest marker is on both.
fn is_proven(view: &View<'_>) -> bool {
    let token = |on: Side, of: Side| {
        let id = view.topology.server(of).server_id;
        let markers = view.facts.of(on).markers.known()?;
        markers.iter().find(|marker| marker.server_id == id)
    };
    Side::BOTH
        .into_iter()
        .all(|of| token(of, of).is_some() && token(of, of) == token(of.peer(), of))
}

pub(super) async fn apply(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    for from in Side::BOTH {
        let trip = send_marker(run, from).await?;
        run.detail(
            Step::ProveLinks,
            format!("{} → {} in {:.1} ms", from, from.peer(), trip.milliseconds),
        );
        run.trips.push(trip);
    }
    Ok(())
}

async fn send_marker(run: &mut Run<'_>, from: Side) -> Result<MarkerTrip, StepTrouble> {
    let token = generate_password()?.expose().to_owned();
    let marker = Marker {
        server_id: run.topology.server(from).server_id,
        token,
    };
    // super_read_only holds even administrators; the standby's marker needs it lifted for a moment.
    let lift = run.facts.of(from).has(Setting::SuperReadOnly, "ON");
    let server = run.servers.of_mut(from);
    let dialect = server.dialect();
    if lift {
        server
            .execute_all(&dialect.change_setting_until_restart(Setting::SuperReadOnly, "OFF"))
            .await?;
    }
    let began = Instant::now();
    let written = server.execute(&dialect.write_marker(&marker)).await;
    if lift {
        server
            .execute_all(&dialect.change_setting_until_restart(Setting::SuperReadOnly, "ON"))
            .await?;
    }
    written?;
    let mut pause = Pause::within(TRIP_LIMIT);
    loop {
        let reader = run.servers.of_mut(from.peer());
        let seen = reader
            .session
            .query_value(&dialect.read_marker(marker.server_id))
            .await?;
        if seen.as_deref() == Some(marker.token.as_str()) {
            return Ok(MarkerTrip {
                from,
                milliseconds: began.elapsed().as_secs_f64() * 1e3,
            });
        }
        if let Some(link) = follow::link_of(run, from.peer()).await?
            && let Some(trouble) = follow::fatal(&link, from)
        {
            return Err(trouble);
        }
        if let Err(fault) = pause.wait(run.cancel).await {
            let text = format!(
                "a marker written on the {from} did not arrive on the {}",
                from.peer()
            );
            return Err(StepTrouble::new(text, "look at dbha status").because(fault));
        }
    }
}
