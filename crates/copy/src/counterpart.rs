use crate::{
    CopyError, Inventory,
    definitions::Definitions,
    sessions::{Sessions, Side},
    snapshot::sequence_position,
    statements,
};
use dbha_sql::{DataSession, GtidSet, Row, Session, SessionProfile};
use std::time::Duration;

/// The server that a picture is compared with, with a picture of its own; it is never locked.
pub(crate) struct Counterpart {
    /// Sees the present.
    pub(crate) present: Session,
    /// See the rows of one moment, once [`Counterpart::open_snapshots`] said so.
    pub(crate) readers: Vec<DataSession>,
    /// What there is, and how it is created.
    pub(crate) seen: Option<(Inventory, Definitions)>,
    /// Where its sequences stand, in the order of the source's; `None` where it has no such sequence.
    pub(crate) sequences: Vec<Option<(i128, u64)>>,
}

/// File and offset of a binary log; empty where there is none.
type Place = (String, String);

/// How long a transaction that others see already may take to enter the server's GTID position.
const SETTLING: Duration = Duration::from_millis(10);

impl Counterpart {
    /// Opens its sessions.
    pub(crate) async fn open(sessions: &Sessions, workers: usize) -> Result<Self, CopyError> {
        let present = sessions.open(Side::Target, SessionProfile::Reader).await?;
        let mut readers = vec![];
        for _ in 0..workers.max(1) {
            readers.push(sessions.open_data(&present, SessionProfile::Reader).await?);
        }
        Ok(Self {
            present,
            readers,
            seen: None,
            sequences: vec![],
        })
    }

    /// Looks at what there is; nothing of it is in a snapshot.
    pub(crate) async fn look(&mut self) -> Result<(), CopyError> {
        let inventory = Inventory::take(&mut self.present).await?;
        let definitions = Definitions::read(&mut self.present, &inventory).await?;
        self.seen = Some((inventory, definitions));
        Ok(())
    }

    /// Reads where sequences stand.
    pub(crate) async fn read_sequences(&mut self, names: &[(String, String)]) -> Result<(), CopyError> {
        self.sequences.clear();
        for (schema, name) in names {
            let read = match sequence_position(&mut self.present, schema, name).await {
                Err(CopyError::SchemaChanged { .. }) => None,
                read => Some(read?),
            };
            self.sequences.push(read);
        }
        Ok(())
    }

    /// Reads everything that it has, whichever way it came.
    pub(crate) async fn position(&mut self) -> Result<GtidSet, CopyError> {
        position(&mut self.present).await
    }

    /// Opens the snapshots of all readers; true when each of them is known to stand exactly at this position.
    ///
    /// A position is read before and after. On MariaDB that alone would prove nothing: its position runs ahead of what
    /// others see, so each snapshot is asked for its own place in the binary log. On MySQL it is behind for a moment, so
    /// the log must have stood still as well, and a moment longer.
    pub(crate) async fn open_snapshots(&mut self, at: &GtidSet) -> Result<bool, CopyError> {
        let before = self.place().await?;
        for reader in &mut self.readers {
            let opened = reader.execute(&statements::snapshot::open_snapshot()).await;
            opened.map_err(CopyError::doing("opening a consistent snapshot"))?;
        }
        let mut equal = true;
        match statements::compare::snapshot_place(self.present.dialect()) {
            Some(asked) => {
                for reader in &mut self.readers {
                    let rows = reader.query(&asked).await;
                    let place =
                        snapshot_place(&rows.map_err(CopyError::doing("reading a snapshot's place"))?);
                    equal &= place.is_none() || place == before;
                }
            }
            None => tokio::time::sleep(SETTLING).await,
        }
        let between = self.place().await?;
        equal &= self.position().await? == *at;
        Ok(equal && between == before && self.place().await? == before)
    }

    async fn place(&mut self) -> Result<Option<Place>, CopyError> {
        let asked = self.present.dialect().read_binlog_coordinates();
        let row = self.present.query_first(&asked).await;
        let row = row.map_err(CopyError::doing("reading the position of the secondary"))?;
        Ok(row.and_then(|row| Some((row.get("File")?.to_owned(), row.get("Position")?.to_owned()))))
    }

    /// Says goodbye on every session.
    pub(crate) async fn close(self) {
        for reader in self.readers {
            reader.close().await;
        }
        self.present.close().await;
    }
}

/// Reads everything that a server has, whichever way it came.
pub(crate) async fn position(session: &mut Session) -> Result<GtidSet, CopyError> {
    let dialect = session.dialect();
    let row = session.query_first(&dialect.read_gtids()).await;
    let row = row.map_err(CopyError::doing("reading a GTID position"))?;
    let read = |name: &str| {
        let text = row.as_ref().and_then(|row| row.get(name)).unwrap_or_default();
        GtidSet::parse(dialect.flavor(), text).ok()
    };
    match (read("executed"), read("applied")) {
        (Some(executed), Some(applied)) => Ok(executed.union(&applied)),
        _ => Err(CopyError::Unreadable {
            server: session.name().to_owned(),
            what: "its GTID position".into(),
        }),
    }
}

/// Reads rows of a name and a value; `None` where the server keeps no log.
fn snapshot_place(rows: &[Row]) -> Option<Place> {
    let value = |end: &str| {
        let row = rows.iter().find(|row| {
            row.at(0)
                .is_some_and(|name| name.to_ascii_lowercase().ends_with(end))
        });
        row.and_then(|row| row.at(1)).map(str::to_owned)
    };
    let file = value("_file").filter(|file| !file.is_empty())?;
    Some((file, value("_position")?))
}
