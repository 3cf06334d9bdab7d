//! The names of mysqld_exporter, for dashboards and rules that exist already; the same on every version of a server.

use super::{
    page::{Labels, Page, labels},
    servers::of_server,
};
use crate::PairReport;
use dbha_core::{IoState, LinkDetail, LinkStatus, SqlState};

/// A figure of a link under its old name.
type Figure = fn(&LinkStatus, &LinkDetail) -> Option<f64>;

/// The columns that dashboards and rules in the field ask for.
const FIGURES: [(&str, &str, Figure); 10] = [
    (
        "slave_io_running",
        "Whether the IO thread is connected",
        |link, _| link.io.map(|io| f64::from(io == IoState::Running)),
    ),
    ("slave_sql_running", "Whether the SQL thread runs", |link, _| {
        link.sql.map(|sql| f64::from(sql == SqlState::Running))
    }),
    (
        "seconds_behind_master",
        "Seconds behind by the server's own figure",
        |link, _| link.lag_server_seconds,
    ),
    ("sql_delay", "Delay by intent in seconds", |_, detail| {
        Some(detail.delay_seconds as f64)
    }),
    ("last_errno", "Number of the last error", |_, detail| {
        let code = if detail.sql_error != 0 {
            detail.sql_error
        } else {
            detail.io_error
        };
        Some(f64::from(code))
    }),
    (
        "last_io_errno",
        "Number of the IO thread's last error",
        |_, detail| Some(f64::from(detail.io_error)),
    ),
    (
        "last_sql_errno",
        "Number of the SQL thread's last error",
        |_, detail| Some(f64::from(detail.sql_error)),
    ),
    ("master_server_id", "Number of the source", |_, detail| {
        Some(detail.source_server_id as f64)
    }),
    (
        "read_master_log_pos",
        "Offset up to which events were received",
        |_, detail| detail.received_offset.map(|offset| offset as f64),
    ),
    (
        "exec_master_log_pos",
        "Offset up to which events were applied",
        |_, detail| detail.applied_offset.map(|offset| offset as f64),
    ),
];

pub(super) fn write(page: &mut Page, reports: &[&PairReport]) {
    let up = page.gauge("mysql_up", "Whether the server answers the monitor");
    let read_only = page.gauge(
        "mysql_global_variables_read_only",
        "Whether ordinary accounts are kept from writing",
    );
    for report in reports {
        for server in &report.status.servers {
            let of = of_server(&report.status.pair, &server.name);
            up.set(of.clone(), f64::from(server.reachable));
            read_only.set_known(of, server.read_only.map(f64::from));
        }
    }
    for (name, help, figure) in FIGURES {
        let values = page.gauge(&format!("mysql_slave_status_{name}"), help);
        for report in reports {
            for link in &report.status.links {
                if let Some(detail) = &link.detail {
                    values.set_known(of_link(&report.status.pair, link, detail), figure(link, detail));
                }
            }
        }
    }
}

/// The exporter's labels, and by which server and pair they are told: here one address speaks for many servers.
fn of_link(pair: &str, link: &LinkStatus, detail: &LinkDetail) -> Labels {
    labels([
        ("pair", pair),
        ("server", &link.to),
        ("master_host", &detail.source_host),
        ("master_uuid", detail.source_uuid.as_deref().unwrap_or("")),
        ("channel_name", &detail.channel),
        ("connection_name", &detail.channel),
    ])
}
