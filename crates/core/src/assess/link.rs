//! The state of one link, and what is wrong with it.

use super::Seen;
use crate::{
    Both, Condition, LinkStatus, Problem, Side, advice,
    status::{LastError, LinkDetail},
};
use dbha_sql::{Facts, IoState, Observed, ReplicaStatus, SqlState};
use std::time::Duration;

fn link_of<'a>(replica: &'a Facts, source: &Seen) -> Option<&'a ReplicaStatus> {
    match source {
        Ok(source) => replica.link_from(
            source.server_id,
            source.tcp.as_ref().map(|(host, port)| (host.as_str(), *port)),
        ),
        Err(_) => replica.default_link(),
    }
}

pub(super) fn link_status(seen: &Both<Seen>, source: Side, measured: Option<Duration>) -> LinkStatus {
    let name = |side: Side| match seen.of(side) {
        Ok(facts) => facts.name.clone(),
        Err(unseen) => unseen.name.clone(),
    };
    let (from, to) = (name(source), name(source.peer()));
    let nothing = LinkStatus {
        from,
        to,
        io: None,
        sql: None,
        lag_seconds: None,
        lag_heartbeat_seconds: None,
        lag_server_seconds: None,
        received: None,
        applied: None,
        gtid_missing: None,
        last_error: None,
        detail: None,
    };
    let Ok(replica) = seen.of(source.peer()) else {
        return nothing;
    };
    let missing = seen
        .of(source)
        .as_ref()
        .ok()
        .map(|facts| facts.executed.count_missing_from(&replica.position()));
    let Some(link) = link_of(replica, seen.of(source)) else {
        return LinkStatus {
            io: Some(IoState::Stopped),
            sql: Some(SqlState::Stopped),
            gtid_missing: missing,
            ..nothing
        };
    };
    let active = |error: &&dbha_sql::LinkError| !link.is_running() || error.code != 0;
    let lag_server = link.lag.map(|lag| lag.as_secs_f64());
    let lag_heartbeat = measured.map(|lag| lag.as_secs_f64());
    LinkStatus {
        io: Some(link.io),
        sql: Some(link.sql),
        lag_seconds: lag_heartbeat.or(lag_server),
        lag_heartbeat_seconds: lag_heartbeat,
        lag_server_seconds: lag_server,
        received: link.received_text(),
        applied: link.applied_text(),
        gtid_missing: missing,
        last_error: link.error().filter(active).map(|error| LastError {
            code: error.code,
            text: error.text.clone(),
            fix: advice::for_link(error.code)
                .unwrap_or("see the server's error log")
                .to_owned(),
        }),
        detail: Some(link_detail(link)),
        ..nothing
    }
}

fn link_detail(link: &ReplicaStatus) -> LinkDetail {
    let code = |error: &Option<dbha_sql::LinkError>| error.as_ref().map_or(0, |error| error.code);
    let offset = |at: &Option<(String, u64)>| at.as_ref().map(|(_, offset)| *offset);
    LinkDetail {
        source_host: link.source_host.clone(),
        source_server_id: link.source_server_id,
        source_uuid: link.source_uuid.clone(),
        channel: link.channel.clone(),
        io_error: code(&link.io_error),
        sql_error: code(&link.sql_error),
        received_offset: offset(&link.received_at),
        applied_offset: offset(&link.applied_at),
        delay_seconds: link.delay_seconds,
    }
}

/// What is wrong with the link into a server.
pub(super) fn link_problems(
    own: &Facts,
    peer: Option<&Facts>,
    source: &Seen,
    (status, lagging): (&LinkStatus, Duration),
) -> Vec<Problem> {
    let problem = |code, text: String, fix: String| Problem { code, text, fix };
    if let Observed::Denied(text) = &own.links {
        let fix = "grant SLAVE MONITOR (MariaDB) or REPLICATION CLIENT (MySQL) to the account that dbha logs in with".into();
        return vec![problem(Condition::Hidden, text.clone(), fix)];
    }
    let mut found = Vec::new();
    if peer.is_some_and(|peer| peer.server_id == own.server_id) {
        let fix =
            "run dbha setup again, and put the lines of dbha render my.cnf into both option files".into();
        found.push(problem(
            Condition::EqualServerIds,
            format!("both servers have server_id {}", own.server_id),
            fix,
        ));
    }
    if link_of(own, source).is_none() {
        let own_term = own
            .terms
            .known()
            .into_iter()
            .flatten()
            .find(|term| term.server_id == own.server_id);
        let fix = match own_term.filter(|term| term.reason == "failover") {
            Some(_) => format!(
                "once {} answers: dbha rejoin --server {}",
                status.from, status.from
            ),
            None => "run dbha setup to make a pair of the two".into(),
        };
        found.push(problem(
            Condition::NoLink,
            format!("{} does not follow {}", status.to, status.from),
            fix,
        ));
        return found;
    }
    let error = status.last_error.as_ref();
    let words = error.map_or(String::new(), |error| {
        format!(", error {}: {}", error.code, error.text)
    });
    let fix = error.map_or_else(
        || "run dbha setup again: it starts what has stopped".to_owned(),
        |error| error.fix.clone(),
    );
    if status.sql == Some(SqlState::Stopped) {
        found.push(problem(
            Condition::SqlThread,
            format!(
                "the SQL thread of {} (from {}) is stopped{words}",
                status.to, status.from
            ),
            fix.clone(),
        ));
    }
    match status.io {
        Some(IoState::Running) | None => {}
        Some(_) => found.push(problem(
            Condition::IoThread,
            format!(
                "the IO thread of {} (from {}) is not connected{words}",
                status.to, status.from
            ),
            fix,
        )),
    }
    let behind = status
        .lag_seconds
        .filter(|seconds| *seconds > lagging.as_secs_f64());
    if let Some(seconds) = behind {
        let fix = "wait, or look for a long transaction on the replica".into();
        found.push(problem(
            Condition::Lag,
            format!("{} is {seconds:.0} s behind {}", status.to, status.from),
            fix,
        ));
    }
    found
}

/// What a server has that its peer lacks and cannot get: rows in flight over a link are none of it.
pub(crate) fn errant(own: &Facts, peer: &Facts) -> Option<String> {
    let address = own.tcp.as_ref().map(|(host, port)| (host.as_str(), *port));
    peer.links.known()?;
    if let Some(link) = peer.link_from(own.server_id, address) {
        // What its binary logs no longer hold cannot flow any more (scenario 50); while the link runs it has flowed.
        let gone = own.purged.minus(&peer.position());
        return (link.io != IoState::Running && !gone.is_empty()).then(|| gone.to_string());
    }
    // Without any link between the two there is no pair whose transactions could be errant.
    let peer_address = peer.tcp.as_ref().map(|(host, port)| (host.as_str(), *port));
    own.link_from(peer.server_id, peer_address)?;
    let extra = own.executed.minus(&peer.position());
    (!extra.is_empty()).then(|| extra.to_string())
}
