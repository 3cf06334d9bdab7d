use super::{Check, Run, Step, StepTrouble, View, follow};
use crate::{
    Side,
    reach::{self, Reach},
};
use std::time::Duration;

/// How long one server may take to reach the other.
const PROBE_LIMIT: Duration = Duration::from_secs(10);

/// A link that is connected is the best proof; without both, each server is asked to dial the other.
pub(super) fn check(view: &View<'_>) -> Check {
    let missing: Vec<String> = Side::BOTH
        .into_iter()
        .filter(|source| view.new_password || !follow::is_connected(view, *source))
        .map(|source| {
            let link = view.topology.link_from(source);
            format!("{} → {} at {}:{}", source.peer(), source, link.host, link.port)
        })
        .collect();
    if missing.is_empty() {
        Check::Satisfied
    } else {
        Check::Needed(missing)
    }
}

/// Before anything is wiped (scenario 29): each server dials the other with the real account.
pub(super) async fn apply(run: &mut Run<'_>) -> Result<(), StepTrouble> {
    let Some(password) = run.password.clone() else {
        // Accounts and links were as wanted: nothing new to be tried.
        return Ok(());
    };
    let view = run.view();
    let targets = view
        .facts
        .map(|source, _| follow::target(&view, source, password.clone()));
    let untried = Side::BOTH.map(|source| !reach::can_probe(view.facts.of(source.peer())));
    let connected = Side::BOTH.map(|source| follow::is_connected(&view, source));
    let asked = [0, 1].map(|at| !connected[at] && !untried[at]);
    let cancel = run.cancel;
    let servers = &mut run.servers;
    let (secondary, primary) = tokio::join!(
        async {
            match asked[0] {
                false => Ok(Reach::Reached),
                true => reach::probe(&mut servers.secondary, &targets.primary, PROBE_LIMIT, cancel).await,
            }
        },
        async {
            match asked[1] {
                false => Ok(Reach::Reached),
                true => reach::probe(&mut servers.primary, &targets.secondary, PROBE_LIMIT, cancel).await,
            }
        },
    );
    let found = [(secondary?, Side::Primary), (primary?, Side::Secondary)];
    for ((found, source), untried) in found.into_iter().zip(untried) {
        if untried {
            let (from, to) = (source.peer(), source);
            let why = format!("whether {from} reaches {to} shows when its link is made: {from} lacks RELOAD");
            run.detail(Step::CheckReach, why);
            continue;
        }
        if found != Reach::Reached {
            return Err(trouble(run, source, &found));
        }
        let link = run.topology.link_from(source);
        let tls = match (&link.ca, link.tls) {
            (Some(ca), _) => format!(", over TLS, verified by {ca}"),
            (None, true) => ", over TLS".to_owned(),
            (None, false) => String::new(),
        };
        run.detail(
            Step::CheckReach,
            format!(
                "{} reaches {} at {}:{}{tls}",
                source.peer(),
                source,
                link.host,
                link.port
            ),
        );
    }
    Ok(())
}

/// Says what keeps one server from reading the other, and what to do about it.
pub(super) fn trouble(run: &Run<'_>, source: Side, found: &Reach) -> StepTrouble {
    let finding = reach::finding(
        source,
        run.facts.of(source),
        run.topology.link_from(source),
        found,
    );
    StepTrouble::new(format!("{} {}", finding.code, finding.text), finding.fix)
}
