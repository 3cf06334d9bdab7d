use serde::{Deserialize, Serialize};
use std::fmt;

/// A stored object that is not a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// What it is.
    pub kind: ObjectKind,
    /// Its schema.
    pub schema: String,
    /// Its name.
    pub name: String,
}

/// What a stored object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ObjectKind {
    /// A number generator (MariaDB).
    Sequence,
    /// A stored procedure.
    Procedure,
    /// A stored function.
    Function,
    /// The heads of a group of routines (MariaDB, Oracle mode).
    Package,
    /// The bodies of a group of routines (MariaDB, Oracle mode).
    PackageBody,
    /// A view.
    View,
    /// A trigger.
    Trigger,
    /// A scheduled event.
    Event,
}

impl fmt::Display for ObjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ObjectKind::Sequence => "sequence",
            ObjectKind::Procedure => "procedure",
            ObjectKind::Function => "function",
            ObjectKind::Package => "package",
            ObjectKind::PackageBody => "package body",
            ObjectKind::View => "view",
            ObjectKind::Trigger => "trigger",
            ObjectKind::Event => "event",
        })
    }
}

impl Object {
    /// Returns `view schema.name`, to be shown.
    pub fn shown(&self) -> String {
        format!("{} {}.{}", self.kind, self.schema, self.name)
    }
}
