use crate::Side;
use serde::{Deserialize, Serialize};

/// A marker that was written on one server and seen on the other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct MarkerTrip {
    /// Where it was written.
    pub from: Side,
    /// How long until it was seen on the other side, in milliseconds.
    pub milliseconds: f64,
}

/// What a set-up proved.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Proof {
    /// The markers.
    pub markers: Vec<MarkerTrip>,
    /// Position at which both copies were compared.
    pub compared_at: Option<String>,
    /// Tables whose rows and checksums were compared, none of them different.
    pub tables: u64,
    /// Rows compared.
    pub rows: u64,
    /// How long the primary's writers had to wait for the snapshot, in milliseconds.
    pub lock_held_ms: Option<f64>,
    /// The servers' positions at the end, primary first.
    pub positions: Vec<String>,
}
