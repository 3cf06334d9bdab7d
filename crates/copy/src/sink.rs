use crate::{
    CopyError, Table, batch::Walked, checksum::Proof, copied_ranges::CopiedRange, loader::Loaded,
    piece::Piece, schedule::Range, tables::WaitingTable,
};
use dbha_sql::{DataSession, Dialect, Parameter};

/// A range that was taken, with its real end.
pub(crate) struct Poured {
    /// The rows between its bounds.
    pub(crate) piece: Piece,
    /// See [`Range::place`].
    pub(crate) place: Option<u64>,
    /// Bytes of its values.
    pub(crate) bytes: u64,
    /// See [`Range::first`].
    pub(crate) first: bool,
    /// What its rows add up to as they were read; `None` where only the source can tell.
    pub(crate) read: Option<Proof>,
}

/// Where the rows of a snapshot go, range by range: a server, or files.
pub(crate) trait Sink: Send + Sync + 'static {
    /// Returns the dialect of whoever will store the rows: it decides in which form values travel.
    fn dialect(&self) -> Dialect;

    /// Takes one range from the reader's snapshot.
    fn pour(
        &mut self,
        reader: &mut DataSession,
        range: &Range,
        types: &[Parameter],
        news: impl FnMut(Loaded) + Send,
    ) -> impl Future<Output = Result<(Walked, Loaded), CopyError>> + Send;

    /// Proves the range that was taken last, now that its end is known, or notes what will prove it; from then on it
    /// counts as kept.
    fn prove(
        &mut self,
        reader: &mut DataSession,
        poured: &Poured,
    ) -> impl Future<Output = Result<Proof, CopyError>> + Send;

    /// Proves a piece that is there already; `None` where it is not what the snapshot shows.
    fn holds(
        &mut self,
        _reader: &mut DataSession,
        _piece: &Piece,
    ) -> impl Future<Output = Result<Option<Proof>, CopyError>> + Send {
        async { Ok(None) }
    }

    /// Takes away a piece that an earlier run has noted, and the note.
    fn empty(
        &mut self,
        _piece: &Piece,
        _noted: &CopiedRange,
    ) -> impl Future<Output = Result<(), CopyError>> + Send {
        async { Ok(()) }
    }

    /// Takes away all notes of a table.
    fn disown(&mut self, _table: &Table) -> impl Future<Output = Result<(), CopyError>> + Send {
        async { Ok(()) }
    }

    /// Builds the keys of a table whose rows are complete.
    fn add_keys(&mut self, waiting: &WaitingTable) -> impl Future<Output = Result<(), CopyError>> + Send;
}
