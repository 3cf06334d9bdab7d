use super::{binary_row::counted, packets::malformed};
use crate::Row;
use std::{io, sync::Arc};

/// Reads the values of a row of the text protocol.
pub(super) fn row(packet: &[u8], names: &Arc<[String]>) -> io::Result<Row> {
    let mut rest = packet;
    let mut values = Vec::with_capacity(names.len());
    for _ in 0..names.len() {
        if let Some(after) = rest.strip_prefix(&[0xfb]) {
            values.push(None);
            rest = after;
            continue;
        }
        let length = counted(rest).ok_or_else(|| malformed("a length that is none"))?;
        let value = rest
            .get(length.head..length.total())
            .ok_or_else(|| malformed("a row that ends early"))?;
        values.push(Some(String::from_utf8_lossy(value).into_owned()));
        rest = &rest[length.total()..];
    }
    Ok(Row::new(names.clone(), values))
}
