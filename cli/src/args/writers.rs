//! Who takes writes.

use clap::ValueEnum;

/// Who takes writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WritersArg {
    /// The primary alone.
    One,
    /// Both.
    Both,
}
