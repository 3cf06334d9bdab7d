use super::{Depth, Observed, observe::look};
use crate::{CloneNote, Row, Session, SqlError, printable};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What decides whether a server can give or take a clone by the CLONE plug-in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloneFacts {
    /// Whether the plug-in is loaded and active.
    pub loaded: bool,
    /// Other plug-ins that were loaded from files and are active.
    pub plugins: BTreeSet<String>,
    /// The CA by which it verifies a donor; empty where it verifies none.
    #[serde(default)]
    pub ssl_ca: String,
    /// The files of InnoDB's own tablespace.
    pub data_file_path: String,
    /// System and machine that the server was built for.
    pub platform: String,
    /// Files of tables outside of the data directory; `None` where they may not be seen.
    pub outside_files: Option<u64>,
    /// The host from which the server takes dbha's connection to come.
    pub seen_from: String,
    /// The last clone into this server, where the plug-in shows one.
    pub last: Option<CloneState>,
}

/// How a clone into a server went; the server keeps it over the restart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloneState {
    /// The connection that runs it.
    pub connection: u64,
    /// Whether it is still going on.
    pub in_progress: bool,
    /// Whether it came to its end, restart included.
    pub completed: bool,
    /// `host:port` of the donor.
    pub source: String,
}

/// Looks at everything that a clone depends on.
pub(super) async fn look_at_clone(
    session: &mut Session,
    depth: Depth,
) -> Result<Observed<CloneFacts>, SqlError> {
    let dialect = session.dialect();
    if !dialect.can_clone() || depth == Depth::Running {
        return Ok(Observed::Absent);
    }
    let means = look(session, &dialect.read_clone_means()).await?;
    let outside = look(session, &dialect.read_outside_files()).await?;
    let last = look(session, &dialect.read_clone_status()).await?;
    let first = |rows: &Observed<Vec<Row>>| rows.known().and_then(|rows| rows.first().cloned());
    Ok(means.and(|rows| {
        let row = rows.first();
        let text = |name: &str| printable(row.and_then(|row| row.get(name)).unwrap_or(""));
        CloneFacts {
            loaded: text("plugin") == "ACTIVE",
            plugins: text("plugins")
                .split(',')
                .filter(|name| !name.is_empty())
                .map(str::to_owned)
                .collect(),
            ssl_ca: text("ssl_ca"),
            data_file_path: text("data_file_path"),
            platform: text("platform"),
            outside_files: first(&outside).and_then(|row| row.parse("files")),
            seen_from: text("seen_from"),
            last: first(&last).map(|row| state(&row)),
        }
    }))
}

fn state(row: &Row) -> CloneState {
    let word = row.get("state").unwrap_or("");
    CloneState {
        connection: row.parse("pid").unwrap_or(0),
        in_progress: word == "In Progress",
        completed: word == "Completed",
        source: printable(row.get("source").unwrap_or("")),
    }
}

/// Looks for the note of a clone.
pub(super) async fn look_for_note(session: &mut Session) -> Result<Observed<CloneNote>, SqlError> {
    let dialect = session.dialect();
    if !dialect.can_clone() {
        return Ok(Observed::Absent);
    }
    let rows = look(session, &dialect.read_clone_note()).await?;
    Ok(rows.and_first(|row| {
        let text = |name| printable(row.get(name).unwrap_or(""));
        CloneNote::of_row(&text("run"), &text("source"), &text("words"))
    }))
}
