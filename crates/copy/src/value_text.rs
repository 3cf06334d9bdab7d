use std::io;

/// The flag of a number without a sign.
const UNSIGNED: u8 = 128;

/// Appends a whole number of the binary protocol, by the flags of its column.
pub(crate) fn append_integer(text: &mut Vec<u8>, value: &[u8], flags: u8) -> io::Result<()> {
    let mut digits = itoa::Buffer::new();
    let digits = match flags & UNSIGNED != 0 {
        true => digits.format(u64::from_le_bytes(widened(value, 0)?)),
        false => digits.format(i64::from_le_bytes(widened(value, sign_of(value))?)),
    };
    text.extend_from_slice(digits.as_bytes());
    Ok(())
}

/// Appends a year in four digits.
pub(crate) fn append_year(text: &mut Vec<u8>, value: &[u8]) -> io::Result<()> {
    let year = u64::from_le_bytes(widened(value, 0)?);
    append_four_digits(text, u16::try_from(year).map_err(|_| unlike("year"))?);
    Ok(())
}

/// Appends a date.
pub(crate) fn append_date(text: &mut Vec<u8>, value: &[u8]) -> io::Result<()> {
    append_date_of(text, &parts_of(value)?);
    Ok(())
}

/// Appends a date and a time to the second; returns the millionths behind it.
pub(crate) fn append_moment(text: &mut Vec<u8>, value: &[u8]) -> io::Result<u32> {
    let parts = parts_of(value)?;
    append_date_of(text, &parts);
    for (part, before) in parts[4..7].iter().zip(*b" ::") {
        text.push(before);
        text.extend_from_slice(&two_digits(*part));
    }
    Ok(u32::from_le_bytes([parts[7], parts[8], parts[9], parts[10]]))
}

/// Appends the first digits, at most six, of the millionths of a second, behind a point; nothing for none.
pub(crate) fn append_fraction(text: &mut Vec<u8>, micros: u32, digits: usize) {
    if digits == 0 {
        return;
    }
    text.push(b'.');
    for pair in [micros / 10_000, micros / 100 % 100, micros % 100] {
        // More than six digits are no millionths; as two digits they are none either.
        text.extend_from_slice(&two_digits(u8::try_from(pair).unwrap_or(u8::MAX)));
    }
    text.truncate(text.len() - 6 + digits.min(6));
}

/// Says of which kind a value is not.
pub(crate) fn unlike(kind: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("the server sent a value that is no {kind}"),
    )
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
        _ => return Err(unlike("whole number")),
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
        _ => Err(unlike("date")),
    }
}

fn append_date_of(text: &mut Vec<u8>, parts: &[u8; 11]) {
    append_four_digits(text, u16::from_le_bytes([parts[0], parts[1]]));
    for part in &parts[2..4] {
        text.push(b'-');
        text.extend_from_slice(&two_digits(*part));
    }
}

fn append_four_digits(text: &mut Vec<u8>, number: u16) {
    for pair in [number / 100, number % 100] {
        text.extend_from_slice(&two_digits(u8::try_from(pair).unwrap_or(u8::MAX)));
    }
}

/// What is no two digits is none of a date either: the server refuses it.
fn two_digits(number: u8) -> [u8; 2] {
    match number {
        0..=99 => [b'0' + number / 10, b'0' + number % 10],
        _ => *b"??",
    }
}
