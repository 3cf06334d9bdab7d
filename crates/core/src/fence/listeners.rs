//! Who listens at an address of this machine, without asking it anything: a server that is frozen listens still.

use super::{
    FenceError, ServerProcess,
    here::own_addresses,
    mute::may_be,
    process::{is_server_process, name},
};
use dbha_sql::Address;
use std::{
    collections::BTreeSet,
    fs,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    path::Path,
    time::Duration,
};
use tokio::net::{TcpStream, UnixStream};

/// How long an address may take to refuse; this machine's own does at once.
const DIAL_LIMIT: Duration = Duration::from_secs(1);
/// How often it is looked again where something changed between two looks.
const LOOKS: u32 = 5;
const BETWEEN: Duration = Duration::from_millis(20);

/// What was found at an address.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Listening {
    /// A server of this machine.
    Here(ServerProcess),
    /// Nobody; `mute` is a server that listens nowhere, because it starts or stops.
    Nobody { mute: Option<ServerProcess> },
}

impl Listening {
    /// Looks until nothing changes meanwhile: a server may begin to listen, or end, between two of the things looked at.
    pub(super) async fn find(address: &Address) -> Result<Self, FenceError> {
        for _ in 0..LOOKS {
            if let Some(found) = Self::look(address).await? {
                return Ok(found);
            }
            tokio::time::sleep(BETWEEN).await;
        }
        Err(FenceError::Hidden {
            address: address.to_string(),
        })
    }

    async fn look(address: &Address) -> Result<Option<Self>, FenceError> {
        let table = Table::read();
        let sockets = match address {
            Address::Tcp { host, port } => {
                let own = own_addresses(host, *port).await?;
                table.of_port(&own, *port)
            }
            Address::Socket { path } => table.of_path(path),
        };
        let holders = Holders::read();
        if sockets.is_empty() {
            let mute = holders.mute(&table, address);
            return Ok(is_refused(address).await.then_some(Listening::Nobody { mute }));
        }
        let Some(pid) = holders.of(&sockets) else {
            return Ok(None);
        };
        if !is_server_process(pid) {
            return Err(FenceError::NotAServer {
                address: address.to_string(),
                pid,
                program: name(pid),
            });
        }
        Ok(ServerProcess::of(pid).map(Listening::Here))
    }
}

/// Tells whether nobody answers there: what listens in another container, or behind a rule of the network, is in no table.
async fn is_refused(address: &Address) -> bool {
    use std::io::ErrorKind::{ConnectionRefused, NotFound};
    let dialled = async {
        match address {
            Address::Tcp { host, port } => TcpStream::connect((host.as_str(), *port)).await.map(drop),
            Address::Socket { path } => UnixStream::connect(path).await.map(drop),
        }
    };
    match tokio::time::timeout(DIAL_LIMIT, dialled).await {
        Ok(Err(error)) => matches!(error.kind(), ConnectionRefused | NotFound),
        _ => false,
    }
}

/// The listening sockets of this machine's network, by their numbers.
#[derive(Debug, Default)]
struct Table {
    tcp: Vec<(IpAddr, u16, u64)>,
    unix: Vec<(String, u64)>,
}

impl Table {
    fn read() -> Self {
        let text = |name: &str| fs::read_to_string(format!("/proc/self/net/{name}")).unwrap_or_default();
        let mut tcp = tcp_listeners(&text("tcp"));
        tcp.extend(tcp_listeners(&text("tcp6")));
        Self {
            tcp,
            unix: unix_listeners(&text("unix")),
        }
    }

    /// Whoever has taken the very address goes before whoever has taken all of them.
    fn of_port(&self, own: &[IpAddr], port: u16) -> BTreeSet<u64> {
        let at = |wanted: &dyn Fn(&IpAddr) -> bool| {
            let found = self.tcp.iter().filter(|(ip, at, _)| *at == port && wanted(ip));
            found.map(|(_, _, socket)| *socket).collect::<BTreeSet<_>>()
        };
        let exact = at(&|ip| own.contains(ip));
        match exact.is_empty() {
            true => at(&|ip| ip.is_unspecified()),
            false => exact,
        }
    }

    /// A server may know its socket by another way to the same file: `/var/run` is `/run`.
    fn of_path(&self, path: &Path) -> BTreeSet<u64> {
        let real = |path: &Path| {
            let directory = path.parent().and_then(|parent| parent.canonicalize().ok());
            match (directory, path.file_name()) {
                (Some(directory), Some(name)) => directory.join(name),
                _ => path.to_owned(),
            }
        };
        let wanted = real(path);
        let named =
            |(known, _): &&(String, u64)| Path::new(known) == path || real(Path::new(known)) == wanted;
        let found = self.unix.iter().filter(named);
        found.map(|(_, socket)| *socket).collect()
    }

    fn all(&self) -> BTreeSet<u64> {
        let tcp = self.tcp.iter().map(|(_, _, socket)| *socket);
        tcp.chain(self.unix.iter().map(|(_, socket)| *socket)).collect()
    }
}

/// Reads the listening sockets of `/proc/net/tcp` or `tcp6`.
fn tcp_listeners(table: &str) -> Vec<(IpAddr, u16, u64)> {
    const LISTENING: &str = "0A";
    let read = |line: &str| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        if *fields.get(3)? != LISTENING {
            return None;
        }
        let (ip, port) = fields.get(1)?.rsplit_once(':')?;
        let port = u16::from_str_radix(port, 16).ok()?;
        Some((address(ip)?, port, fields.get(9)?.parse().ok()?))
    };
    table.lines().filter_map(read).collect()
}

/// Addresses stand there as words of 32 bits in this machine's own order.
fn address(hex: &str) -> Option<IpAddr> {
    let word = |at: usize| u32::from_str_radix(hex.get(at..at + 8)?, 16).ok();
    match hex.len() {
        8 => Some(IpAddr::V4(Ipv4Addr::from(word(0)?.to_ne_bytes()))),
        32 => {
            let mut bytes = [0; 16];
            for (number, four) in bytes.chunks_exact_mut(4).enumerate() {
                four.copy_from_slice(&word(number * 8)?.to_ne_bytes());
            }
            Some(IpAddr::V6(Ipv6Addr::from(bytes)).to_canonical())
        }
        _ => None,
    }
}

/// Reads the listening sockets of `/proc/net/unix` that have a path.
fn unix_listeners(table: &str) -> Vec<(String, u64)> {
    /// `__SO_ACCEPTCON`, the only flag that is shown.
    const LISTENING: &str = "00010000";
    let read = |line: &str| {
        // Num, RefCount, Protocol, Flags, Type, St, Inode; the rest is the path, which may have blanks in it.
        let mut fields = line.split_whitespace();
        let (flags, inode) = (fields.nth(3)?, fields.nth(2)?);
        let at = line.find(&format!(" {inode} "))? + inode.len() + 2;
        let path = line.get(at..)?;
        let socket: u64 = inode.parse().ok()?;
        (flags == LISTENING && path.starts_with('/')).then(|| (path.to_owned(), socket))
    };
    table.lines().filter_map(read).collect()
}

/// Which processes have which sockets open; `None` where this user may not see it.
struct Holders(Vec<(u32, Option<BTreeSet<u64>>)>);

impl Holders {
    fn read() -> Self {
        let Ok(entries) = fs::read_dir("/proc") else {
            return Self(vec![]);
        };
        let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        let mut pids: Vec<u32> = pids.collect();
        pids.sort_unstable();
        Self(pids.into_iter().map(|pid| (pid, open_sockets(pid))).collect())
    }

    /// A child inherits what its parent has open: a server goes before what started it, or was started by it.
    fn of(&self, sockets: &BTreeSet<u64>) -> Option<u32> {
        let holds =
            |open: &Option<BTreeSet<u64>>| open.as_ref().is_some_and(|open| !open.is_disjoint(sockets));
        let holding = self.0.iter().filter(|(_, open)| holds(open));
        let pids: Vec<u32> = holding.map(|(pid, _)| *pid).collect();
        let server = pids.iter().find(|pid| is_server_process(**pid));
        server.or(pids.first()).copied()
    }

    /// Finds a server that listens nowhere, as far as can be seen, and may be the one that is looked for.
    fn mute(&self, table: &Table, address: &Address) -> Option<ServerProcess> {
        let all = table.all();
        let is_mute = |open: &Option<BTreeSet<u64>>| open.as_ref().is_none_or(|open| open.is_disjoint(&all));
        let found = self
            .0
            .iter()
            .find(|(pid, open)| is_mute(open) && is_server_process(*pid) && may_be(*pid, address));
        ServerProcess::of(found?.0)
    }
}

/// Returns the sockets that a process has open; `None` where it may not be looked at, or is gone.
pub(super) fn open_sockets(pid: u32) -> Option<BTreeSet<u64>> {
    let entries = fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let socket = |entry: std::io::Result<fs::DirEntry>| {
        let target = fs::read_link(entry.ok()?.path()).ok()?;
        let number = target.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?;
        number.parse().ok()
    };
    Some(entries.filter_map(socket).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TCP: &str = "\
  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   999        0 111 1 0000 100 0 0 10 0
   1: 00000000:0CEA 00000000:0000 0A 00000000:00000000 00:00000000 00000000   999        0 112 1 0000 100 0 0 10 0
   2: 0100007F:0CEA 0100007F:D431 01 00000000:00000000 00:00000000 00000000   999        0 222 1 0000 20 4 30 10 -1
nonsense";
    const TCP6: &str = "\
   0: 00000000000000000000000000000000:0CEB 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 113 1
   1: 00000000000000000000000001000000:0CEC 00000000000000000000000000000000:0000 0A 0:0 0:0 0 0 0 114 1";
    const UNIX: &str = "\
Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01 31 /tmp/a b/server.sock
0000000000000000: 00000003 00000000 00000000 0001 03 32 /tmp/a b/server.sock
0000000000000000: 00000003 00000000 00000000 0001 03 33
0000000000000000: 00000002 00000000 00010000 0001 01 34 @abstract";

    fn table() -> Table {
        let mut tcp = tcp_listeners(TCP);
        tcp.extend(tcp_listeners(TCP6));
        Table {
            tcp,
            unix: unix_listeners(UNIX),
        }
    }

    fn at(ip: &str, port: u16) -> Vec<u64> {
        let found = table().of_port(&[ip.parse().unwrap()], port);
        found.into_iter().collect()
    }

    #[test]
    fn listeners_are_found_by_address_and_the_exact_one_goes_first() {
        assert_eq!(at("127.0.0.1", 3306), [111]);
        assert_eq!(at("10.0.0.7", 3306), [112]);
        assert_eq!(at("10.0.0.7", 3307), [113]);
        assert_eq!(at("::1", 3308), [114]);
        assert!(at("127.0.0.1", 3308).is_empty());
        assert!(at("127.0.0.1", 3309).is_empty());
    }

    #[test]
    fn sockets_are_found_by_their_path_blanks_included() {
        assert_eq!(table().unix, [("/tmp/a b/server.sock".to_owned(), 31)]);
        let found = table().of_path(Path::new("/tmp/a b/server.sock"));
        assert_eq!(found.into_iter().collect::<Vec<_>>(), [31]);
        assert!(table().of_path(Path::new("/tmp/a")).is_empty());
    }

    #[tokio::test]
    async fn whatever_else_listens_is_left_alone() {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = Address::Tcp {
            host: "127.0.0.1".into(),
            port: listener.local_addr().unwrap().port(),
        };
        let found = Listening::find(&address).await.unwrap_err();
        let own = std::process::id();
        assert!(
            matches!(found, FenceError::NotAServer { pid, .. } if pid == own),
            "{found:?}"
        );
    }
}
