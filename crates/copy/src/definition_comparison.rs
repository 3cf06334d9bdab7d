use crate::{
    AccountDone, Inventory, ObjectKind, Table,
    accounts::{AccountBook, AccountPlan},
    check::{self, list_differences},
    definitions::Definitions,
    difference::{DefinitionDifference, DifferenceKind},
};
use dbha_sql::DBHA_SCHEMA;
use std::collections::BTreeSet;

/// What one server holds, and how it is created.
type Defined<'a> = (&'a Inventory, &'a Definitions);

/// Lists what only one of two servers has, and what is defined otherwise.
///
/// Letter by letter between servers of one series; newer ones write the same definition in other words, so between
/// different ones only columns are compared.
pub(crate) fn definition_differences(
    primary: Defined<'_>,
    secondary: Defined<'_>,
) -> Vec<DefinitionDifference> {
    let (here, there) = (names(primary.0), names(secondary.0));
    let one_sided = |name: &String, kind| DefinitionDifference {
        what: name.clone(),
        kind,
        text: String::new(),
    };
    let missing = here.difference(&there);
    let extra = there.difference(&here);
    let mut found: Vec<DefinitionDifference> = missing
        .map(|name| one_sided(name, DifferenceKind::OnlyOnPrimary))
        .chain(extra.map(|name| one_sided(name, DifferenceKind::OnlyOnSecondary)))
        .collect();
    let versions = [primary, secondary].map(|(inventory, _)| inventory.dialect.version());
    let mut differing = match versions[0].same_series(versions[1]) {
        true => check::definition_differences(primary.1, secondary.1),
        false => list_differences(primary.0, secondary.0, primary.1),
    };
    // What is missing was told; a table is listed as `table s.t` there.
    let told: BTreeSet<String> = found.iter().map(|one| one.what.clone()).collect();
    differing.retain(|(what, _)| !told.contains(what) && !told.contains(&format!("table {what}")));
    found.extend(differing.into_iter().map(|(what, text)| DefinitionDifference {
        what,
        kind: DifferenceKind::Differs,
        text: format!("its definition differs: {text}"),
    }));
    found
}

/// Lists sequences that stand elsewhere.
pub(crate) fn sequence_differences(
    inventory: &Inventory,
    wanted: &[(i128, u64)],
    have: &[Option<(i128, u64)>],
) -> Vec<DefinitionDifference> {
    let sequences = inventory.objects_of(ObjectKind::Sequence);
    let differing = sequences
        .zip(wanted)
        .zip(have)
        .filter_map(|((sequence, wanted), have)| {
            // A missing one is told among the definitions.
            let have = have.filter(|have| have != wanted)?;
            Some(DefinitionDifference {
                what: sequence.shown(),
                kind: DifferenceKind::Differs,
                text: format!(
                    "next is {} on the primary and {} on the secondary",
                    wanted.0, have.0
                ),
            })
        });
    differing.collect()
}

/// Lists accounts that are not alike, but for those that each server keeps for itself.
pub(crate) fn account_differences(
    primary: &AccountBook,
    secondary: &AccountBook,
) -> Vec<DefinitionDifference> {
    let plan = AccountPlan::make(primary, secondary);
    let difference = |change: &crate::AccountChange| DefinitionDifference {
        what: format!("account {}", change.account),
        kind: match change.done {
            AccountDone::Created => DifferenceKind::OnlyOnPrimary,
            AccountDone::Dropped => DifferenceKind::OnlyOnSecondary,
            AccountDone::Replaced => DifferenceKind::Differs,
        },
        text: match change.done {
            AccountDone::Replaced => "password, options or grants differ".into(),
            _ => String::new(),
        },
    };
    plan.changes.iter().map(difference).collect()
}

/// Returns the table in a form in which its rows can be compared on both servers, or why they cannot.
pub(crate) fn comparable(primary: &Table, secondary: &Table) -> Result<Table, &'static str> {
    if !primary.transactional || !secondary.transactional {
        return Err("its engine keeps no snapshot, so it cannot be compared while servers take writes");
    }
    let columns = |table: &Table| -> Vec<_> {
        let columns = table.columns.iter();
        columns
            .map(|column| {
                (
                    column.name.clone(),
                    column.data_type.clone(),
                    column.collation.clone(),
                    column.origin,
                )
            })
            .collect()
    };
    if columns(primary) != columns(secondary) || primary.system_versioned != secondary.system_versioned {
        return Err("its columns are others on the secondary");
    }
    let key = |table: &Table| (table.row_key_index.clone(), table.row_key.clone());
    if key(primary) != key(secondary) {
        return Err("its key is another on the secondary");
    }
    let mut table = primary.clone();
    if primary.partitions != secondary.partitions {
        table.partitions.clear();
    }
    // Compared as either side may hold NULL.
    for (column, other) in table.columns.iter_mut().zip(&secondary.columns) {
        column.nullable |= other.nullable;
    }
    Ok(table)
}

/// Lists everything by name; dbha's own schema is no part of the data.
fn names(inventory: &Inventory) -> BTreeSet<String> {
    let schemas = inventory
        .schemas
        .iter()
        .map(|name| (name, format!("schema {name}")));
    let tables = inventory
        .tables
        .iter()
        .map(|table| (&table.schema, format!("table {}", table.shown())));
    let objects = inventory
        .objects
        .iter()
        .map(|object| (&object.schema, object.shown()));
    schemas
        .chain(tables)
        .chain(objects)
        .filter(|(schema, _)| *schema != DBHA_SCHEMA)
        .map(|(_, name)| name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::table_with_key;

    #[test]
    fn rows_are_compared_where_columns_and_keys_allow_it() {
        let table = table_with_key(&[("id", "int", false)]);
        let changed = |change: fn(&mut Table)| {
            let mut other = table.clone();
            change(&mut other);
            comparable(&table, &other)
        };
        assert!(changed(|_| {}).is_ok());
        let parts = changed(|other| other.partitions = vec!["p0".into()]).unwrap();
        assert!(parts.partitions.is_empty());
        assert!(changed(|other| other.columns[0].nullable = true).unwrap().columns[0].nullable);
        assert!(changed(|other| other.transactional = false).is_err());
        assert!(changed(|other| other.columns[0].data_type = "bigint".into()).is_err());
        assert!(changed(|other| other.columns[0].collation = Some("utf8mb4_bin".into())).is_err());
        assert!(changed(|other| other.row_key.clear()).is_err());
        assert!(changed(|other| other.row_key_index = "other".into()).is_err());
    }
}
