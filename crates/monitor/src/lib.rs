//! Keeps watching replicated pairs: looks at both servers every second, judges what it saw, and tells whoever asks.
//!
//! The way of the data: a look at each server ([`MonitorSettings`] says how often) → one [`PairReport`], judged by
//! [`dbha_core::assess_watched`] → the damper, which turns reports into [`MonitorEvent`]s → the [`Board`], which everybody
//! reads: HTTP, metrics, alerts, the terminal.

mod beat;
mod board;
mod damper;
mod event;
mod heal;
mod healer;
pub mod http;
mod judge;
mod lag;
mod look;
mod monitor;
mod pair_watch;
mod remedy;
mod report;
pub mod roles;
mod settings;
mod teller;
mod watcher;

pub use board::{Board, LagPoint, News};
pub use event::{EventKind, MonitorEvent};
pub use monitor::Monitor;
pub use report::{Heartbeat, LookReport, PairReport, Standing};
pub use settings::{Damping, MonitorSettings, WatchedPair};
