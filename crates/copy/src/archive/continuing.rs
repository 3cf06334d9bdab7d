//! What an interrupted load left on a server: what of it is proven stays, and all else goes.

use super::{
    load_queue::TableToLoad,
    load_workers::{piece_of, proof_of},
    manifest::Chunk,
};
use crate::{
    CopyError, Inventory, Table,
    checksum::one_side,
    definitions::read_table,
    filling::Filling,
    picture::Picture,
    schedule::Tally,
    statements,
    table_definition::{SplitTable, missing},
    tables::WaitingTable,
};
use dbha_sql::{DBHA_SCHEMA, DataSession, Dialect, Statement};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};
use tokio::task::JoinSet;

/// Tables by schema and name.
type ByName<T> = HashMap<(String, String), T>;
/// What a table lacks of its definition; `None` where it lacks nothing.
pub(super) type Lacks = Option<SplitTable>;

/// Drops what is not on its way to what a picture shows, and tells of each table that stays what it lacks.
///
/// Everything but tables is dropped and made anew: it is small, and triggers must not fire while rows are loaded.
pub(super) async fn tidy(filling: &mut Filling<'_>, picture: &Picture) -> Result<ByName<Lacks>, CopyError> {
    let have = Inventory::take(&mut filling.definer.session).await?;
    for object in &have.objects {
        let drop = statements::clear::drop_object(object.kind, &object.schema, &object.name);
        run(filling, &drop).await?;
    }
    let wanted = &picture.inventory.schemas;
    let foreign = |schema: &&String| !wanted.contains(schema) && *schema != DBHA_SCHEMA;
    for schema in have.schemas.iter().filter(foreign) {
        run(filling, &statements::clear::drop_schema(schema)).await?;
    }
    let mut stays = HashMap::new();
    for table in have.tables.iter().filter(|table| !foreign(&&table.schema)) {
        let key = (table.schema.clone(), table.name.clone());
        let lacks = match picture.definitions.tables.get(&key) {
            // A sequence that a default draws from is made anew, and the table cannot be opened meanwhile.
            Some(create) if !create.contains("nextval(") => {
                let now = read_table(&mut filling.definer.session, &table.schema, &table.name).await?;
                missing(&now, create)
            }
            _ => None,
        };
        match lacks {
            Some(lacks) => drop(stays.insert(key, lacks)),
            None => {
                run(
                    filling,
                    &statements::clear::drop_table(&table.schema, &table.name),
                )
                .await?
            }
        }
    }
    Ok(stays)
}

/// Gives every schema the collation that it had: a run that was killed may have left another one.
pub(super) async fn set_schemas_right(filling: &mut Filling<'_>, picture: &Picture) -> Result<(), CopyError> {
    for (schema, create) in &picture.definitions.schemas {
        if let Some(alter) = statements::definitions::alter_as_created(schema, create) {
            run(filling, &alter).await?;
        }
    }
    Ok(())
}

async fn run(filling: &mut Filling<'_>, statement: &Statement) -> Result<(), CopyError> {
    let doing = CopyError::doing("taking up an interrupted load");
    filling.definer.run(statement).await.map_err(doing)
}

/// A table that stays, with what is known of it.
struct Remains {
    table: Arc<Table>,
    chunks: Vec<Chunk>,
    lacks: Lacks,
}

/// Proves the chunks of the tables that stay; returns what is left to load of each, and the tables that hold anything
/// else than whole chunks.
pub(super) async fn prove_remains(
    loaders: Vec<DataSession>,
    source: Dialect,
    tables: Vec<(Table, Vec<Chunk>, Lacks)>,
) -> Result<(Vec<DataSession>, Vec<TableToLoad>, Vec<Table>), CopyError> {
    let remains = tables.into_iter().map(|(table, chunks, lacks)| Remains {
        table: Arc::new(table),
        chunks,
        lacks,
    });
    let queue: Arc<Mutex<VecDeque<Remains>>> = Arc::new(Mutex::new(remains.collect()));
    let mut running = JoinSet::new();
    for mut loader in loaders {
        let queue = queue.clone();
        running.spawn(async move {
            let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
            let mut judged = vec![];
            while let Some(remains) = next() {
                judged.push(judge(&mut loader, source, remains).await?);
            }
            Ok::<_, CopyError>((loader, judged))
        });
    }
    let (mut loaders, mut left, mut anew) = (vec![], vec![], vec![]);
    while let Some(ended) = running.join_next().await {
        // Only a panic inside ends a worker otherwise.
        let (loader, judged) = ended.map_err(|_| CopyError::Cancelled)??;
        loaders.push(loader);
        for one in judged {
            match one {
                Ok(to_load) => left.push(to_load),
                Err(table) => anew.push(table),
            }
        }
    }
    Ok((loaders, left, anew))
}

/// Asks for every chunk whether it is there, is not there, or something else is.
async fn judge(
    loader: &mut DataSession,
    source: Dialect,
    remains: Remains,
) -> Result<Result<TableToLoad, Table>, CopyError> {
    let mut left = TableToLoad {
        waiting: WaitingTable {
            table: remains.table.clone(),
            later: remains.lacks,
            kept: None,
            counter: None,
        },
        chunks: vec![],
        proven: 0,
        done: Tally::default(),
    };
    for chunk in remains.chunks {
        let have = one_side(loader, &piece_of(&remains.table, &chunk), source).await?;
        if have == proof_of(&chunk) {
            left.proven += 1;
            left.done.add(Tally {
                rows: chunk.rows,
                bytes: chunk.raw_bytes,
                sum: have.sum,
                kept: chunk.rows,
                ranges: 1,
            });
        } else if have.rows == 0 {
            left.chunks.push(chunk);
        } else {
            return Ok(Err(Table::clone(&remains.table)));
        }
    }
    Ok(Ok(left))
}
