use std::{io, time::Duration};

/// Why an alert did not get through, or a target is of no use.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AlertError {
    /// The address of a webhook cannot be used.
    #[error("{0} is no address of a webhook: http://HOST/… or https://HOST/…")]
    Address(String),
    /// The certificates that are to be trusted cannot be used.
    #[error("{0} holds no certificate that can be used")]
    Certificates(String),
    /// A token that cannot be sent.
    #[error("the token of {0} cannot stand in a header: it must be one line of printable ASCII")]
    Token(String),
    /// No connection.
    #[error("cannot connect")]
    Connect(#[source] io::Error),
    /// The connection broke, or the answer was none.
    #[error("no proper answer came")]
    Answer(#[source] hyper::Error),
    /// The answer was a refusal.
    #[error("it answered {0}")]
    Refused(u16),
    /// The program could not be run.
    #[error("cannot run it")]
    Run(#[source] io::Error),
    /// The program failed.
    #[error("it ended with {0}")]
    Failed(String),
    /// It took too long.
    #[error("it took longer than {0:?}")]
    TooLong(Duration),
}
