use super::binary_row::{Width, counted};
use crate::Statement;

/// A statement that the server has prepared, for the session that prepared it.
#[derive(Debug, Clone)]
pub struct Prepared {
    pub(super) id: u32,
    pub(super) statement: Statement,
    /// What the server says that it will return.
    pub(super) columns: Vec<Parameter>,
    pub(super) parameters: usize,
}

impl Prepared {
    /// Returns the statement's text.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// Returns the columns that it will return, each as the parameter that takes its values.
    pub fn columns(&self) -> &[Parameter] {
        &self.columns
    }

    /// Returns the number of its placeholders.
    pub fn parameters(&self) -> usize {
        self.parameters
    }
}

/// The type under which values of a column are sent on, byte for byte as they were received.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// The protocol's number of the type.
    pub kind: u8,
    /// 128 for unsigned numbers, else 0.
    pub flags: u8,
    pub(super) width: Width,
}

impl Parameter {
    /// Chooses the parameter that takes the values of a column of a type.
    ///
    /// Numbers and times keep their type, but for two that are no parameters: a year is a short number, a medium
    /// number a long one. Everything else is bytes.
    pub fn of_column(kind: u8, unsigned: bool) -> Self {
        let sent = match kind {
            13 => 2,
            9 => 3,
            1..=5 | 7 | 8 | 10..=12 => kind,
            _ => 252,
        };
        Self {
            kind: sent,
            flags: if unsigned { 128 } else { 0 },
            width: Width::of(kind),
        }
    }

    /// Returns how many bytes the value takes with which `bytes` begin, its own length included; `None` where no value
    /// begins there.
    pub fn size_of_first(self, bytes: &[u8]) -> Option<usize> {
        Some(match self.width {
            Width::Fixed(size) => size,
            Width::Short => 1 + usize::from(*bytes.first()?),
            Width::Counted => counted(bytes)?.total(),
        })
    }
}
