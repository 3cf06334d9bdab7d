use crate::{
    Column, Origin, Table,
    value_form::{ProofForm, ValueForm},
    value_text,
};
use dbha_sql::{BinaryRow, Dialect, counted_body};
use std::io;

/// The checksums of rows, added up while they are read: the same sum that a server computes over what it has stored
/// (see [`statements::checksum`](crate::statements::checksum)), without a second read of the source.
#[derive(Debug)]
pub(crate) struct RowSum {
    parts: Vec<Part>,
    line: Vec<u8>,
    nulls: Vec<u8>,
    sum: u128,
}

/// How a column enters the checksum of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Part {
    form: SumForm,
    nullable: bool,
}

/// How a value of the binary protocol is written as the server writes it into a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SumForm {
    /// A whole number.
    Integer,
    /// A year in four digits.
    Year,
    /// A date.
    Date,
    /// A date and a time with so many digits behind the second.
    Moment(usize),
    /// Its own bytes.
    Bytes,
    /// The checksum of its bytes, as a whole number.
    LongBytes,
}

/// Between the values of a row, as in the statement.
const BETWEEN: u8 = b'#';

/// Character sets in which digits, signs and what stands between values are the bytes that they are in ASCII, and whose
/// texts were compared on every release.
const LIKE_ASCII: [&str; 16] = [
    "ascii", "binary", "latin1", "latin2", "latin5", "utf8", "utf8mb3", "utf8mb4", "cp1250", "cp1251",
    "koi8r", "greek", "gbk", "big5", "sjis", "ujis",
];

impl RowSum {
    /// Begins a sum of rows of a table, as the server says it that stores them; `None` where the text of one of its
    /// columns is not known to be the server's own: then both servers are asked, for the table as a whole.
    pub(crate) fn of(table: &Table, own: Dialect, target: Dialect) -> Option<Self> {
        if table.system_versioned {
            return None;
        }
        let part = |column: &Column| {
            Some(Part {
                form: sum_form(column, own, target)?,
                nullable: column.nullable,
            })
        };
        let parts: Vec<Part> = table.proven().map(part).collect::<Option<_>>()?;
        (!parts.is_empty()).then(|| Self {
            parts,
            line: vec![],
            nulls: vec![],
            sum: 0,
        })
    }

    /// Adds a row; fails where it is not what its table promised.
    pub(crate) fn add(&mut self, row: BinaryRow<'_>) -> io::Result<()> {
        let columns = row.columns();
        if columns.len() != self.parts.len() {
            return Err(value_text::unlike("row of its table"));
        }
        self.line.clear();
        self.nulls.clear();
        for ((value, column), part) in row.values().zip(columns).zip(&self.parts) {
            let value = value?;
            if part.nullable {
                self.nulls.push(b'0' + u8::from(value.is_none()));
            }
            if let Some(value) = value {
                append(&mut self.line, value, part.form, column.flags)?;
                self.line.push(BETWEEN);
            }
        }
        match self.nulls.is_empty() {
            false => self.line.extend_from_slice(&self.nulls),
            true => drop(self.line.pop()),
        }
        self.sum += u128::from(crc32fast::hash(&self.line));
        Ok(())
    }

    /// Returns the sum of the rows that were added.
    pub(crate) fn sum(&self) -> u128 {
        self.sum
    }
}

fn append(line: &mut Vec<u8>, value: &[u8], form: SumForm, flags: u8) -> io::Result<()> {
    match form {
        SumForm::Integer => value_text::append_integer(line, value, flags)?,
        SumForm::Year => value_text::append_year(line, value)?,
        SumForm::Date => value_text::append_date(line, value)?,
        SumForm::Moment(digits) => {
            let micros = value_text::append_moment(line, value)?;
            value_text::append_fraction(line, micros, digits);
        }
        SumForm::Bytes => line.extend_from_slice(counted_body(value)),
        SumForm::LongBytes => {
            let mut digits = itoa::Buffer::new();
            let checksum = crc32fast::hash(counted_body(value));
            line.extend_from_slice(digits.format(checksum).as_bytes());
        }
    }
    Ok(())
}

/// Chooses the form of a column: only where what is read of it (its [`ValueForm`]) decides what the server that stores
/// it writes for the proof (its [`ProofForm`]).
fn sum_form(column: &Column, own: Dialect, target: Dialect) -> Option<SumForm> {
    let proof = ProofForm::of(column, target);
    if column.origin != Origin::Written || ProofForm::of(column, own) != proof {
        return None;
    }
    match (proof, ValueForm::of(column, target)) {
        (ProofForm::Number, ValueForm::Number { .. }) => Some(SumForm::Integer),
        (ProofForm::Text, ValueForm::Text) => Some(SumForm::Bytes),
        (ProofForm::LongText, ValueForm::Json) => Some(SumForm::LongBytes),
        (ProofForm::Plain, ValueForm::Time) => fraction_digits(column, "time").map(|_| SumForm::Bytes),
        (ProofForm::Plain, ValueForm::Plain) => number_or_date(column),
        (ProofForm::Bytes, ValueForm::Plain) => like_ascii(column).then_some(SumForm::Bytes),
        (ProofForm::LongBytes, ValueForm::Plain) => like_ascii(column).then_some(SumForm::LongBytes),
        _ => None,
    }
}

/// Chooses the form of a number or a date; none for DOUBLE, whose text is the server's own.
fn number_or_date(column: &Column) -> Option<SumForm> {
    let filled = column.column_type.contains("zerofill");
    match column.data_type.as_str() {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" if !filled => Some(SumForm::Integer),
        "decimal" if !filled => Some(SumForm::Bytes),
        "year" if matches!(column.column_type.as_str(), "year" | "year(4)") => Some(SumForm::Year),
        "date" if column.column_type == "date" => Some(SumForm::Date),
        kind @ ("datetime" | "timestamp") => fraction_digits(column, kind).map(SumForm::Moment),
        _ => None,
    }
}

/// Reads how many digits a time has behind the second; `None` for what is written in another way, as types of an older
/// format are.
fn fraction_digits(column: &Column, kind: &str) -> Option<usize> {
    match column.column_type.strip_prefix(kind)? {
        "" => Some(0),
        digits => {
            let digits = digits.strip_prefix('(')?.strip_suffix(')')?;
            digits.parse().ok().filter(|digits| *digits <= 6)
        }
    }
}

fn like_ascii(column: &Column) -> bool {
    let charset = column.charset.as_deref();
    charset.is_none_or(|charset| LIKE_ASCII.contains(&charset))
}

#[cfg(test)]
mod tests;
