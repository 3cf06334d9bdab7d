//! What of a copy that was cut off stays on the target, and goes on.

use crate::{
    CopyError, Inventory, Object, Table, clear,
    copied_ranges::{self, CopiedRange, CopiedRanges},
    definer::Definer,
    definitions::Definitions,
    picture::Picture,
    piece::Piece,
    sessions::{Sessions, Side},
    statements,
    table_definition::{SplitTable, counter, missing},
};
use dbha_sql::{DBHA_SCHEMA, SessionProfile, Statement};
use std::collections::HashMap;

/// A table of an earlier run that stays.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct KeptTable {
    /// What is still missing of its definition.
    pub(crate) later: Option<SplitTable>,
    /// What was stored of it.
    pub(crate) ranges: Vec<CopiedRange>,
    /// The number that it generates next on the source.
    pub(crate) counter: Option<u64>,
}

/// The tables that stay, by schema and name.
pub(crate) type Continuation = HashMap<(String, String), KeptTable>;

/// Drops from the target what an earlier copy left there and cannot be gone on with, and returns the rest.
///
/// Rows are not looked at here: each range is proven against the new snapshot before it counts.
pub(crate) async fn prepare(
    sessions: &Sessions,
    definer: &mut Definer,
    picture: &Picture,
) -> Result<Continuation, CopyError> {
    let mut session = sessions.open(Side::Target, SessionProfile::Reader).await?;
    let mut noted = copied_ranges::read(&mut session).await?;
    if noted.is_empty() {
        session.close().await;
        clear(&mut definer.session).await?;
        return Ok(Continuation::new());
    }
    let inventory = Inventory::take(&mut session).await?;
    let have = Definitions::read(&mut session, &inventory).await?;
    session.close().await;
    let continuation = choose(picture, &have, &mut noted);
    for statement in to_drop(picture, &inventory, &have, &continuation) {
        definer
            .run(&statement)
            .await
            .map_err(CopyError::doing("clearing what an earlier copy left"))?;
    }
    Ok(continuation)
}

/// Chooses the tables that are what they ought to be, with the ranges that are noted of them.
fn choose(picture: &Picture, have: &Definitions, noted: &mut CopiedRanges) -> Continuation {
    let mut kept = Continuation::new();
    for table in &picture.inventory.tables {
        let key = (table.schema.clone(), table.name.clone());
        let texts = have.tables.get(&key).zip(picture.definitions.tables.get(&key));
        let ranges = noted.remove(&key);
        let same_schema = same_schema(picture, have, &table.schema);
        if let (Some((have, wanted)), Some(ranges), true) = (texts, ranges, same_schema)
            && let Some(table) = keep(table, (have, wanted), ranges)
        {
            kept.insert(key, table);
        }
    }
    kept
}

fn keep(table: &Table, (have, wanted): (&str, &str), ranges: Vec<CopiedRange>) -> Option<KeptTable> {
    // A sequence that a default draws from is made anew, and must not be missing meanwhile.
    if !table.keeps_ranges() || wanted.contains("nextval(") {
        return None;
    }
    let later = missing(have, wanted)?;
    let pieces = Piece::first_of(&std::sync::Arc::new(table.clone()));
    let fits = |range: &CopiedRange| {
        let piece = pieces.iter().find(|piece| piece.partition == range.partition);
        let mut bounds = range.after.iter().chain(&range.through);
        match piece.map(|piece| piece.key.as_ref()) {
            Some(Some(key)) => bounds.all(|bound| key.accepts(bound)),
            Some(None) => bounds.next().is_none(),
            None => false,
        }
    };
    // A table that is read in one go is there as a whole, or not at all.
    let cannot_be_cut = |piece: &Piece| piece.key.is_none();
    let all_whole = || {
        pieces
            .iter()
            .all(|piece| ranges.iter().any(|range| range.partition == piece.partition))
    };
    if !ranges.iter().all(fits) || (pieces.iter().any(cannot_be_cut) && !all_whole()) {
        return None;
    }
    Some(KeptTable {
        later,
        counter: counter(wanted),
        ranges,
    })
}

fn same_schema(picture: &Picture, have: &Definitions, schema: &str) -> bool {
    let of = |definitions: &Definitions| {
        let mut all = definitions.schemas.iter();
        all.find(|(name, _)| name == schema)
            .map(|(_, create)| create.clone())
    };
    let wanted = of(&picture.definitions);
    wanted.is_some() && wanted == of(have)
}

/// Lists what goes: schemas and tables that are others now, and everything that is no table.
fn to_drop(
    picture: &Picture,
    inventory: &Inventory,
    have: &Definitions,
    kept: &Continuation,
) -> Vec<Statement> {
    let stays = |schema: &str| schema == DBHA_SCHEMA || same_schema(picture, have, schema);
    let schemas = inventory.schemas.iter().filter(|schema| !stays(schema));
    let mut all: Vec<Statement> = schemas
        .map(|schema| statements::clear::drop_schema(schema))
        .collect();
    let drop = |object: &Object| statements::clear::drop_object(object.kind, &object.schema, &object.name);
    let objects = inventory.objects.iter().filter(|object| stays(&object.schema));
    all.extend(objects.map(drop));
    for table in inventory.tables.iter().filter(|table| stays(&table.schema)) {
        let key = (table.schema.clone(), table.name.clone());
        if !kept.contains_key(&key) {
            all.push(statements::clear::drop_table(&table.schema, &table.name));
        }
    }
    // What was noted of tables that are dropped, or were dropped before this run, says nothing of those to come.
    let gone = picture.inventory.tables.iter().filter(|table| {
        let key = (table.schema.clone(), table.name.clone());
        !kept.contains_key(&key)
    });
    all.extend(gone.map(|table| statements::copied_ranges::forget_table(&table.schema, &table.name)));
    all
}
