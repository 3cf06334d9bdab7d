//! Whether a manifest is of one piece: everything that a load relies on, whoever wrote it.

use super::{
    chunk_format::{LENGTH_BYTES, LONGEST_ROW},
    manifest::{Chunk, Manifest},
};
use crate::{
    ObjectKind, Table,
    range_key::{Bound, RangeKey},
};
use std::collections::HashSet;

/// Schemas that belong to every server itself.
const SYSTEM: [&str; 5] = ["mysql", "information_schema", "performance_schema", "sys", ""];

/// Returns what is wrong with a manifest; its hash was right.
pub(super) fn fault_of(manifest: &Manifest) -> Option<String> {
    let inventory = &manifest.inventory;
    let sequences = inventory.objects_of(ObjectKind::Sequence).count();
    if manifest.tables.len() != inventory.tables.len()
        || manifest.objects.len() != inventory.objects.len()
        || manifest.schemas.len() != inventory.schemas.len()
        || manifest.sequences.len() != sequences
    {
        return Some("its lists are of different lengths".into());
    }
    let schemas: HashSet<&str> = manifest.schemas.iter().map(|(name, _)| name.as_str()).collect();
    let is_system = |name: &&str| SYSTEM.iter().any(|system| system.eq_ignore_ascii_case(name));
    if let Some(system) = schemas.iter().find(|name| is_system(name)) {
        return Some(format!("it names the server's own schema {system:?}"));
    }
    let of_tables = inventory.tables.iter().map(|table| table.schema.as_str());
    let of_objects = inventory.objects.iter().map(|object| object.schema.as_str());
    if let Some(stray) = of_tables
        .chain(of_objects)
        .find(|schema| !schemas.contains(schema))
    {
        return Some(format!("it does not know the schema {stray:?}"));
    }
    let unreadable = |(next, _): &(String, u64)| next.parse::<i128>().is_err();
    if manifest.sequences.iter().any(unreadable)
        || manifest
            .objects
            .iter()
            .any(|object| object.create.bytes().is_none())
    {
        return Some("a number or a statement in it cannot be read".into());
    }
    fault_of_tables(manifest)
}

fn fault_of_tables(manifest: &Manifest) -> Option<String> {
    let (mut names, mut files) = (HashSet::new(), HashSet::new());
    for (table, stored) in manifest.inventory.tables.iter().zip(&manifest.tables) {
        if !names.insert((&table.schema, &table.name)) {
            return Some(format!("it names {} twice", table.shown()));
        }
        let wrong = stored.chunks.iter().find_map(fault_of_chunk);
        let wrong = wrong.or_else(|| fault_of_chain(table, &stored.chunks));
        if let Some(wrong) = wrong {
            return Some(format!("{}: {wrong}", table.shown()));
        }
        if let Some(twice) = stored
            .chunks
            .iter()
            .filter_map(|chunk| chunk.file)
            .find(|file| !files.insert(*file))
        {
            return Some(format!("it names chunk {twice} twice"));
        }
    }
    None
}

fn fault_of_chunk(chunk: &Chunk) -> Option<&'static str> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let most = chunk
        .longest_row
        .saturating_add(LENGTH_BYTES as u64)
        .saturating_mul(chunk.rows);
    let sound = chunk.file.is_some() == (chunk.rows > 0)
        && chunk.longest_row <= LONGEST_ROW
        && chunk.raw_bytes <= most
        && chunk.checksum.parse::<u128>().is_ok()
        && (chunk.file.is_none() || (chunk.sha256.len() == 64 && digits(&chunk.sha256)));
    (!sound).then_some("the figures of a chunk do not fit together")
}

/// The chunks of a table must reach from the beginning of its key to the end without a gap.
fn fault_of_chain(table: &Table, chunks: &[Chunk]) -> Option<&'static str> {
    let key = RangeKey::of(table);
    let fits = |bound: &Bound| key.as_ref().is_some_and(|key| key.accepts(bound));
    let mut reached = None;
    let mut open = true;
    for chunk in chunks {
        if !open || chunk.after != reached || !chunk.through.iter().all(fits) {
            return Some("its chunks do not follow on one another");
        }
        open = chunk.through.is_some();
        reached = chunk.through.clone();
    }
    open.then_some("its chunks do not reach its end")
}

/// Puts the chunks of one table into the order of its key.
pub(super) fn in_order(mut chunks: Vec<Chunk>) -> Vec<Chunk> {
    let mut ordered: Vec<Chunk> = vec![];
    let mut reached = None;
    while let Some(at) = chunks.iter().position(|chunk| chunk.after == reached) {
        let next = chunks.swap_remove(at);
        reached = next.through.clone();
        ordered.push(next);
        if reached.is_none() {
            break;
        }
    }
    // Whatever does not fit makes the manifest unsound, and is seen by whoever judges it.
    ordered.append(&mut chunks);
    ordered
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::table_with_key;

    fn chunk(after: Option<&str>, through: Option<&str>) -> Chunk {
        let bound = |text: &str| vec![text.to_owned()];
        Chunk {
            file: Some(1),
            after: after.map(bound),
            through: through.map(bound),
            rows: 2,
            checksum: "7".into(),
            raw_bytes: 20,
            longest_row: 6,
            file_bytes: 10,
            sha256: "0".repeat(64),
        }
    }

    #[test]
    fn chunks_reach_from_one_end_of_the_key_to_the_other() {
        let table = table_with_key(&[("id", "int", false)]);
        let (first, middle, last) = (
            chunk(None, Some("5")),
            chunk(Some("5"), Some("9")),
            chunk(Some("9"), None),
        );
        let ordered = in_order(vec![last.clone(), middle.clone(), first.clone()]);
        assert_eq!(ordered, [first.clone(), middle.clone(), last.clone()]);
        assert_eq!(fault_of_chain(&table, &ordered), None);
        assert_eq!(fault_of_chain(&table, &[chunk(None, None)]), None);
        for wrong in [
            vec![],
            vec![first.clone()],
            vec![first.clone(), last.clone()],
            vec![first.clone(), middle.clone(), middle.clone(), last.clone()],
            vec![first.clone(), middle, last, chunk(None, None)],
            vec![
                chunk(None, Some("1 OR SLEEP(9)")),
                chunk(Some("1 OR SLEEP(9)"), None),
            ],
        ] {
            assert!(fault_of_chain(&table, &wrong).is_some(), "{wrong:?}");
        }
        let without = table_with_key(&[("d", "double", false)]);
        assert!(fault_of_chain(&without, &ordered).is_some());
    }

    #[test]
    fn figures_that_cannot_be_are_refused() {
        assert_eq!(fault_of_chunk(&chunk(None, None)), None);
        let with = |change: fn(&mut Chunk)| {
            let mut chunk = chunk(None, None);
            change(&mut chunk);
            fault_of_chunk(&chunk)
        };
        assert!(with(|chunk| chunk.longest_row = u64::MAX).is_some());
        assert!(with(|chunk| chunk.raw_bytes = u64::MAX).is_some());
        assert!(with(|chunk| chunk.file = None).is_some());
        assert!(with(|chunk| chunk.rows = 0).is_some());
        assert!(with(|chunk| chunk.checksum = "-1".into()).is_some());
        assert!(with(|chunk| chunk.sha256 = "../../etc/passwd".into()).is_some());
    }
}
