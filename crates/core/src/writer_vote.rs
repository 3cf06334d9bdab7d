use std::{fmt, future::Future, pin::Pin};

/// A vote outside the pair without which guards close every server: whoever gives the writes away gives it along with them.
pub trait WriterVote: fmt::Debug + Send + Sync {
    /// Gives it to the server that is to be opened, before it is.
    ///
    /// Fails where it was not given, and where that is not known.
    fn give<'a>(
        &'a self,
        change: &'a VoteChange,
    ) -> Pin<Box<dyn Future<Output = Result<(), VoteError>> + Send + 'a>>;
}

/// A vote was not given, or it is not known whether it was.
pub type VoteError = Box<dyn std::error::Error + Send + Sync>;

/// Who is to have the vote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VoteChange {
    /// What tells the pair from all others.
    pub mark: String,
    /// Number (`server_id`) of the server that has it now, and takes no writes any more; `None` where nobody may have it.
    pub from: Option<u32>,
    /// Number of the server that gets it.
    pub to: u32,
    /// Name of that server, for people.
    pub to_name: String,
    /// Everything that it has.
    pub position: String,
    /// Number of the term that begins.
    pub term: u64,
}
