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
    check_lists(picture, &inventory)?;
    if same_series {
        let have = Definitions::read(&mut session, &inventory).await?;
        check_definitions(&picture.definitions, &have)?;
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

pub(crate) fn check_lists(source: &Picture, target: &Inventory) -> Result<(), CopyError> {
    for table in &source.inventory.tables {
        let have = target
            .tables
            .iter()
            .find(|have| have.schema == table.schema && have.name == table.name);
        let columns = have.map(|have| &have.columns);
        let equal = columns.is_some_and(|columns| {
            columns.len() == table.columns.len()
                && columns.iter().zip(&table.columns).all(|(a, b)| {
                    (&a.name, &a.collation, a.nullable, a.origin)
                        == (&b.name, &b.collation, b.nullable, b.origin)
                })
        });
        if !equal {
            return Err(differs(&table.shown(), "its columns are others".into()));
        }
    }
    for definition in &source.definitions.objects {
        if !target.objects.contains(&definition.object) {
            return Err(differs(&definition.object.shown(), "it is missing".into()));
        }
    }
    Ok(())
}

pub(crate) fn check_definitions(source: &Definitions, target: &Definitions) -> Result<(), CopyError> {
    for (schema, wanted) in &source.schemas {
        let have = target.schemas.iter().find(|(name, _)| name == schema);
        let have = have.map(|(_, create)| create.as_str()).unwrap_or_default();
        if have != wanted {
            return Err(differs(
                &format!("schema {schema}"),
                first_difference(wanted, have),
            ));
        }
    }
    for (key, wanted) in &source.tables {
        let have = target.tables.get(key).map(String::as_str).unwrap_or_default();
        let (wanted, have) = (without_counter(wanted), without_counter(have));
        if wanted != have {
            return Err(differs(
                &format!("{}.{}", key.0, key.1),
                first_difference(&wanted, &have),
            ));
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
            return Err(differs(
                &wanted.object.shown(),
                first_difference(&wanted_text, &have),
            ));
        }
    }
    Ok(())
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

fn differs(what: &str, difference: String) -> CopyError {
    CopyError::DefinitionDiffers {
        what: what.to_owned(),
        difference,
    }
}
