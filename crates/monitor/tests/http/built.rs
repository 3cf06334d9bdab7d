//! Reports as the watching loop makes them, of pairs that were never there.

use dbha_core::{
    Condition, Flavor, IoState, KeyStep, LastError, LinkDetail, LinkStatus, Problem, ServerStatus, SqlState,
    Status, Verdict, WritableServers, Writers,
};
use dbha_monitor::{EventKind, Heartbeat, LookReport, MonitorEvent, PairReport, Standing};
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap()
        .as_secs_f64()
}

/// A pair of which nothing bad can be said.
pub(crate) fn healthy(pair: &str) -> PairReport {
    let (first, second) = ("db1", "db2");
    PairReport {
        status: Status {
            schema_version: 1,
            pair: pair.into(),
            restart_safe: true,
            verdict: Verdict::Healthy,
            reason: "both links run and one server takes writes".into(),
            writers: WritableServers::One,
            writers_recorded: Some(Writers::One),
            term: Some(1),
            writer: None,
            durability: None,
            managed: false,
            guarded: None,
            servers: vec![server(first, "primary", 1), server(second, "secondary", 2)],
            links: vec![link(first, second), link(second, first)],
        },
        at: now(),
        looks: vec![look(first, Heartbeat::Written), look(second, Heartbeat::ReadOnly)],
        standing: vec![],
        setup_at_work: false,
        silenced: false,
    }
}

fn server(name: &str, role: &str, id: u32) -> ServerStatus {
    ServerStatus {
        name: name.into(),
        address: format!("10.0.0.1{id}:3306"),
        reachable: true,
        flavor: Some(Flavor::MariaDb),
        version: Some("10.11.19-MariaDB-0+deb12u1-log".into()),
        server_id: Some(id),
        server_uuid: None,
        role: Some(role.into()),
        read_only: Some(role == "secondary"),
        auto_increment: Some(KeyStep {
            increment: 2,
            offset: id.into(),
        }),
        gtid: Some("0-1-4711,2-2-17".into()),
        errant: None,
        settings_persisted: Some(true),
        lost_at_restart: vec![],
        problems: vec![],
    }
}

fn link(from: &str, to: &str) -> LinkStatus {
    LinkStatus {
        from: from.into(),
        to: to.into(),
        io: Some(IoState::Running),
        sql: Some(SqlState::Running),
        lag_seconds: Some(0.2),
        lag_heartbeat_seconds: Some(0.2),
        lag_server_seconds: Some(0.0),
        received: Some("0-1-4711".into()),
        applied: Some(format!("{from}-bin.000003:84211")),
        gtid_missing: Some(0),
        last_error: None,
        detail: Some(LinkDetail {
            source_host: format!("{from}.example"),
            source_server_id: 1,
            received_offset: Some(84_300),
            applied_offset: Some(84_211),
            ..LinkDetail::default()
        }),
    }
}

fn look(server: &str, heartbeat: Heartbeat) -> LookReport {
    LookReport {
        server: server.into(),
        answered_at: Some(now()),
        took: 0.003,
        clock_ahead: Some(0.012),
        clock_error: Some(0.001),
        heartbeat,
    }
}

fn wrong(report: &mut PairReport, server: usize, code: Condition, text: &str, fix: &str) {
    let name = report.status.servers[server].name.clone();
    report.status.reason = text.into();
    report.status.servers[server].problems.push(Problem {
        code,
        text: text.into(),
        fix: fix.into(),
    });
    report.standing.push(Standing {
        code,
        server: name,
        text: text.into(),
        fix: fix.into(),
        since: now() - 600.0,
    });
}

pub(crate) fn lagging(pair: &str) -> PairReport {
    let mut report = healthy(pair);
    let into = &mut report.status.links[0];
    into.lag_seconds = Some(42.6);
    into.lag_heartbeat_seconds = Some(42.6);
    into.gtid_missing = Some(1_873);
    report.status.verdict = Verdict::Lagging;
    wrong(
        &mut report,
        1,
        Condition::Lag,
        "db2 is 43 s behind db1",
        "wait, or look for a long transaction on the replica",
    );
    report
}

pub(crate) fn broken(pair: &str) -> PairReport {
    let mut report = healthy(pair);
    let text = "Could not execute Write_rows_v1 event on table shop.orders; Duplicate entry '4711' for key 'PRIMARY', \
        Error_code: 1062; handler error HA_ERR_FOUND_DUPP_KEY; the event's master log db1-bin.000003, end_log_pos 84300";
    let fix = "compare that row on both servers before anything else: they have diverged (dbha verify names the keys)";
    let into = &mut report.status.links[0];
    into.sql = Some(SqlState::Stopped);
    (
        into.lag_seconds,
        into.lag_heartbeat_seconds,
        into.lag_server_seconds,
    ) = (None, None, None);
    into.gtid_missing = Some(12);
    into.detail.as_mut().unwrap().sql_error = 1062;
    into.last_error = Some(LastError {
        code: 1062,
        text: text.into(),
        fix: fix.into(),
    });
    report.status.verdict = Verdict::Broken;
    let said = format!("the SQL thread of db2 (from db1) is stopped, error 1062: {text}");
    wrong(&mut report, 1, Condition::SqlThread, &said, fix);
    report
}

pub(crate) fn unreachable(pair: &str) -> PairReport {
    let mut report = healthy(pair);
    let gone = &mut report.status.servers[1];
    gone.reachable = false;
    (gone.flavor, gone.version, gone.server_id, gone.role) = (None, None, None, None);
    (
        gone.read_only,
        gone.auto_increment,
        gone.gtid,
        gone.settings_persisted,
    ) = (None, None, None, None);
    report.status.restart_safe = false;
    report.status.verdict = Verdict::Unreachable;
    let into = &mut report.status.links[0];
    (into.io, into.sql, into.lag_seconds, into.lag_heartbeat_seconds) = (None, None, None, None);
    (
        into.lag_server_seconds,
        into.received,
        into.applied,
        into.gtid_missing,
    ) = (None, None, None, None);
    into.detail = None;
    let back = &mut report.status.links[1];
    back.io = Some(IoState::Connecting);
    (
        back.lag_seconds,
        back.lag_heartbeat_seconds,
        back.lag_server_seconds,
    ) = (None, None, None);
    back.gtid_missing = None;
    back.last_error = Some(LastError {
        code: 2003,
        text: "error connecting to master 'dbha_repl@db2.example:3306' - retry-time: 10".into(),
        fix: "start that server, or look at the network between the two".into(),
    });
    wrong(
        &mut report,
        1,
        Condition::Unreachable,
        "cannot reach db2 at 10.0.0.12:3306: connection refused",
        "start the server; look at port and firewall",
    );
    report
}

pub(crate) fn two_writers(pair: &str) -> PairReport {
    let mut report = healthy(pair);
    report.status.servers[1].read_only = Some(false);
    report.status.writers = WritableServers::Both;
    report.status.verdict = Verdict::Degraded;
    let fix = "run dbha setup again, or dbha setup --writers both if both are to take writes";
    wrong(
        &mut report,
        1,
        Condition::Writers,
        "db2 is writable and should be read-only",
        fix,
    );
    report
}

pub(crate) fn none_writable(pair: &str) -> PairReport {
    let mut report = healthy(pair);
    report.status.servers[0].read_only = Some(true);
    report.status.writers = WritableServers::None;
    report.status.verdict = Verdict::Degraded;
    let fix = "run dbha setup again, or dbha setup --writers both if both are to take writes";
    wrong(
        &mut report,
        0,
        Condition::Writers,
        "db1 is read-only and should take writes",
        fix,
    );
    report
}

/// A drifted setting and lines that a restart would lose.
pub(crate) fn drifted(pair: &str) -> PairReport {
    let mut report = healthy(pair);
    report.status.verdict = Verdict::Degraded;
    let lost = "db1 would lose at a restart: sync_binlog=1, gtid_strict_mode=ON";
    let file = "put these lines under [mysqld] into its option file (dbha render my.cnf --server primary)";
    wrong(&mut report, 0, Condition::NotRestartSafe, lost, file);
    report.status.servers[0].settings_persisted = Some(false);
    report.status.servers[0].lost_at_restart = vec!["sync_binlog=1".into(), "gtid_strict_mode=ON".into()];
    let drift = "db1: sync_binlog is 0 and should be 1";
    wrong(
        &mut report,
        0,
        Condition::SettingDrift,
        drift,
        "run dbha setup again: it puts back just these",
    );
    report
}

pub(crate) fn event(pair: &str, kind: EventKind, ago: f64, text: &str) -> MonitorEvent {
    let (code, fix) = match kind {
        EventKind::Began => (
            Some(Condition::Lag),
            Some("wait, or look for a long transaction".to_owned()),
        ),
        EventKind::Ended => (Some(Condition::Lag), None),
        _ => (None, None),
    };
    MonitorEvent {
        seq: 0,
        at: now() - ago,
        pair: pair.into(),
        kind,
        server: Some("db2".into()),
        code,
        text: text.into(),
        fix,
        verdict: Verdict::Lagging,
    }
}
