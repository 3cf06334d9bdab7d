//! Configuration of other software around a pair, as text: pure functions, in which no name can become a directive.

mod guard_unit;
mod haproxy;
mod keepalived;
mod monitor_account;
mod prometheus_rules;
mod systemd_unit;
mod virtual_address;

pub use guard_unit::GuardUnit;
pub use haproxy::{HaproxyServer, HaproxyWanted, haproxy};
pub use keepalived::{KeepalivedServer, KeepalivedWanted, keepalived};
pub use monitor_account::monitor_account;
pub use prometheus_rules::{PrometheusRulesWanted, prometheus_rules};
pub use systemd_unit::{SystemdUnitWanted, systemd_unit};
pub use virtual_address::VirtualAddress;

/// A value that cannot stand in a rendered file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what} {value:?} cannot stand in {file}")]
pub struct NotRenderable {
    /// What the value is, such as `the name`.
    pub what: &'static str,
    /// The value.
    pub value: String,
    /// What is rendered, such as `a configuration of HAProxy`.
    pub file: &'static str,
    /// What to do about it.
    pub fix: &'static str,
}

/// Lets only values through that consist of letters and digits of ASCII and these characters (scenario 84).
pub(crate) fn plain<'a>(
    value: &'a str,
    also: &str,
    wrong: impl FnOnce(String) -> NotRenderable,
) -> Result<&'a str, NotRenderable> {
    let fits = |c: char| c.is_ascii_alphanumeric() || also.contains(c);
    match !value.is_empty() && value.chars().all(fits) {
        true => Ok(value),
        false => Err(wrong(value.to_owned())),
    }
}
