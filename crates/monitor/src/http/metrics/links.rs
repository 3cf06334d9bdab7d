//! What is measured of links.

use super::page::{Labels, Page, labels};
use crate::PairReport;
use dbha_core::{IoState, LinkStatus, SqlState};

pub(super) fn write(page: &mut Page, reports: &[&PairReport]) {
    let running = page.gauge(
        "dbha_replication_running",
        "Whether the thread runs; an IO thread that is connecting does not",
    );
    let lag = page.gauge(
        "dbha_replication_lag_seconds",
        "How far the replica is behind; no sample where it is unknown",
    );
    let known = page.gauge(
        "dbha_replication_lag_known",
        "Whether it is known how far the replica is behind",
    );
    let missing = page.gauge(
        "dbha_gtid_missing",
        "How many transactions of the source the replica lacks",
    );
    let error = page.gauge(
        "dbha_last_error_code",
        "Number of the thread's last error; 0 without one",
    );
    for report in reports {
        let pair = report.status.pair.as_str();
        for link in &report.status.links {
            let thread = |name| with(pair, link, "thread", name);
            let method = |name| with(pair, link, "method", name);
            let io = link.io.map(|io| f64::from(io == IoState::Running));
            let sql = link.sql.map(|sql| f64::from(sql == SqlState::Running));
            running.set_known(thread("io"), io);
            running.set_known(thread("sql"), sql);
            lag.set_known(method("heartbeat"), link.lag_heartbeat_seconds);
            lag.set_known(method("server"), link.lag_server_seconds);
            known.set(of_link(pair, link), f64::from(link.lag_seconds.is_some()));
            missing.set_known(of_link(pair, link), link.gtid_missing.map(|count| count as f64));
            if let Some(detail) = &link.detail {
                error.set(thread("io"), f64::from(detail.io_error));
                error.set(thread("sql"), f64::from(detail.sql_error));
            }
        }
    }
}

fn of_link(pair: &str, link: &LinkStatus) -> Labels {
    labels([("pair", pair), ("from", &link.from), ("to", &link.to)])
}

fn with(pair: &str, link: &LinkStatus, name: &'static str, value: &str) -> Labels {
    let mut labels = of_link(pair, link);
    labels.push((name, value.to_owned()));
    labels
}
