use crate::{Column, Table, value_form::ValueForm};
use dbha_sql::{BinaryRow, Dialect, counted_body};
use std::io::{self, Write};

/// How the values of a column are written into a line of text that a server loads, so that it stores what was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TextForm {
    /// A whole number.
    Integer,
    /// A year in four digits: with fewer, 0 would be 2000.
    Year,
    /// A FLOAT: the text of the double that it is, which is exact; its own short text is not.
    Float,
    /// A DOUBLE: the shortest text that reads back as the same one.
    Double,
    /// A date, without a time or with one.
    Date,
    /// A date and a time.
    Moment,
    /// Bytes as they are.
    Bytes,
}

/// Between the values of a line.
const TAB: u8 = b'\t';
/// Behind a line.
const LINE_END: u8 = b'\n';
/// Before a byte that would mean something.
const ESCAPE: u8 = b'\\';

/// Average row from which on escaping its values costs more than text saves (measured, decision 0020).
const LARGE_ROW: u64 = 4 << 10;
/// In a smaller table the estimate of a row says nothing: it has a few pages.
const A_FEW_PAGES: u64 = 1 << 20;

/// Chooses the form of each column that travels; `None` where the text of one is not known to be exact, where rows are
/// large, or where no column travels: then rows go by prepared statements.
pub(crate) fn text_forms(table: &Table, target: Dialect) -> Option<Vec<TextForm>> {
    if table.bytes_estimate > A_FEW_PAGES && table.bytes_estimate / table.rows_estimate.max(1) > LARGE_ROW {
        return None;
    }
    let forms: Option<Vec<TextForm>> = table.carried().map(|column| text_form(column, target)).collect();
    forms.filter(|forms| !forms.is_empty())
}

fn text_form(column: &Column, target: Dialect) -> Option<TextForm> {
    match ValueForm::of(column, target) {
        ValueForm::Number { .. } => return Some(TextForm::Integer),
        ValueForm::Json | ValueForm::Time => return Some(TextForm::Bytes),
        ValueForm::Text | ValueForm::EndOfTime => return None,
        ValueForm::Plain => {}
    }
    Some(match column.data_type.as_str() {
        "tinyint" | "smallint" | "mediumint" | "int" | "bigint" => TextForm::Integer,
        "year" => TextForm::Year,
        "float" => TextForm::Float,
        "double" => TextForm::Double,
        "date" => TextForm::Date,
        "datetime" | "timestamp" => TextForm::Moment,
        "decimal" | "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "binary"
        | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => TextForm::Bytes,
        "geometry" | "point" | "linestring" | "polygon" | "multipoint" | "multilinestring"
        | "multipolygon" | "geomcollection" | "geometrycollection" | "vector" => TextForm::Bytes,
        // Whatever type comes next.
        _ => return None,
    })
}

/// Appends a row as one line of text.
pub(crate) fn append_line(line: &mut Vec<u8>, row: BinaryRow<'_>, forms: &[TextForm]) -> io::Result<()> {
    let columns = row.columns();
    for (at, (value, form)) in row.values().zip(forms).enumerate() {
        if at > 0 {
            line.push(TAB);
        }
        match value? {
            None => line.extend_from_slice(b"\\N"),
            Some(value) => append_value(line, value, *form, columns[at].flags & UNSIGNED != 0)?,
        }
    }
    line.push(LINE_END);
    Ok(())
}

/// The flag of a number without a sign.
const UNSIGNED: u8 = 128;

fn append_value(line: &mut Vec<u8>, value: &[u8], form: TextForm, unsigned: bool) -> io::Result<()> {
    match form {
        TextForm::Bytes => append_escaped(line, counted_body(value)),
        TextForm::Integer => {
            let mut digits = itoa::Buffer::new();
            let digits = match unsigned {
                true => digits.format(u64::from_le_bytes(widened(value, 0)?)),
                false => digits.format(i64::from_le_bytes(widened(value, sign_of(value))?)),
            };
            line.extend_from_slice(digits.as_bytes());
        }
        TextForm::Year => write!(line, "{:04}", u64::from_le_bytes(widened(value, 0)?))?,
        TextForm::Float => {
            let bytes = value.try_into().map_err(|_| unlike(form))?;
            write!(line, "{:e}", f64::from(f32::from_le_bytes(bytes)))?;
        }
        TextForm::Double => {
            let bytes = value.try_into().map_err(|_| unlike(form))?;
            write!(line, "{:e}", f64::from_le_bytes(bytes))?;
        }
        TextForm::Date => append_date(line, value)?,
        TextForm::Moment => append_moment(line, value)?,
    }
    Ok(())
}

fn append_escaped(line: &mut Vec<u8>, bytes: &[u8]) {
    let mut rest = bytes;
    while let Some(at) = memchr::memchr3(ESCAPE, TAB, LINE_END, rest) {
        let (plain, special) = rest.split_at(at);
        line.extend_from_slice(plain);
        line.extend_from_slice(&[ESCAPE, special[0]]);
        rest = &special[1..];
    }
    line.extend_from_slice(rest);
}

/// Returns what fills a number up to eight bytes so that it keeps its sign.
fn sign_of(value: &[u8]) -> u8 {
    match value.last() {
        Some(last) if last & 0x80 != 0 => 0xff,
        _ => 0,
    }
}

fn widened(value: &[u8], filler: u8) -> io::Result<[u8; 8]> {
    let mut wide = [filler; 8];
    match (value.len(), wide.get_mut(..value.len())) {
        (1 | 2 | 4 | 8, Some(low)) => low.copy_from_slice(value),
        _ => return Err(unlike(TextForm::Integer)),
    }
    Ok(wide)
}

/// The parts of a date: nothing behind the last one that is not 0.
fn parts_of(value: &[u8]) -> io::Result<[u8; 11]> {
    let mut parts = [0; 11];
    match value.split_first() {
        Some((length, rest)) if usize::from(*length) == rest.len() && matches!(length, 0 | 4 | 7 | 11) => {
            parts[..rest.len()].copy_from_slice(rest);
            Ok(parts)
        }
        _ => Err(unlike(TextForm::Moment)),
    }
}

fn append_date(line: &mut Vec<u8>, value: &[u8]) -> io::Result<()> {
    let parts = parts_of(value)?;
    let year = u16::from_le_bytes([parts[0], parts[1]]);
    line.extend_from_slice(&two_digits((year / 100) as u8));
    line.extend_from_slice(&two_digits((year % 100) as u8));
    for part in &parts[2..4] {
        line.push(b'-');
        line.extend_from_slice(&two_digits(*part));
    }
    Ok(())
}

fn append_moment(line: &mut Vec<u8>, value: &[u8]) -> io::Result<()> {
    append_date(line, value)?;
    let parts = parts_of(value)?;
    for (part, before) in parts[4..7].iter().zip(*b" ::") {
        line.push(before);
        line.extend_from_slice(&two_digits(*part));
    }
    match u32::from_le_bytes([parts[7], parts[8], parts[9], parts[10]]) {
        0 => Ok(()),
        micros => write!(line, ".{micros:06}"),
    }
}

/// What is no two digits is none of a date either: the server refuses it.
fn two_digits(number: u8) -> [u8; 2] {
    match number {
        0..=99 => [b'0' + number / 10, b'0' + number % 10],
        _ => *b"??",
    }
}

fn unlike(form: TextForm) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the server sent a value that is no {form:?}"),
    )
}

#[cfg(test)]
mod tests;
