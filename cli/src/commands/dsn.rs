//! `dbha dsn`

use crate::{
    args::{Cli, DsnArgs, Output},
    exit::Failure,
    render::json,
};
use dbha_core::{Address, Endpoint};
use serde::Serialize;

/// The document of `-o json`; a password is never part of it.
#[derive(Serialize)]
struct Document {
    schema_version: u32,
    go: String,
    url: String,
}

/// Prints a server's address as a Go DSN (K3s, Rainbond) and as a URL, without its password.
pub fn run(cli: &Cli, args: &DsnArgs) -> Result<u8, Failure> {
    let server: Endpoint = args
        .server
        .parse()
        .map_err(|error| Failure::usage(format!("{error}"), "check the SERVER argument"))?;
    let user = server.user.clone().unwrap_or_else(|| "root".into());
    refuse_what_a_dsn_cannot_hold(&user, &args.database)?;
    let (user_in_url, database_in_url) = (percent_encoded(&user), percent_encoded(&args.database));
    let document = Document {
        schema_version: 1,
        go: match &server.address {
            Address::Tcp { .. } => format!("{user}:PASSWORD@tcp({})/{}", server.address, args.database),
            Address::Socket { path } => format!("{user}:PASSWORD@unix({})/{}", path.display(), args.database),
        },
        url: match &server.address {
            Address::Tcp { .. } => format!(
                "mysql://{user_in_url}:PASSWORD@{}/{database_in_url}",
                server.address
            ),
            Address::Socket { path } => {
                let path = percent_encoded(&path.display().to_string());
                format!("mysql://{user_in_url}:PASSWORD@localhost/{database_in_url}?socket={path}")
            }
        },
    };
    match cli.output.format {
        Output::Human => data!("{}\n{}", document.go, document.url),
        form => json::print(&document, form == Output::Json),
    }
    Ok(0)
}

/// Scenario 84: a name must not become another part of the DSN, or another line.
fn refuse_what_a_dsn_cannot_hold(user: &str, database: &str) -> Result<(), Failure> {
    let wrong = |what: &str| Failure::usage(format!("{what} cannot stand in a DSN"), "use another name");
    match () {
        () if user.chars().chain(database.chars()).any(char::is_control) => Err(wrong("a control character")),
        () if user.contains(':') => Err(wrong("a user with a colon")),
        () if database.contains(['/', '?']) => Err(wrong("a database with / or ?")),
        () => Ok(()),
    }
}

/// Writes what is no plain letter, digit or mark of a path as `%XX`.
fn percent_encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(one).collect()
}
