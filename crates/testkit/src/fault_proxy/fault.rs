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

/// What a fault waits for: a piece of a direction that holds one of some texts.
///
/// A piece is what one read gives, on any connection; texts are also found where they come in two. TLS hides them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trigger {
    /// One of these; any piece where there is none.
    pub(super) patterns: Vec<Vec<u8>>,
    /// How many more such pieces it takes.
    pub(super) left: u64,
}

impl Trigger {
    /// Waits for the next piece, whatever it is.
    pub fn any_piece() -> Self {
        Self::any_of::<&str>([])
    }

    /// Waits for the next piece that holds one of these texts.
    pub fn any_of<T: AsRef<[u8]>>(patterns: impl IntoIterator<Item = T>) -> Self {
        Self {
            patterns: patterns.into_iter().map(|text| text.as_ref().to_vec()).collect(),
            left: 1,
        }
    }

    /// Waits for the piece of this number among those; 1 is the next.
    #[must_use]
    pub fn nth(mut self, number: u64) -> Self {
        self.left = number.max(1);
        self
    }
}

impl From<&str> for Trigger {
    fn from(text: &str) -> Self {
        Self::any_of([text])
    }
}
