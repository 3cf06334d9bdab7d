//! Which process of a machine is the server that answers dbha's SQL.
//!
//! The server says from where it sees dbha's connection; the process that holds this very connection is the server.
//! Nothing has to be written for this proof, and a wrong machine or container cannot hold that connection.

use super::{Host, HostAccess, HostError, script::Script};
use dbha_sql::Place;

/// Finds the process, or refuses.
pub(super) async fn find_server(host: &Host, place: &Place) -> Result<u32, HostError> {
    if let (Some(socket), HostAccess::Local) = (&place.socket, host.access()) {
        return of_socket(socket).await;
    }
    let Some(peer_port) = place.peer_port else {
        return Err(HostError::Refused(format!(
            "{} is reached through a socket, so that nothing proves that {} is its machine: give it as HOST:PORT",
            place.name,
            host.access()
        )));
    };
    let script = Script::new()
        .section("tcp", "cat /proc/net/tcp /proc/net/tcp6 2>/dev/null")
        .section(
            "files",
            "ls -l /proc/[0-9]*/fd 2>/dev/null | grep -e '^/proc/' -e 'socket:'",
        )
        // The brackets keep grep from finding itself.
        .section(
            "programs",
            "grep -alE '[m]ysqld|[m]ariadbd' /proc/[0-9]*/cmdline 2>/dev/null",
        );
    let seen = host.run("look for the server's process", &script).await?;
    let wrong = || {
        HostError::Refused(format!(
            "{} is not the machine of {}: no process there holds dbha's connection to it (port {}, from port {peer_port})",
            host.access(),
            place.name,
            place.port
        ))
    };
    let socket = connection(&seen.text("tcp"), place.port, peer_port).ok_or_else(wrong)?;
    if let Some(pid) = holder(&seen.text("files"), &socket) {
        return Ok(pid);
    }
    // In a container root may not see what another user's process has open; there the connection proves the network,
    // which is the container's own, and the server has to be alone in it.
    let candidates = programs(&seen.text("programs"));
    match (host.access(), candidates.as_slice()) {
        (HostAccess::Docker { .. }, [pid]) => Ok(*pid),
        (HostAccess::Docker { .. }, _) => Err(wrong()),
        _ => Err(HostError::Refused(format!(
            "the process of {} is there ({}) and may not be looked at: that takes root, or the server's own user",
            place.name,
            host.access()
        ))),
    }
}

async fn of_socket(path: &str) -> Result<u32, HostError> {
    let refused = |text: String| HostError::Refused(format!("cannot tell who answers at {path}: {text}"));
    let stream = tokio::net::UnixStream::connect(path)
        .await
        .map_err(|error| refused(error.to_string()))?;
    let credentials = stream.peer_cred().map_err(|error| refused(error.to_string()))?;
    credentials
        .pid()
        .and_then(|pid| u32::try_from(pid).ok())
        .ok_or_else(|| refused("the system does not name its process".into()))
}

/// Finds the number of the established connection between two ports in `/proc/net/tcp`.
fn connection(table: &str, port: u16, peer_port: u16) -> Option<String> {
    let port_of = |address: &str| u16::from_str_radix(address.rsplit(':').next()?, 16).ok();
    table.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (local, remote, state, inode) = (fields.get(1)?, fields.get(2)?, *fields.get(3)?, fields.get(9)?);
        (state == "01" && port_of(local) == Some(port) && port_of(remote) == Some(peer_port))
            .then(|| (*inode).to_owned())
    })
}

/// Finds the process that has a socket open, in the output of `ls -l /proc/[0-9]*/fd`.
fn holder(listing: &str, socket: &str) -> Option<u32> {
    let target = format!("socket:[{socket}]");
    let mut pid = None;
    for line in listing.lines() {
        if let Some(rest) = line.strip_prefix("/proc/") {
            pid = rest.split('/').next().and_then(|number| number.parse().ok());
        } else if line.ends_with(&target) {
            return pid;
        }
    }
    None
}

fn programs(list: &str) -> Vec<u32> {
    let pid = |line: &str| line.strip_prefix("/proc/")?.split('/').next()?.parse().ok();
    list.lines().filter_map(pid).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   999        0 111 1 0000 100 0 0 10 0
   1: 0100007F:0CEA 0100007F:D431 01 00000000:00000000 00:00000000 00000000   999        0 222 1 0000 20 4 30 10 -1
   2: 0100007F:D431 0100007F:0CEA 01 00000000:00000000 00:00000000 00000000     0        0 333 1 0000 20 4 30 10 -1";

    #[test]
    fn the_servers_end_of_the_connection_is_found() {
        assert_eq!(connection(TABLE, 3306, 0xD431).as_deref(), Some("222"));
        assert_eq!(connection(TABLE, 3306, 0xD432), None);
        assert_eq!(connection(TABLE, 3307, 0xD431), None);
    }

    #[test]
    fn the_process_with_the_connection_is_found() {
        let listing = "/proc/1/fd:\nlrwx------ 1 r r 64 Nov 1 10:00 3 -> socket:[11]\n/proc/77/fd:\n\
                       lrwx------ 1 r r 64 Nov 1 10:00 9 -> socket:[1222]\nlrwx------ 1 r r 64 Nov 1 10:00 21 -> socket:[222]";
        assert_eq!(holder(listing, "222"), Some(77));
        assert_eq!(holder(listing, "22"), None);
    }

    #[test]
    fn servers_are_listed_by_their_programs() {
        assert_eq!(programs("/proc/1/cmdline\n/proc/40/cmdline\n"), [1, 40]);
    }
}
