use crate::{
    CopyError, batch::Walked, checksum::Proof, loader::Loaded, piece::Piece, schedule::Range,
    tables::WaitingTable,
};
use dbha_sql::{DataSession, Dialect, Parameter};

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

    /// Proves the range that was taken last, now that its end is known, or notes what will prove it.
    fn prove(
        &mut self,
        reader: &mut DataSession,
        piece: &Piece,
    ) -> impl Future<Output = Result<Proof, CopyError>> + Send;

    /// Builds the keys of a table whose rows are complete.
    fn add_keys(&mut self, waiting: &WaitingTable) -> impl Future<Output = Result<(), CopyError>> + Send;
}
