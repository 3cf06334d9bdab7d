//! One file a command.

pub mod check;
pub mod completions;
pub mod demo;
pub mod dsn;
pub mod dump;
pub mod explain;
pub mod failover;
pub mod fence;
pub mod load;
pub mod man;
pub mod monitor;
pub mod plan;
pub mod platform_account;
pub mod preflight;
pub mod rejoin;
pub mod render;
pub mod rotate_password;
pub mod sandbox;
pub mod saved_plan;
pub mod setup;
pub mod status;
pub mod switchover;
pub mod undo;
pub mod verify;
