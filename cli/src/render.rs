//! Pure consumers of findings, events and status: for people and for machines.

pub mod clock;
pub mod copy_lines;
pub mod finding;
pub mod json;
pub mod man_page;
pub mod plan;
pub mod probed;
pub mod progress;
pub mod proof;
pub mod roles;
pub mod server_error;
pub mod setup_lines;
pub mod state_word;
pub mod status;
pub mod status_page;
pub mod style;

pub mod table;
pub mod undo;
pub mod verified;
pub mod verify_lines;
pub mod wrap;
