//! What a chunk holds, once it is decompressed: a head with the columns' types, then rows as they came from the source,
//! each behind its length.

use dbha_sql::Parameter;

/// Begins every chunk; the last byte is the form.
pub(super) const MAGIC: [u8; 8] = *b"dbhaROW\x01";
/// Bytes of a row's length.
pub(super) const LENGTH_BYTES: usize = 4;
/// Bytes of rows that travel together within dbha.
pub(super) const BLOCK_BYTES: usize = 256 << 10;
/// The longest row that a server can send.
pub(super) const LONGEST_ROW: u64 = 1 << 30;
/// A window beyond this is refused: it is the memory that a decompressor takes. Level 3 uses 2 MiB.
pub(super) const WINDOW_LOG: u32 = 23;
/// The fastest of the ordinary levels: a dump holds the snapshot open for as long as it takes.
pub(super) const LEVEL: i32 = 1;

/// Writes the head of a chunk.
pub(super) fn head(types: &[Parameter]) -> Vec<u8> {
    let mut head = MAGIC.to_vec();
    // A table has at most 4,096 columns.
    head.extend_from_slice(&(types.len() as u16).to_le_bytes());
    types
        .iter()
        .for_each(|parameter| head.extend_from_slice(&[parameter.kind, parameter.flags]));
    head
}

/// Reads the types of columns from what follows their number.
pub(super) fn types_of(bytes: &[u8]) -> Vec<Parameter> {
    bytes
        .chunks_exact(2)
        .map(|pair| Parameter::of_column(pair[0], pair[1] & 128 != 0))
        .collect()
}

/// Appends a row to a block.
pub(super) fn append(block: &mut Vec<u8>, row: &[u8]) {
    block.extend_from_slice(&(row.len() as u32).to_le_bytes());
    block.extend_from_slice(row);
}

/// Walks over the rows of a block.
pub(super) fn rows_of(block: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = block;
    std::iter::from_fn(move || {
        let (length, after) = rest.split_first_chunk::<LENGTH_BYTES>()?;
        let (row, after) = after.split_at_checked(u32::from_le_bytes(*length) as usize)?;
        rest = after;
        Some(row)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_the_same_after_a_way_through_a_file() {
        for kind in 0..=255 {
            for unsigned in [false, true] {
                let sent = Parameter::of_column(kind, unsigned);
                assert_eq!(types_of(&head(&[sent])[10..]), [sent], "{kind}");
            }
        }
    }

    #[test]
    fn rows_come_out_as_they_went_in() {
        let mut block = vec![];
        let rows: [&[u8]; 3] = [b"\0one", b"", b"\0three"];
        rows.iter().for_each(|row| append(&mut block, row));
        assert_eq!(rows_of(&block).collect::<Vec<_>>(), rows);
        assert_eq!(rows_of(&block[..block.len() - 1]).count(), 2);
    }
}
