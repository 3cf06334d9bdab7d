use crate::{
    Column, Table,
    value_form::ValueForm,
    value_text::{self, unlike},
};
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
            Some(value) => append_value(line, value, *form, columns[at].flags)?,
        }
    }
    line.push(LINE_END);
    Ok(())
}

fn append_value(line: &mut Vec<u8>, value: &[u8], form: TextForm, flags: u8) -> io::Result<()> {
    match form {
        TextForm::Bytes => append_escaped(line, counted_body(value)),
        TextForm::Integer => value_text::append_integer(line, value, flags)?,
        TextForm::Year => value_text::append_year(line, value)?,
        TextForm::Float => {
            let bytes = value.try_into().map_err(|_| unlike("FLOAT"))?;
            write!(line, "{:e}", f64::from(f32::from_le_bytes(bytes)))?;
        }
        TextForm::Double => {
            let bytes = value.try_into().map_err(|_| unlike("DOUBLE"))?;
            write!(line, "{:e}", f64::from_le_bytes(bytes))?;
        }
        TextForm::Date => value_text::append_date(line, value)?,
        TextForm::Moment => match value_text::append_moment(line, value)? {
            0 => {}
            micros => value_text::append_fraction(line, micros, 6),
        },
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

#[cfg(test)]
mod tests;
