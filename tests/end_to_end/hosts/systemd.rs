//! Under a real systemd: the units that dbha renders, as they are, on hosts whose first process is a systemd of their own.
//!
//! `booted` starts one on a host of the network, which `keeper` puts away; `site` moves a pair, the vote and the guards to it as
//! `units`; `seen` is what that tells of a guard. The others are scenes.

mod booted;
mod keeper;
mod seen;
mod site;
mod units;

mod by_guard;
mod by_monitor;
