use crate::{Column, KeyPart, Origin, Table};
use dbha_sql::{counted_body, quote_literal};
use std::fmt::Write as _;

/// The key along which a table is cut into ranges: its primary key, or a unique one without NULLs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RangeKey {
    /// Name of the index.
    pub(crate) index: String,
    /// Its columns in order.
    pub(crate) parts: Vec<RangeKeyPart>,
}

/// One column of a [`RangeKey`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RangeKeyPart {
    /// The column.
    pub(crate) column: String,
    /// Whether the key runs downwards here.
    pub(crate) descending: bool,
    /// Its place among the columns that travel.
    place: usize,
    form: KeyForm,
}

/// How a value of a key is written as a literal that the server compares as it compares the column.
#[derive(Debug, Clone, PartialEq, Eq)]
enum KeyForm {
    Number {
        signed: bool,
    },
    /// Digits that come as a text: decimals.
    Digits,
    /// A text that the server reads as a date, a time or an address.
    Quoted,
    Moment,
    Bytes,
    /// Bytes in a character set; the column's collation decides.
    Text(String),
}

/// A place in a key: a literal for each of its columns.
pub(crate) type Bound = Vec<String>;

impl RangeKey {
    /// Finds the key of a table; `None` where it has none whose order the server can search by literals.
    pub(crate) fn of(table: &Table) -> Option<Self> {
        if !table.transactional || table.system_versioned || table.row_key.is_empty() {
            return None;
        }
        let part = |key: &KeyPart| {
            let (place, column) = table
                .carried()
                .enumerate()
                .find(|(_, column)| column.name == key.column)?;
            Some(RangeKeyPart {
                column: key.column.clone(),
                descending: key.descending,
                place,
                form: form_of(column).filter(|_| !key.prefix)?,
            })
        };
        Some(Self {
            index: table.row_key_index.clone(),
            parts: table.row_key.iter().map(part).collect::<Option<Vec<_>>>()?,
        })
    }

    /// Returns the places of the key's columns among those that travel.
    pub(crate) fn places(&self) -> impl Iterator<Item = usize> {
        self.parts.iter().map(|part| part.place)
    }

    /// Tells whether a bound that was written down is one of this key, and nothing else that a server would run.
    pub(crate) fn accepts(&self, bound: &Bound) -> bool {
        let parts = self.parts.iter().zip(bound);
        self.parts.len() == bound.len()
            && parts
                .into_iter()
                .all(|(part, literal)| part.form.accepts(literal))
    }

    /// Writes the values of a row's key as literals; `None` where one is not what its column promised.
    pub(crate) fn bound<'a>(&self, values: impl Iterator<Item = &'a [u8]>) -> Option<Bound> {
        self.parts
            .iter()
            .zip(values)
            .map(|(part, value)| part.form.literal(value))
            .collect()
    }
}

fn form_of(column: &Column) -> Option<KeyForm> {
    if column.origin != Origin::Written {
        return None;
    }
    let signed = !column.column_type.contains("unsigned");
    Some(match column.data_type.as_str() {
        "tinyint" | "smallint" | "mediumint" | "int" | "integer" | "bigint" => KeyForm::Number { signed },
        "year" => KeyForm::Number { signed: false },
        "decimal" | "numeric" => KeyForm::Digits,
        "date" | "datetime" | "timestamp" => KeyForm::Moment,
        // These travel as texts: see `ValueForm`.
        "time" | "uuid" | "inet6" | "inet4" => KeyForm::Quoted,
        "binary" | "varbinary" => KeyForm::Bytes,
        "char" | "varchar" => match column.charset.as_deref()? {
            "binary" => KeyForm::Bytes,
            charset
                if charset
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') =>
            {
                KeyForm::Text(charset.to_owned())
            }
            _ => return None,
        },
        _ => return None,
    })
}

impl KeyForm {
    /// Tells whether a text is a literal of this form.
    fn accepts(&self, literal: &str) -> bool {
        let between = |text: &str, before: &str| {
            let inner = text
                .strip_prefix(before)?
                .strip_prefix('\'')?
                .strip_suffix('\'')?;
            Some(inner.to_owned())
        };
        let hexadecimal = |prefix: &str| {
            let inner = between(literal, prefix);
            inner.is_some_and(|inner| inner.bytes().all(|byte| byte.is_ascii_hexdigit()))
        };
        let digits = |extra: char| {
            let plain = |c: char| c.is_ascii_digit() || c == '-' || c == extra;
            !literal.is_empty() && literal.chars().all(plain) && !literal.contains("--")
        };
        match self {
            KeyForm::Number { .. } => digits('-'),
            KeyForm::Digits => digits('.'),
            KeyForm::Quoted => between(literal, "_utf8mb4").is_some_and(|inner| inner.chars().all(is_plain)),
            KeyForm::Moment => between(literal, "").is_some_and(|inner| inner.chars().all(is_plain)),
            KeyForm::Bytes => hexadecimal("X"),
            KeyForm::Text(charset) => hexadecimal(&format!("_{charset} X")),
        }
    }

    /// Writes a value as it travels in the binary protocol as a literal.
    fn literal(&self, value: &[u8]) -> Option<String> {
        Some(match self {
            KeyForm::Number { signed } => number(value, *signed)?,
            KeyForm::Digits => {
                let text = std::str::from_utf8(counted_body(value)).ok()?;
                let plain = |c: char| c.is_ascii_digit() || matches!(c, '-' | '.');
                text.chars().all(plain).then(|| text.to_owned())?
            }
            // A literal of a session that speaks bytes would be taken for an address's own bytes.
            KeyForm::Quoted => {
                let text = std::str::from_utf8(counted_body(value)).ok()?;
                let plain = text.chars().all(is_plain);
                plain.then(|| format!("_utf8mb4{}", quote_literal(text)))?
            }
            KeyForm::Moment => format!("'{}'", moment(value)?),
            KeyForm::Bytes => format!("X'{}'", hexadecimal(counted_body(value))),
            KeyForm::Text(charset) => format!("_{charset} X'{}'", hexadecimal(counted_body(value))),
        })
    }
}

/// What the texts of dates, times and addresses consist of.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | ':' | ' ')
}

fn number(value: &[u8], signed: bool) -> Option<String> {
    let mut wide = [0; 8];
    wide.get_mut(..value.len())?.copy_from_slice(value);
    let unsigned = u64::from_le_bytes(wide);
    if !signed {
        return Some(unsigned.to_string());
    }
    let unused = 64 - 8 * u32::try_from(value.len()).ok()?;
    Some(((unsigned << unused) as i64 >> unused).to_string())
}

/// Writes a date, with a time where it has one: nothing, four, seven or eleven bytes behind their number.
fn moment(value: &[u8]) -> Option<String> {
    let (length, rest) = value.split_first()?;
    let at = |place: usize| rest.get(place).copied().unwrap_or(0);
    let year = u16::from_le_bytes([at(0), at(1)]);
    let mut text = format!("{year:04}-{:02}-{:02}", at(2), at(3));
    if *length != 4 {
        let _ = write!(text, " {:02}:{:02}:{:02}", at(4), at(5), at(6));
    }
    if *length > 7 {
        let micros = u32::from_le_bytes([at(7), at(8), at(9), at(10)]);
        let _ = write!(text, ".{micros:06}");
    }
    Some(text)
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ends_of_every_integer_are_written_exactly() {
        let signed = KeyForm::Number { signed: true };
        let unsigned = KeyForm::Number { signed: false };
        assert_eq!(
            signed.literal(&i64::MIN.to_le_bytes()).unwrap(),
            i64::MIN.to_string()
        );
        assert_eq!(
            unsigned.literal(&u64::MAX.to_le_bytes()).unwrap(),
            u64::MAX.to_string()
        );
        assert_eq!(signed.literal(&[0x80]).unwrap(), "-128");
        assert_eq!(signed.literal(&(-1_i16).to_le_bytes()).unwrap(), "-1");
        assert_eq!(signed.literal(&8_388_607_i32.to_le_bytes()).unwrap(), "8388607");
        assert_eq!(unsigned.literal(&[0xff]).unwrap(), "255");
        assert_eq!(signed.literal(&[0; 9]), None);
    }

    #[test]
    fn moments_are_written_as_the_server_does() {
        let write = |value: &[u8]| KeyForm::Moment.literal(value).unwrap();
        assert_eq!(write(&[4, 0xea, 7, 11, 25]), "'2026-11-25'");
        assert_eq!(write(&[0]), "'0000-00-00 00:00:00'");
        assert_eq!(write(&[7, 0xea, 7, 0, 0, 1, 2, 3]), "'2026-00-00 01:02:03'");
        assert_eq!(
            write(&[11, 0xea, 7, 11, 25, 1, 2, 3, 7, 0, 0, 0]),
            "'2026-11-25 01:02:03.000007'"
        );
    }

    #[test]
    fn nothing_leaves_its_quotes() {
        let text = KeyForm::Text("utf8mb4".into());
        assert_eq!(text.literal(b"\x02'\\").unwrap(), "_utf8mb4 X'275c'");
        assert_eq!(KeyForm::Bytes.literal(&[2, 0, 0xff]).unwrap(), "X'00ff'");
        assert_eq!(KeyForm::Digits.literal(b"\x041;--"), None);
        assert_eq!(KeyForm::Digits.literal(b"\x05-1.50").unwrap(), "-1.50");
        assert_eq!(KeyForm::Quoted.literal(b"\x03a'b"), None);
    }

    #[test]
    fn what_was_written_is_accepted_and_nothing_else() {
        let text = KeyForm::Text("utf8mb4".into());
        let number = KeyForm::Number { signed: true };
        assert!(text.accepts(&text.literal(b"\x02'\\").unwrap()));
        assert!(number.accepts("-128") && KeyForm::Digits.accepts("-1.50"));
        assert!(KeyForm::Moment.accepts("'2026-11-25 01:02:03.000007'"));
        assert!(KeyForm::Quoted.accepts("_utf8mb4'2001:db8::1'") && KeyForm::Bytes.accepts("X''"));
        for hostile in [
            "1 OR 1",
            "1--",
            "",
            "X'00' OR 1",
            "'a' OR 'b'",
            "_utf8mb4 X'00'",
            "'\\'",
            "1)",
        ] {
            for form in [
                &number,
                &KeyForm::Digits,
                &KeyForm::Moment,
                &KeyForm::Quoted,
                &KeyForm::Bytes,
            ] {
                assert!(!form.accepts(hostile), "{form:?} {hostile}");
            }
        }
        assert!(!text.accepts("_latin1 X'00'"));
        assert_eq!(KeyForm::Quoted.literal(b"\x03::1").unwrap(), "_utf8mb4'::1'");
    }
}
