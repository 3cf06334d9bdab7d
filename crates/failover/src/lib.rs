//! Automatic failover of a replicated pair: a third vote says which server may take writes, and a guard beside each
//! server acts on it.

pub mod decide;
mod timing;

pub use timing::{Timing, TimingError};
