use std::time::Duration;

/// A way through the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// What the client says.
    ToServer,
    /// What the server answers.
    ToClient,
}

/// What goes wrong on the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Every connection is reset at both ends at once, and new ones as soon as they are made.
    Cut,
    /// New connections are reset as soon as they are made; open ones go on.
    Refuse,
    /// The next bytes of this direction never arrive: with them everything is [`Fault::Cut`].
    ///
    /// To the server, the next question is lost; to the client, the next answer is, after the server has done
    /// what it was asked.
    Lose(Direction),
    /// So many more bytes of this direction arrive, over all connections; the next one cuts everything.
    Truncate(Direction, u64),
    /// Connections stay open, also new ones, and nothing arrives any more in either direction.
    BlackHole,
    /// The same in one direction.
    BlackHoleOf(Direction),
    /// Everything takes so much longer each way; nothing is lost.
    Delay(Duration),
}

impl Fault {
    /// Tells whether bytes of this direction vanish while the connection stays open.
    pub(super) fn swallows(self, direction: Direction) -> bool {
        self == Fault::BlackHole || self == Fault::BlackHoleOf(direction)
    }

    /// Tells whether a new connection ends as soon as it is made.
    pub(super) fn turns_away(self) -> bool {
        matches!(self, Fault::Cut | Fault::Refuse)
    }

    /// Tells how long bytes are held back.
    pub(super) fn delay(self) -> Duration {
        match self {
            Fault::Delay(time) => time,
            _ => Duration::ZERO,
        }
    }
}

/// What a fault waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Trigger {
    /// These bytes, also where they come in two pieces; TLS hides them.
    Bytes(Vec<u8>),
    /// The piece of this number from now on, 1 being the next; a piece is what one read gives, on any connection.
    Piece(u64),
}

impl From<&str> for Trigger {
    fn from(text: &str) -> Self {
        Trigger::Bytes(text.as_bytes().to_vec())
    }
}

impl From<&[u8]> for Trigger {
    fn from(bytes: &[u8]) -> Self {
        Trigger::Bytes(bytes.to_vec())
    }
}
