use crate::{
    CopyError, Inventory, Object, ObjectKind,
    raw_rows::{RawRow, raw_rows},
    statements::{self, definitions::Surroundings},
};
use dbha_sql::{Session, Statement};
use std::collections::HashMap;

/// The texts by which everything on a server is created again.
#[derive(Debug, Default)]
pub(crate) struct Definitions {
    /// `CREATE DATABASE` by schema.
    pub(crate) schemas: Vec<(String, String)>,
    /// `CREATE TABLE` by schema and name.
    pub(crate) tables: HashMap<(String, String), String>,
    /// Everything else, in the order of the inventory.
    pub(crate) objects: Vec<ObjectDefinition>,
}

/// The text by which one stored object is created again, and the surroundings that it needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ObjectDefinition {
    /// What it is.
    pub(crate) object: Object,
    /// The statement, in the character set in which it was made.
    pub(crate) create: Vec<u8>,
    /// What the session must be like.
    pub(crate) surroundings: Surroundings,
}

impl Definitions {
    /// Reads the definitions of everything in an inventory; the session must receive raw bytes.
    ///
    /// Nothing of it is in a snapshot, so DDL must be locked out meanwhile.
    pub(crate) async fn read(session: &mut Session, inventory: &Inventory) -> Result<Self, CopyError> {
        let mut found = Self::default();
        for schema in &inventory.schemas {
            let row = one(session, &statements::definitions::show_schema(schema), schema).await?;
            let create = text(&row, "Create Database", session, schema)?;
            found.schemas.push((schema.clone(), create));
        }
        for table in &inventory.tables {
            let create = read_table(session, &table.schema, &table.name).await?;
            found
                .tables
                .insert((table.schema.clone(), table.name.clone()), create);
        }
        for object in &inventory.objects {
            found.objects.push(read_object(session, object).await?);
        }
        Ok(found)
    }
}

/// Reads how one table is created.
pub(crate) async fn read_table(session: &mut Session, schema: &str, name: &str) -> Result<String, CopyError> {
    let shown = format!("{schema}.{name}");
    let row = one(
        session,
        &statements::definitions::show_table(schema, name),
        &shown,
    )
    .await?;
    text(&row, "Create Table", session, &shown)
}

async fn read_object(session: &mut Session, object: &Object) -> Result<ObjectDefinition, CopyError> {
    let shown = object.shown();
    let row = one(session, &statements::definitions::show_object(object), &shown).await?;
    let create = row
        .bytes_beginning("Create ")
        .or_else(|| row.bytes("SQL Original Statement"))
        .ok_or_else(|| unreadable(session, &shown))?
        .to_vec();
    let mut surroundings = Surroundings {
        sql_mode: row.text("sql_mode"),
        client_charset: row.text("character_set_client"),
        connection_collation: row.text("collation_connection"),
        database_collation: row.text("Database Collation"),
        time_zone: row.text("time_zone"),
        created: None,
    };
    if object.kind == ObjectKind::Event {
        let asked = statements::definitions::event_created(&object.schema, &object.name);
        let second = session
            .query_value(&asked)
            .await
            .map_err(CopyError::doing(format!("reading {shown}")))?;
        surroundings.created = second.and_then(|second| second.split('.').next()?.parse().ok());
    }
    Ok(ObjectDefinition {
        object: object.clone(),
        create,
        surroundings,
    })
}

async fn one(session: &mut Session, statement: &Statement, what: &str) -> Result<RawRow, CopyError> {
    let rows = raw_rows(session, statement)
        .await
        .map_err(CopyError::reading(what))?;
    rows.into_iter().next().ok_or_else(|| unreadable(session, what))
}

fn text(row: &RawRow, name: &str, session: &Session, what: &str) -> Result<String, CopyError> {
    row.text(name).ok_or_else(|| unreadable(session, what))
}

fn unreadable(session: &Session, what: &str) -> CopyError {
    CopyError::Unreadable {
        server: session.name().to_owned(),
        what: what.to_owned(),
    }
}
