use std::time::Duration;

/// What a connection is for; fixes its session variables and limits in one place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionProfile {
    /// Observes and changes one server; texts are utf8mb4.
    Control,
    /// Reads rows inside one consistent snapshot; texts are raw bytes.
    Reader,
    /// Writes copied rows; nothing of it enters the binary log; texts are raw bytes.
    Loader,
    /// Looks at a server now and then, with least privileges.
    Monitor,
}

impl SessionProfile {
    /// Limit for the way from dialling to the first usable statement.
    pub fn connect_limit(self) -> Duration {
        match self {
            SessionProfile::Monitor => Duration::from_secs(3),
            _ => Duration::from_secs(10),
        }
    }

    /// Limit for one statement, unless the caller gives another.
    pub fn statement_limit(self) -> Duration {
        match self {
            SessionProfile::Monitor => Duration::from_secs(3),
            SessionProfile::Control => Duration::from_secs(60),
            // One SELECT reads a whole table, one ALTER builds all its indexes.
            SessionProfile::Reader | SessionProfile::Loader => Duration::from_secs(7 * 86_400),
        }
    }

    /// The largest packet that is sent or taken: whole rows while data moves, else far less (scenario 82).
    pub(crate) fn largest_packet(self) -> usize {
        match self {
            SessionProfile::Reader | SessionProfile::Loader => 1 << 30,
            SessionProfile::Control | SessionProfile::Monitor => 16 << 20,
        }
    }

    /// Longest wait for a metadata or table lock, in seconds; the server's own default is a day or a year.
    pub(crate) fn lock_wait_seconds(self) -> u32 {
        match self {
            SessionProfile::Loader => 60,
            // Shorter than the wait for an answer: a lock on its heartbeat must not look like a server that is gone.
            SessionProfile::Monitor => 1,
            _ => 10,
        }
    }

    /// Tells whether texts come and go as raw bytes, whatever character set their column has.
    pub(crate) fn raw_texts(self) -> bool {
        matches!(self, SessionProfile::Reader | SessionProfile::Loader)
    }
}
