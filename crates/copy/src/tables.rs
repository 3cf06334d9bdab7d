use crate::{
    CopyError, CopyOptions, Table,
    copied_ranges::CopiedRange,
    definer::Definer,
    definitions::{Definitions, read_table},
    statements,
    table_definition::{SplitTable, split, with_inherited_collations, without_counter},
};
use dbha_sql::DataSession;
use std::{sync::Arc, time::Duration};

/// A table that stands empty on the target and waits for its rows.
#[derive(Debug, Clone)]
pub(crate) struct WaitingTable {
    /// The table.
    pub(crate) table: Arc<Table>,
    /// What is still missing of its definition.
    pub(crate) later: Option<SplitTable>,
    /// What an earlier run has stored of it; `None` where the table is new and empty.
    pub(crate) kept: Option<Vec<CopiedRange>>,
    /// The number that it generates next on the source.
    pub(crate) counter: Option<u64>,
}

/// Creates one table as the source defines it, without the keys that are cheaper to build after the rows.
pub(crate) async fn create(
    definer: &mut Definer,
    table: &Table,
    definitions: &Definitions,
    options: &CopyOptions,
) -> Result<WaitingTable, CopyError> {
    let key = (table.schema.clone(), table.name.clone());
    let whole = definitions
        .tables
        .get(&key)
        .map(String::as_str)
        .unwrap_or_default();
    let large = table.transactional && table.bytes_estimate >= options.indexes_after_from_bytes;
    let later = match split(whole).filter(|_| large) {
        Some(pieces) if pieces_make(definer, table, &pieces, whole).await? => Some(pieces),
        _ => None,
    };
    let create = later.as_ref().map_or(whole, |pieces| pieces.base.as_str());
    define(definer, table, create).await?;
    Ok(WaitingTable {
        table: Arc::new(table.clone()),
        later,
        kept: None,
        counter: None,
    })
}

/// Tries on the empty target whether the pieces of a definition make the table that the whole makes.
async fn pieces_make(
    definer: &mut Definer,
    table: &Table,
    pieces: &SplitTable,
    whole: &str,
) -> Result<bool, CopyError> {
    define(definer, table, &pieces.base).await?;
    let equal = match add_all(definer, table, pieces).await {
        Ok(()) => {
            let tried = read_table(&mut definer.session, &table.schema, &table.name).await?;
            without_counter(&tried) == without_counter(whole)
        }
        Err(_) => false,
    };
    let drop = statements::clear::drop_table(&table.schema, &table.name);
    definer.run(&drop).await.map_err(CopyError::doing(format!(
        "trying the definition of {}",
        table.shown()
    )))?;
    Ok(equal)
}

async fn add_all(
    definer: &mut Definer,
    table: &Table,
    pieces: &SplitTable,
) -> Result<(), dbha_sql::SqlError> {
    for lines in [&pieces.keys, &pieces.foreign_keys] {
        if !lines.is_empty() {
            let add = statements::definitions::add_to_table(&table.schema, &table.name, lines);
            definer.run(&add).await?;
        }
    }
    Ok(())
}

async fn define(definer: &mut Definer, table: &Table, create: &str) -> Result<(), CopyError> {
    let doing = || CopyError::doing(format!("creating {}", table.shown()));
    let create = with_inherited_collations(create);
    definer
        .run(&statements::definitions::enter(&table.schema))
        .await
        .map_err(doing())?;
    definer
        .run(&statements::definitions::as_given(&create))
        .await
        .map_err(doing())
}

/// Longest wait for the keys of one table.
const KEYS_WITHIN: Duration = Duration::from_secs(7 * 86_400);

/// Builds the keys that a table was created without.
pub(crate) async fn add_keys(loader: &mut DataSession, waiting: &WaitingTable) -> Result<(), CopyError> {
    raise_counter(loader, waiting).await?;
    let Some(pieces) = waiting.later.as_ref().filter(|pieces| !pieces.keys.is_empty()) else {
        return Ok(());
    };
    let table = &waiting.table;
    let add = statements::definitions::add_to_table(&table.schema, &table.name, &pieces.keys);
    let added = loader.execute_within(&add, KEYS_WITHIN).await;
    added.map(drop).map_err(CopyError::doing(format!(
        "building the keys of {}",
        table.shown()
    )))
}

/// A table of an earlier run was made when its source had generated fewer numbers.
async fn raise_counter(loader: &mut DataSession, waiting: &WaitingTable) -> Result<(), CopyError> {
    let Some(next) = waiting.counter else {
        return Ok(());
    };
    let table = &waiting.table;
    let raise = statements::definitions::raise_generated_number(&table.schema, &table.name, next);
    let raised = loader.execute_within(&raise, KEYS_WITHIN).await;
    raised.map(drop).map_err(CopyError::doing(format!(
        "keeping the counter of {}",
        table.shown()
    )))
}

/// Adds the foreign keys of a table; with the checks off that reads no row.
pub(crate) async fn add_foreign_keys(definer: &mut Definer, waiting: &WaitingTable) -> Result<(), CopyError> {
    let Some(pieces) = waiting
        .later
        .as_ref()
        .filter(|pieces| !pieces.foreign_keys.is_empty())
    else {
        return Ok(());
    };
    let table = &waiting.table;
    let add = statements::definitions::add_to_table(&table.schema, &table.name, &pieces.foreign_keys);
    definer.run(&add).await.map_err(CopyError::doing(format!(
        "adding the foreign keys of {}",
        table.shown()
    )))
}
