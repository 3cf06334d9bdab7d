use crate::{Table, range_key::Bound, range_key::RangeKey};
use std::sync::Arc;

/// The rows of a table, or of one of its partitions, between two places of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Piece {
    /// The table.
    pub(crate) table: Arc<Table>,
    /// One of its partitions; `None` for all of it.
    pub(crate) partition: Option<String>,
    /// The key that the bounds belong to; `None` where the table cannot be cut.
    pub(crate) key: Option<Arc<RangeKey>>,
    /// Rows behind this place; `None` from the first row on.
    pub(crate) after: Option<Bound>,
    /// Rows up to and with this place; `None` to the last row.
    pub(crate) through: Option<Bound>,
}

impl Piece {
    /// Makes the piece that is a whole table.
    pub(crate) fn whole(table: Arc<Table>) -> Self {
        let key = RangeKey::of(&table).map(Arc::new);
        Self {
            table,
            partition: None,
            key,
            after: None,
            through: None,
        }
    }

    /// Makes the pieces with which a table begins: its partitions, or all of it.
    pub(crate) fn first_of(table: &Arc<Table>) -> Vec<Self> {
        let whole = Self::whole(table.clone());
        // The past of rows lies in partitions by its own rule, on each server.
        if table.partitions.is_empty() || table.system_versioned {
            return vec![whole];
        }
        let part = |name: &String| Self {
            partition: Some(name.clone()),
            ..whole.clone()
        };
        table.partitions.iter().map(part).collect()
    }

    /// Makes the same piece between other bounds.
    pub(crate) fn between(&self, after: Option<Bound>, through: Option<Bound>) -> Self {
        Self {
            after,
            through,
            ..self.clone()
        }
    }

    /// Returns its name and its bounds, to be shown.
    pub(crate) fn shown(&self) -> String {
        let mut text = self.table.shown();
        if let Some(partition) = &self.partition {
            text.push_str(&format!(", partition {partition}"));
        }
        let columns = || {
            let parts = self.key.iter().flat_map(|key| &key.parts);
            parts
                .map(|part| part.column.as_str())
                .collect::<Vec<_>>()
                .join(", ")
        };
        let bound = |bound: &Bound| bound.join(", ");
        match (&self.after, &self.through) {
            (None, None) => {}
            (Some(after), None) => text.push_str(&format!(", ({}) after ({})", columns(), bound(after))),
            (None, Some(through)) => {
                text.push_str(&format!(", ({}) up to ({})", columns(), bound(through)));
            }
            (Some(after), Some(through)) => text.push_str(&format!(
                ", ({}) after ({}) up to ({})",
                columns(),
                bound(after),
                bound(through)
            )),
        }
        dbha_sql::printable(&text)
    }
}
