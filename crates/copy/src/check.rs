use crate::{
    CopyError, Inventory, ObjectKind,
    accounts::{AccountBook, AccountPlan},
    definer::Definer,
    definitions::{Definitions, ObjectDefinition},
    event_definition,
    picture::Picture,
    sessions::{Sessions, Side},
    table_definition::{first_difference, without_counter},
};
use dbha_sql::SessionProfile;

/// Compares every definition on the target with the source's, and the accounts.
///
/// Letter by letter between servers of one series; newer series write the same definition in other words, so
/// between different ones the columns are compared as the servers list them.
pub(crate) async fn check(
    sessions: &Sessions,
    picture: &Picture,
    definer: &mut Definer,
) -> Result<(), CopyError> {
    let mut session = sessions.open(Side::Target, SessionProfile::Reader).await?;
    let inventory = Inventory::take(&mut session).await?;
    let same_series = picture
        .inventory
        .dialect
        .version()
        .same_series(inventory.dialect.version());
    first_of(list_differences(
        &picture.inventory,
        &inventory,
        &picture.definitions,
    ))?;
    if same_series {
        let have = Definitions::read(&mut session, &inventory).await?;
        first_of(definition_differences(&picture.definitions, &have))?;
        let accounts = AccountBook::read(&mut session).await?;
        let left = AccountPlan::make(&picture.accounts, &accounts);
        for change in left.changes {
            definer.warn(format!(
                "account {} is still not equal to the source's",
                change.account
            ));
        }
    }
    session.close().await;
    Ok(())
}

/// One thing that is defined otherwise on the target, and how.
pub(crate) type Differing = (String, String);

fn first_of(differences: Vec<Differing>) -> Result<(), CopyError> {
    match differences.into_iter().next() {
        Some((what, difference)) => Err(CopyError::DefinitionDiffers { what, difference }),
        None => Ok(()),
    }
}

/// Lists tables whose columns are others on the target, and objects that are missing there.
pub(crate) fn list_differences(
    source: &Inventory,
    target: &Inventory,
    definitions: &Definitions,
) -> Vec<Differing> {
    let mut found = vec![];
    for table in &source.tables {
        let columns = target.table(&table.schema, &table.name).map(|have| &have.columns);
        let equal = columns.is_some_and(|columns| {
            columns.len() == table.columns.len()
                && columns.iter().zip(&table.columns).all(|(a, b)| {
                    (&a.name, &a.collation, a.nullable, a.origin)
                        == (&b.name, &b.collation, b.nullable, b.origin)
                })
        });
        if !equal {
            found.push((table.shown(), "its columns are others".into()));
        }
    }
    for definition in &definitions.objects {
        if !target.objects.contains(&definition.object) {
            found.push((definition.object.shown(), "it is missing".into()));
        }
    }
    found
}

/// Lists everything whose definition reads otherwise on the target, or is not there.
pub(crate) fn definition_differences(source: &Definitions, target: &Definitions) -> Vec<Differing> {
    let mut found = vec![];
    for (schema, wanted) in &source.schemas {
        let have = target.schemas.iter().find(|(name, _)| name == schema);
        let have = have.map(|(_, create)| create.as_str()).unwrap_or_default();
        if have != wanted {
            found.push((format!("schema {schema}"), first_difference(wanted, have)));
        }
    }
    for (key, wanted) in &source.tables {
        let have = target.tables.get(key).map(String::as_str).unwrap_or_default();
        let (wanted, have) = (without_counter(wanted), without_counter(have));
        if wanted != have {
            found.push((format!("{}.{}", key.0, key.1), first_difference(&wanted, &have)));
        }
    }
    for wanted in &source.objects {
        let have = target.objects.iter().find(|have| have.object == wanted.object);
        let comparable = have.map(comparable);
        if comparable.as_ref() != Some(&self::comparable(wanted)) {
            let have = have.map(|have| have.create.as_slice()).unwrap_or_default();
            let (wanted_text, have) = (
                String::from_utf8_lossy(&wanted.create),
                String::from_utf8_lossy(have),
            );
            found.push((wanted.object.shown(), first_difference(&wanted_text, &have)));
        }
    }
    found
}

/// Takes out of an object's definition what is meant to differ: whether an event runs.
fn comparable(definition: &ObjectDefinition) -> ObjectDefinition {
    let mut same = definition.clone();
    same.surroundings.created = None;
    if same.object.kind == ObjectKind::Event {
        same.create = event_definition::without_state(&same.create);
    }
    same
}
