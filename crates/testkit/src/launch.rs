//! From an installation to a server that answers.

use std::fs;
use std::time::{Duration, Instant};

use tokio::task::spawn_blocking;

use crate::bond::Bond;
use crate::clock::ask_until;
use crate::clock_skew;
use crate::home::{ServerHome, write_private};
use crate::option_file::render;
use crate::password::Password;
use crate::port::free_port;
use crate::process::ServerProcess;
use crate::readiness::is_ready;
use crate::supervision::supervised;
use crate::template::template;
use crate::tree_copy::copy_tree;
use crate::{Installation, ServerOptions, TestkitError};

/// How long a server may take to answer; warm it takes a fraction of a second.
pub(crate) const START_LIMIT: Duration = Duration::from_secs(60);
/// How often another port is tried when somebody was faster.
const PORT_TRIES: usize = 8;
/// How long a server that has a port is tried again when somebody else holds it.
const SAME_PORT_LIMIT: Duration = Duration::from_secs(5);

/// What the servers write when they cannot listen.
const BIND_FAILURES: [&str; 3] = [
    "Bind on TCP/IP port",
    "Do you already have another mysqld server running on port",
    "Address already in use",
];

/// Puts a fresh copy of the template into a server's home; the home is given back when that is done.
///
/// `owner` is what removes the directory when it is dropped. It travels with the work, so that giving up
/// the wait cannot remove the directory under a copy that is still going on.
pub(crate) async fn furnish<T: Send + 'static>(
    installation: &Installation,
    home: &ServerHome,
    options: &ServerOptions,
    owner: T,
) -> Result<T, TestkitError> {
    let (installation, home, options) = (installation.clone(), home.clone(), options.clone());
    let work = spawn_blocking(move || {
        let source = template(&installation, &options)?;
        copy_tree(&source, &home.datadir())?;
        Ok(owner)
    });
    work.await.map_err(|_| TestkitError::GivenUp)?
}

/// Starts a furnished server for the first time, at a free port, and gives root its password.
pub(crate) async fn first_start(
    installation: &Installation,
    home: &ServerHome,
    options: &ServerOptions,
    password: &Password,
    bond: Bond,
) -> Result<(ServerProcess, u16), TestkitError> {
    write_private(&home.init_file(), &password.init_file())?;
    let mut tries = 0;
    let started = loop {
        let port = free_port()?;
        let text = render(installation, home, port, options);
        // Not on the command line, with which anybody may start the server again later.
        let init_file = format!("[mysqld]\ninit_file={}\n", home.init_file().display());
        write_private(&home.option_file(), &format!("{text}{init_file}"))?;
        tries += 1;
        let supervised = options.is_supervised();
        match start_once(installation, home, (port, START_LIMIT), (bond, supervised)).await {
            Err(TestkitError::PortTaken { .. }) if tries < PORT_TRIES => {}
            result => {
                write_private(&home.option_file(), &text)?;
                break result.map(|process| (process, port));
            }
        }
    };
    // The password is in the server now, and need not lie about in clear.
    fs::remove_file(home.init_file()).map_err(TestkitError::file("remove", &home.init_file()))?;
    started
}

/// Starts a server that was stopped, at the port that it has in its option file, within a limit; `bound` says to
/// whom it is tied, and whether it is supervised.
pub(crate) async fn start_again(
    installation: &Installation,
    home: &ServerHome,
    (port, limit): (u16, Duration),
    bound: (Bond, bool),
) -> Result<ServerProcess, TestkitError> {
    let end = Instant::now() + SAME_PORT_LIMIT;
    loop {
        match start_once(installation, home, (port, limit), bound).await {
            Err(TestkitError::PortTaken { .. }) if Instant::now() < end => {}
            result => return result,
        }
    }
}

/// Starts a server's process, under a supervisor where that is wanted; does not wait for it to answer.
pub(crate) fn spawn_server(
    installation: &Installation,
    home: &ServerHome,
    (bond, is_supervised): (Bond, bool),
) -> Result<ServerProcess, TestkitError> {
    // A killed server leaves its socket behind, on which nobody answers.
    let _ = fs::remove_file(home.socket());
    let mut command = installation.server(&home.option_file());
    clock_skew::apply(&mut command, &home.clock_skew())?;
    let command = match is_supervised {
        true => supervised(command, bond),
        false => command,
    };
    ServerProcess::spawn(command, home, bond)
}

async fn start_once(
    installation: &Installation,
    home: &ServerHome,
    (port, limit): (u16, Duration),
    bound: (Bond, bool),
) -> Result<ServerProcess, TestkitError> {
    let before = home.log_length();
    let mut process = spawn_server(installation, home, bound)?;
    let socket = home.socket();
    let outcome = ask_until(limit, || {
        let ended = process.has_ended();
        let socket = &socket;
        async move {
            match ended {
                Ok(false) => Ok(is_ready(socket).await.then_some(true)),
                ended => ended.map(|_| Some(false)),
            }
        }
    });
    let release = installation.release();
    match outcome.await? {
        Some(true) => Ok(process),
        Some(false) => {
            let log = home.log_since(before);
            let taken = BIND_FAILURES.iter().any(|text| log.contains(text));
            Err(if taken {
                TestkitError::PortTaken { port }
            } else {
                TestkitError::Start { release, log }
            })
        }
        None => Err(TestkitError::Silent {
            release,
            limit,
            log: home.log_since(before),
        }),
    }
}
