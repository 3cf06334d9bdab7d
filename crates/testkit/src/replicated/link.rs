//! The two ways between the servers of a pair.

use dbha_core::Side;

/// A way that changes take from one server of a pair to the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Link {
    /// The secondary reads what the primary wrote.
    PrimaryToSecondary,
    /// The primary reads what the secondary wrote.
    SecondaryToPrimary,
    /// Both ways.
    Both,
}

impl Link {
    /// Returns the servers that are read over this link.
    pub(crate) fn sources(self) -> &'static [Side] {
        match self {
            Self::PrimaryToSecondary => &[Side::Primary],
            Self::SecondaryToPrimary => &[Side::Secondary],
            Self::Both => &Side::BOTH,
        }
    }
}
