use crate::{Statement, printable};
use std::time::Duration;

/// Why a server could not be reached or logged in to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectFault {
    /// No TCP connection or socket: name unknown, nobody listening, network down.
    Unreachable,
    /// The server answered and refused the account.
    Refused,
    /// The account is locked.
    Locked,
    /// The account's password has expired, or must be changed before anything else.
    PasswordExpired,
    /// The server takes no account from this host, or has blocked it after too many broken attempts.
    HostRefused,
    /// The server has no connection left.
    TooManyConnections,
    /// TLS was wanted and could not be had as wanted.
    Tls,
    /// Something answered that is no MySQL or MariaDB server.
    NotAServer,
    /// Nothing came within the limit.
    Silent,
}

/// Errors whose text names accounts, links or privileges and never a value of the statement.
const NEVER_QUOTES_A_VALUE: [u16; 10] = [1044, 1045, 1142, 1198, 1205, 1227, 1290, 1396, 1934, 3081];

/// What can go wrong between dbha and one server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SqlError {
    /// There is no usable connection.
    #[error("cannot connect to {server}: {text}")]
    Connect {
        /// Name of the server.
        server: String,
        /// The class of the fault.
        fault: ConnectFault,
        /// What happened, fit to be shown.
        text: String,
    },
    /// The server rejected a statement; it was not applied.
    #[error("{server} rejected `{statement}`: error {code}: {text}")]
    Rejected {
        /// Name of the server.
        server: String,
        /// The server's error number.
        code: u16,
        /// The server's words, fit to be shown.
        text: String,
        /// The statement, secrets masked.
        statement: String,
    },
    /// The connection was lost after the statement was sent: whether it was applied is unknown.
    #[error("connection to {server} was lost during `{statement}`: {text}")]
    Lost {
        /// Name of the server.
        server: String,
        /// What happened.
        text: String,
        /// The statement, secrets masked.
        statement: String,
    },
    /// No answer within the limit: whether the statement was applied is unknown.
    #[error("{server} did not answer `{statement}` within {} s", .limit.as_secs_f32())]
    TimedOut {
        /// Name of the server.
        server: String,
        /// The statement, secrets masked.
        statement: String,
        /// The limit.
        limit: Duration,
    },
    /// The server answered something that does not fit the question.
    #[error("{server} gave an answer that dbha does not understand to `{statement}`: {text}")]
    Unexpected {
        /// Name of the server.
        server: String,
        /// The statement, secrets masked.
        statement: String,
        /// What was wrong.
        text: String,
    },
}

impl SqlError {
    /// Returns the server's error number, where the server gave one.
    pub fn code(&self) -> Option<u16> {
        match self {
            SqlError::Rejected { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// Tells whether it is unknown if the statement took effect.
    pub fn outcome_unknown(&self) -> bool {
        matches!(self, SqlError::Lost { .. } | SqlError::TimedOut { .. })
    }

    /// Tells whether a privilege was missing (1044, 1045, 1142, 1143, 1227, 1370 …).
    pub fn is_denied(&self) -> bool {
        matches!(
            self.code(),
            Some(1044 | 1045 | 1142 | 1143 | 1227 | 1370 | 1419 | 3619)
        )
    }

    /// Tells whether a lock was not granted in time, and nothing was done.
    pub fn is_lock_wait(&self) -> bool {
        self.code() == Some(1205)
    }

    /// Sorts what the client crate reported while a statement ran on an open connection.
    pub fn of_statement(server: &str, statement: &Statement, error: mysql_async::Error) -> Self {
        match error {
            mysql_async::Error::Server(error) => {
                Self::rejected(server, statement, error.code, &error.message)
            }
            other => Self::lost(server, statement, &other.to_string()),
        }
    }

    /// A server rejected a statement.
    pub(crate) fn rejected(server: &str, statement: &Statement, code: u16, words: &str) -> Self {
        SqlError::Rejected {
            server: server.to_owned(),
            code,
            // Some errors quote the statement or a value of it, and with it a secret.
            text: match statement.is_secret() && !NEVER_QUOTES_A_VALUE.contains(&code) {
                true => "(the server's words are withheld: they can quote a password)".to_owned(),
                false => printable(words),
            },
            statement: printable(&shorten(statement.shown())),
        }
    }

    /// A connection broke while a statement ran.
    pub(crate) fn lost(server: &str, statement: &Statement, text: &str) -> Self {
        SqlError::Lost {
            server: server.to_owned(),
            text: printable(text),
            statement: printable(&shorten(statement.shown())),
        }
    }

    /// A server refused a login.
    pub(crate) fn refused(server: &str, code: u16, words: &str) -> Self {
        let fault = match code {
            1040 | 1203 | 1226 => ConnectFault::TooManyConnections,
            3118 | 4151 => ConnectFault::Locked,
            1820 | 1862 => ConnectFault::PasswordExpired,
            1129 | 1130 => ConnectFault::HostRefused,
            _ => ConnectFault::Refused,
        };
        SqlError::Connect {
            server: server.to_owned(),
            fault,
            text: printable(&format!("error {code}: {words}")),
        }
    }

    /// A connection broke, or did not come about, while it was made.
    pub(crate) fn not_connected(server: &str, error: &std::io::Error) -> Self {
        let fault = fault_of_io(error);
        let text = match fault {
            ConnectFault::Tls => tls_words(&error.to_string()),
            _ => error.to_string(),
        };
        SqlError::Connect {
            server: server.to_owned(),
            fault,
            text: printable(&text),
        }
    }

    /// The client crate gave up on what the server sent.
    pub(crate) fn not_understood(server: &str, statement: &Statement) -> Self {
        SqlError::Lost {
            server: server.to_owned(),
            text: "the server sent something that no MySQL or MariaDB server sends".into(),
            statement: printable(&shorten(statement.shown())),
        }
    }

    /// Sorts what the client crate reported while a connection was made.
    pub(crate) fn of_connecting(server: &str, error: mysql_async::Error) -> Self {
        let (fault, text) = match error {
            mysql_async::Error::Server(error) => return Self::refused(server, error.code, &error.message),
            mysql_async::Error::Io(mysql_async::IoError::Io(error)) => {
                return Self::not_connected(server, &error);
            }
            mysql_async::Error::Io(error) => (ConnectFault::Tls, tls_words(&error.to_string())),
            mysql_async::Error::Driver(mysql_async::DriverError::NoClientSslFlagFromServer) => {
                (ConnectFault::Tls, "the server offers no TLS".into())
            }
            mysql_async::Error::Driver(mysql_async::DriverError::ConnectionClosed) => (
                ConnectFault::Unreachable,
                "the other side closed the connection during the greeting".into(),
            ),
            other => (ConnectFault::NotAServer, other.to_string()),
        };
        SqlError::Connect {
            server: server.to_owned(),
            fault,
            text: printable(&text),
        }
    }
}

fn fault_of_io(error: &std::io::Error) -> ConnectFault {
    use std::io::ErrorKind;
    // The TLS library's refusals come wrapped as errors of the stream.
    const OF_TLS: [&str; 6] = [
        "certificate",
        "fatal alert",
        "corrupt message",
        "peer is incompatible",
        "peer misbehaved",
        "tls handshake",
    ];
    let text = error.to_string();
    if OF_TLS.iter().any(|words| text.contains(words)) {
        return ConnectFault::Tls;
    }
    match error.kind() {
        // A greeting that does not parse surfaces as one of these.
        ErrorKind::InvalidData | ErrorKind::InvalidInput | ErrorKind::Other => match error.raw_os_error() {
            Some(_) => ConnectFault::Unreachable,
            None if error.to_string().contains("lookup") => ConnectFault::Unreachable,
            None => ConnectFault::NotAServer,
        },
        _ => ConnectFault::Unreachable,
    }
}

/// Says in plain words why TLS did not come about; the library's own words follow where there are none.
fn tls_words(text: &str) -> String {
    let plain = [
        ("UnknownIssuer", "its certificate is not signed by the given CA"),
        (
            "not valid for any names",
            "its certificate carries no name at all (subjectAltName)",
        ),
        (
            "not valid for name",
            "its certificate is for another name than the one that was dialled",
        ),
        ("certificate expired", "its certificate has expired"),
        ("certificate not valid yet", "its certificate is not valid yet"),
        (
            "CaUsedAsEndEntity",
            "its certificate is signed by itself, not by the given CA",
        ),
        (
            "InvalidDnsName",
            "the name that was dialled can stand in no certificate",
        ),
    ];
    match plain.iter().find(|(sign, _)| text.contains(sign)) {
        Some((_, words)) => format!("TLS failed: {words}"),
        None => format!("TLS failed: {text}"),
    }
}

fn shorten(statement: &str) -> String {
    const LONGEST: usize = 300;
    let one_line = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    match one_line.char_indices().nth(LONGEST) {
        Some((cut, _)) => format!("{} …", &one_line[..cut]),
        None => one_line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AccountTls, Dialect, Secret, SourceTarget, Version};

    /// What a server says that quotes everything it was sent, as 1064 does.
    fn rejected(statement: &Statement, code: u16) -> String {
        let error = mysql_async::ServerError {
            code,
            message: format!("near '{}' at line 1", statement.sql()),
            state: "42000".into(),
        };
        let error = SqlError::of_statement("db1", statement, mysql_async::Error::Server(error));
        format!("{error} {error:?}")
    }

    #[test]
    fn scenario_80_no_words_of_a_server_bring_a_password_back() {
        let secret = Secret::new("mArkerPasswordOfThirtyTwoLetters");
        let source = SourceTarget {
            host: "10.0.0.1".into(),
            port: 3306,
            user: "dbha_repl".into(),
            password: secret.clone(),
            tls: true,
            ca: None,
        };
        for version in ["10.5.23-MariaDB", "11.8.6-MariaDB", "5.7.44", "9.7.4"] {
            let (flavor, number) = Version::detect(version).unwrap();
            let dialect = Dialect::new(flavor, number);
            let statements = [
                dialect.follow(&source),
                dialect.point_probe(&source, "dbha_probe"),
                dialect.ensure_replication_account("dbha_repl", "%", &secret, AccountTls::Required),
            ];
            for statement in statements.iter().flatten() {
                for code in [1064, 1105, 1372, 1819, 3056, 4166] {
                    let words = rejected(statement, code);
                    assert!(!words.contains(secret.expose()), "{version}: {words}");
                    let hash = crate::native_password_hash(&secret);
                    assert!(!words.contains(hash.expose()), "{version}: {words}");
                }
            }
        }
    }

    #[test]
    fn words_of_a_server_about_other_statements_are_shown() {
        assert!(rejected(&Statement::new("SELECT x"), 1054).contains("near 'SELECT x'"));
    }
}
