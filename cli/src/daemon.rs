//! The running monitor: what it is to watch, how it speaks, and how systemd hears of it.

pub mod guarding;
pub mod http;
pub mod journal;
pub mod notify;
pub mod pairs;
pub mod targets;
pub mod voice;
pub mod wanted;
