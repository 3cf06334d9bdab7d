use serde::{Deserialize, Serialize};
use std::fmt;

/// Which of the two servers of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The server whose data counts.
    Primary,
    /// The server that receives it.
    Secondary,
}

impl Side {
    /// Both sides, primary first.
    pub const BOTH: [Side; 2] = [Side::Primary, Side::Secondary];

    /// Returns the other side.
    #[must_use]
    pub fn peer(self) -> Side {
        match self {
            Side::Primary => Side::Secondary,
            Side::Secondary => Side::Primary,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Side::Primary => "primary",
            Side::Secondary => "secondary",
        })
    }
}

/// One thing for each of the two servers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Both<T> {
    /// The primary's.
    pub primary: T,
    /// The secondary's.
    pub secondary: T,
}

impl<T> Both<T> {
    /// Returns one side's.
    pub fn of(&self, side: Side) -> &T {
        match side {
            Side::Primary => &self.primary,
            Side::Secondary => &self.secondary,
        }
    }

    /// Returns one side's, to be changed.
    pub fn of_mut(&mut self, side: Side) -> &mut T {
        match side {
            Side::Primary => &mut self.primary,
            Side::Secondary => &mut self.secondary,
        }
    }

    /// Makes something of each.
    pub fn map<U>(&self, make: impl Fn(Side, &T) -> U) -> Both<U> {
        Both {
            primary: make(Side::Primary, &self.primary),
            secondary: make(Side::Secondary, &self.secondary),
        }
    }
}
