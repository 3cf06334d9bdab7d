use serde::{Deserialize, Serialize};

/// A row in `dbha.marker`: written on one server, looked for on the other.
///
/// Rows are keyed by the server that wrote them, so that the two sides never touch the same row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// `server_id` of the writer.
    pub server_id: u32,
    /// Random text of this one marker.
    pub token: String,
}
