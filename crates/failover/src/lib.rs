//! Automatic failover of a replicated pair: a third vote says which server may take writes, and a guard beside each
//! server acts on it.
//!
//! What a guard does is decided by one pure function, [`decide::decide`]. How much may be lost is judged by a
//! [`LossBook`], from what the writer has published. The third vote is a [`Ballot`]; in [`etcd`] it is one key, held by way
//! of a lease that lapses unless it is renewed, and a note that stays.

mod ballot;
pub mod decide;
pub mod etcd;
mod guard;
mod loss;
mod timing;

pub use ballot::{Ballot, Given, Holding, Published, Record, Standing};
pub use guard::{Guard, GuardNews, GuardSettings, Weight};
pub use loss::{LossBook, MaxLoss, TooMuch};
pub use timing::{Timing, TimingError};
