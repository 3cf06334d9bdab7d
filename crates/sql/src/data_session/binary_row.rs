use super::{packets::malformed, prepared::Parameter};
use std::io;

/// How many bytes a value takes in a row of the binary protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// Always so many.
    Fixed(usize),
    /// A byte says how many follow.
    Short,
    /// A number of one to nine bytes says how many follow.
    Counted,
}

impl Width {
    pub(super) fn of(kind: u8) -> Self {
        match kind {
            // TINY
            1 => Width::Fixed(1),
            // SHORT, YEAR
            2 | 13 => Width::Fixed(2),
            // LONG, FLOAT, INT24
            3 | 4 | 9 => Width::Fixed(4),
            // DOUBLE, LONGLONG
            5 | 8 => Width::Fixed(8),
            // TIMESTAMP, DATE, TIME, DATETIME
            7 | 10 | 11 | 12 => Width::Short,
            _ => Width::Counted,
        }
    }
}

/// One row of the binary protocol, where it was received.
#[derive(Debug, Clone, Copy)]
pub struct BinaryRow<'a> {
    bytes: &'a [u8],
    columns: &'a [Parameter],
}

impl<'a> BinaryRow<'a> {
    /// Takes bytes for a row of these columns; what they really are shows when its values are walked over.
    pub fn new(bytes: &'a [u8], columns: &'a [Parameter]) -> Self {
        Self { bytes, columns }
    }

    /// Walks over the values in order: each as it travels, its own length in front where it has one, `None` for NULL.
    ///
    /// Fails where the row is not what its columns promised.
    pub fn values(self) -> Values<'a> {
        let nulls = (self.columns.len() + 2).div_ceil(8);
        Values {
            nulls: self.bytes.get(1..1 + nulls).unwrap_or_default(),
            rest: self.bytes.get(1 + nulls..).unwrap_or_default(),
            columns: self.columns,
            at: 0,
        }
    }

    /// Returns the columns that it has values for.
    pub fn columns(self) -> &'a [Parameter] {
        self.columns
    }

    /// Returns the row as it was received.
    pub fn bytes(self) -> &'a [u8] {
        self.bytes
    }

    /// Returns the size of the row in bytes.
    pub fn size(self) -> usize {
        self.bytes.len()
    }
}

/// See [`BinaryRow::values`].
pub struct Values<'a> {
    nulls: &'a [u8],
    rest: &'a [u8],
    columns: &'a [Parameter],
    at: usize,
}

impl<'a> Values<'a> {
    fn take(&mut self, bytes: usize) -> io::Result<&'a [u8]> {
        match self.rest.split_at_checked(bytes) {
            Some((value, rest)) => {
                self.rest = rest;
                Ok(value)
            }
            None => Err(malformed("a row that ends early")),
        }
    }

    fn value(&mut self) -> io::Result<Option<&'a [u8]>> {
        let bit = self.at + 2;
        let byte = self
            .nulls
            .get(bit / 8)
            .ok_or_else(|| malformed("a row without its NULLs"))?;
        if byte & (1 << (bit % 8)) != 0 {
            return Ok(None);
        }
        let bytes = self.columns[self.at].size_of_first(self.rest);
        self.take(bytes.ok_or_else(|| malformed("a length that is none"))?)
            .map(Some)
    }
}

impl<'a> Iterator for Values<'a> {
    type Item = io::Result<Option<&'a [u8]>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.at == self.columns.len() {
            return None;
        }
        let value = self.value();
        self.at = match value {
            Ok(_) => self.at + 1,
            Err(_) => self.columns.len(),
        };
        Some(value)
    }
}

/// A length in front of a value: how many bytes it takes itself, and how many follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) head: usize,
    pub(super) body: usize,
}

impl Counted {
    pub(super) fn total(self) -> usize {
        self.head.saturating_add(self.body)
    }
}

/// Reads a number of one to nine bytes as lengths are written; `None` where there is none.
pub(super) fn counted(bytes: &[u8]) -> Option<Counted> {
    let long = |head: usize| {
        let digits = bytes.get(1..head)?;
        let mut number = [0; 8];
        number[..digits.len()].copy_from_slice(digits);
        Some(Counted {
            head,
            body: usize::try_from(u64::from_le_bytes(number)).ok()?,
        })
    };
    match *bytes.first()? {
        0xfb | 0xff => None,
        0xfc => long(3),
        0xfd => long(4),
        0xfe => long(9),
        short => Some(Counted {
            head: 1,
            body: usize::from(short),
        }),
    }
}

/// Returns a counted value without its length.
pub fn counted_body(value: &[u8]) -> &[u8] {
    match counted(value) {
        Some(counted) => value.get(counted.head..).unwrap_or_default(),
        None => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parameter(kind: u8) -> Parameter {
        Parameter::of_column(kind, false)
    }

    #[test]
    fn values_lie_one_behind_the_other() {
        let columns = [
            parameter(3),
            parameter(253),
            parameter(12),
            parameter(8),
            parameter(252),
        ];
        let mut row = vec![0, 0b0010_0000];
        row.extend(7_u32.to_le_bytes());
        row.extend(b"\x03abc");
        row.extend(b"\x04dddd");
        row.extend(b"\xfc\x01\x00z");
        let values: Vec<_> = BinaryRow::new(&row, &columns)
            .values()
            .collect::<io::Result<_>>()
            .unwrap();
        let number = 7_u32.to_le_bytes();
        let wanted: [Option<&[u8]>; 5] = [
            Some(&number),
            Some(b"\x03abc"),
            Some(b"\x04dddd"),
            None,
            Some(b"\xfc\x01\x00z"),
        ];
        assert_eq!(values, wanted);
        assert_eq!(counted_body(b"\xfc\x01\x00z"), b"z");
    }

    #[test]
    fn scenario_82_a_row_cut_anywhere_is_an_error() {
        let columns = [parameter(3), parameter(253), parameter(12)];
        let mut row = vec![0, 0];
        row.extend(7_u32.to_le_bytes());
        row.extend(b"\x03abc\x04dddd");
        for end in 0..row.len() {
            let mut values = BinaryRow::new(&row[..end], &columns).values();
            assert!(values.any(|value| value.is_err()), "{end}");
        }
        let huge = [0, 0, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
        assert!(
            BinaryRow::new(&huge, &columns[1..2])
                .values()
                .any(|value| value.is_err())
        );
    }
}
