use crate::{
    difference::KeyValue,
    range_key::{Bound, RangeKey},
};
use dbha_sql::is_unprintable;

/// Character sets whose bytes are read here; all others stay hexadecimal.
const UTF8: [&str; 4] = ["_utf8mb4", "_utf8mb3", "_utf8", "_ascii"];

/// Writes the key of a row so that a person can read it and a statement can use it.
pub(crate) fn shown_key(key: &RangeKey, row: &Bound) -> Vec<KeyValue> {
    let parts = key.parts.iter().zip(row);
    parts
        .map(|(part, literal)| KeyValue {
            column: part.column.clone(),
            value: readable(literal).unwrap_or_else(|| literal.clone()),
        })
        .collect()
}

/// Turns `_utf8mb4 X'6162'` into `'ab'`, where the text means the same so.
fn readable(literal: &str) -> Option<String> {
    let (charset, digits) = literal.split_once(" X'")?;
    let digits = digits.strip_suffix('\'')?.as_bytes();
    let byte = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    let bytes: Vec<u8> = digits.chunks(2).map(byte).collect::<Option<_>>()?;
    let wide = ["_ucs2", "_utf16", "_utf16le", "_utf32"].contains(&charset);
    if wide || !(UTF8.contains(&charset) || bytes.is_ascii()) {
        return None;
    }
    let text = String::from_utf8(bytes).ok()?;
    let plain = |c: char| c != '\\' && !is_unprintable(c);
    text.chars()
        .all(plain)
        .then(|| format!("'{}'", text.replace('\'', "''")))
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn texts_are_read_where_that_is_certain() {
        assert_eq!(readable("_utf8mb4 X'61c3a9'").unwrap(), "'aé'");
        assert_eq!(readable("_latin1 X'6162'").unwrap(), "'ab'");
        assert_eq!(readable("_utf8mb4 X'612762'").unwrap(), "'a''b'");
        for kept in [
            "_latin1 X'e9'",
            "_utf16 X'00610062'",
            "_utf8mb4 X'615c'",
            "_utf8mb4 X'1b'",
            "X'00ff'",
            "12",
        ] {
            assert_eq!(readable(kept), None, "{kept}");
        }
    }
}
