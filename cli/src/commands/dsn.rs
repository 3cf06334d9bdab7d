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
    let document = Document {
        schema_version: 1,
        go: match &server.address {
            Address::Tcp { .. } => format!("{user}:PASSWORD@tcp({})/{}", server.address, args.database),
            Address::Socket { path } => format!("{user}:PASSWORD@unix({})/{}", path.display(), args.database),
        },
        url: match &server.address {
            Address::Tcp { .. } => format!("mysql://{user}:PASSWORD@{}/{}", server.address, args.database),
            Address::Socket { path } => {
                format!(
                    "mysql://{user}:PASSWORD@localhost/{}?socket={}",
                    args.database,
                    path.display()
                )
            }
        },
    };
    match cli.output.format {
        Output::Human => data!("{}\n{}", document.go, document.url),
        form => json::print(&document, form == Output::Json),
    }
    Ok(0)
}
