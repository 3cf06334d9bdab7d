//! From a picture to a manifest, and back.

use super::manifest::{Manifest, StoredObject, Text};
use crate::{
    Inventory, Object,
    definitions::{Definitions, ObjectDefinition},
    picture::Picture,
    statements::definitions::Surroundings,
};
use std::fmt::Write as _;

impl Text {
    pub(super) fn of(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            Ok(text) => Text::Utf8(text.to_owned()),
            Err(_) => Text::Hex(bytes.iter().fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            })),
        }
    }

    /// Returns the bytes; `None` where the digits are none.
    pub(super) fn bytes(&self) -> Option<Vec<u8>> {
        match self {
            Text::Utf8(text) => Some(text.clone().into_bytes()),
            Text::Hex(digits) => {
                let pairs = digits.as_bytes().chunks(2);
                pairs
                    .map(|pair| {
                        u8::from_str_radix(std::str::from_utf8(pair).ok().filter(|p| p.len() == 2)?, 16).ok()
                    })
                    .collect()
            }
        }
    }
}

/// Writes down how objects are created.
pub(super) fn store_objects(definitions: &Definitions) -> Vec<StoredObject> {
    let store = |one: &ObjectDefinition| {
        let with = one.surroundings.clone();
        StoredObject {
            create: Text::of(&one.create),
            sql_mode: with.sql_mode,
            client_charset: with.client_charset,
            connection_collation: with.connection_collation,
            database_collation: with.database_collation,
            time_zone: with.time_zone,
            created: with.created,
        }
    };
    definitions.objects.iter().map(store).collect()
}

fn definition(object: &Object, stored: &StoredObject) -> ObjectDefinition {
    ObjectDefinition {
        object: object.clone(),
        create: stored.create.bytes().unwrap_or_default(),
        surroundings: Surroundings {
            sql_mode: stored.sql_mode.clone(),
            client_charset: stored.client_charset.clone(),
            connection_collation: stored.connection_collation.clone(),
            database_collation: stored.database_collation.clone(),
            time_zone: stored.time_zone.clone(),
            created: stored.created,
        },
    }
}

impl Manifest {
    /// Makes the picture again, of the schemas that are wanted.
    pub(super) fn picture(&self, wanted: impl Fn(&str) -> bool) -> Picture {
        let mut inventory = Inventory {
            dialect: self.inventory.dialect,
            schemas: vec![],
            tables: vec![],
            objects: vec![],
        };
        let mut definitions = Definitions::default();
        for (schema, create) in self.schemas.iter().filter(|(schema, _)| wanted(schema)) {
            inventory.schemas.push(schema.clone());
            definitions.schemas.push((schema.clone(), create.clone()));
        }
        for (table, stored) in self.inventory.tables.iter().zip(&self.tables) {
            if wanted(&table.schema) {
                let key = (table.schema.clone(), table.name.clone());
                definitions.tables.insert(key, stored.create.clone());
                inventory.tables.push(table.clone());
            }
        }
        for (object, stored) in self.inventory.objects.iter().zip(&self.objects) {
            if wanted(&object.schema) {
                inventory.objects.push(object.clone());
                definitions.objects.push(definition(object, stored));
            }
        }
        let sequences = self
            .inventory
            .objects_of(crate::ObjectKind::Sequence)
            .zip(&self.sequences);
        let sequences = sequences.filter(|(sequence, _)| wanted(&sequence.schema));
        Picture {
            sequences: sequences
                .map(|(_, (next, round))| (next.parse().unwrap_or_default(), *round))
                .collect(),
            inventory,
            definitions,
            accounts: self.accounts.book(),
            position: self.position.clone(),
            coordinates: self.coordinates.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_keep_their_bytes() {
        for bytes in [&b"CREATE VIEW"[..], "CREATE 🦀".as_bytes(), b"\xe9\xff'", b""] {
            assert_eq!(Text::of(bytes).bytes().unwrap(), bytes);
        }
        for wrong in ["0", "0g", "é"] {
            assert_eq!(Text::Hex(wrong.into()).bytes(), None);
        }
    }
}
