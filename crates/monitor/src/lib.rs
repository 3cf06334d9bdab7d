//! Keeps watching replicated pairs: looks at both servers every second, judges what it saw, and tells whoever asks.
//!
//! The way of the data: a look at each server ([`MonitorSettings`] says how often) → one [`PairReport`], judged by
//! [`dbha_core::assess_watched`] → the damper, which turns reports into [`MonitorEvent`]s → the [`Board`], which everybody
//! reads: HTTP, metrics, alerts, the terminal.

mod alerts;
mod beat;
mod board;
mod commits;
mod damper;
mod event;
mod heal;
mod healer;
mod history;
pub mod http;
mod judge;
mod keeper;
mod lag;
mod look;
mod monitor;
mod pair_watch;
mod quiet;
mod remedy;
mod report;
pub mod roles;
mod settings;
#[cfg(test)]
mod spawnable;
mod teller;
mod watcher;

pub use alerts::{Alert, AlertError, AlertSettings, AlertTarget, Alerts, CommandTarget, WebhookTarget};
pub use board::{Board, LagPoint, News};
pub use event::{EventKind, MonitorEvent};
pub use history::History;
pub use keeper::keep;
pub use monitor::Monitor;
pub use quiet::{Quiet, silence, unsilence};
pub use report::{Heartbeat, LookReport, PairReport, Standing};
pub use settings::{Damping, MonitorSettings, Opening, WatchedPair};
