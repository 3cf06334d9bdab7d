//! A section of HAProxy's configuration that sends clients where the monitor says.

use super::{NotRenderable, plain};
use crate::Writers;

const FILE: &str = "a configuration of HAProxy";

/// One server of the pair, as HAProxy has to know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HaproxyServer {
    /// Its name in the monitor, which stands in the monitor's paths.
    pub name: String,
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
}

/// What a section for HAProxy is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HaproxyWanted {
    /// Both servers: the one that is the primary today first.
    pub servers: [HaproxyServer; 2],
    /// Where the monitor answers: host and port.
    pub monitor: (String, u16),
    /// Where clients that write connect: host (`*` for all) and port.
    pub writes: (String, u16),
    /// Where clients that only read connect.
    pub reads: (String, u16),
    /// How many seconds behind a server may be and still get readers.
    pub max_lag: u32,
    /// Who takes writes.
    pub writers: Writers,
    /// How many connections each listener lets in; `None` leaves it to the global section.
    pub connections: Option<u64>,
}

/// Writes the section: one listener for writes, one for reads, both led by the monitor's answers.
///
/// # Errors
/// [`NotRenderable`] for a name or host that HAProxy could read as something else (scenario 84).
pub fn haproxy(wanted: &HaproxyWanted) -> Result<String, NotRenderable> {
    let [first, second] = &wanted.servers;
    let names = [name(&first.name)?, name(&second.name)?];
    let addresses = [
        address(&first.host, first.port)?,
        address(&second.host, second.port)?,
    ];
    let monitor = address(&wanted.monitor.0, wanted.monitor.1)?;
    let (monitor_host, monitor_port) = (host(&wanted.monitor.0)?, wanted.monitor.1);
    let server =
        |index: usize, more: &str| format!("    server {} {}{more}\n", names[index], addresses[index]);
    let asks = |path: &str| {
        format!(
            "    option httpchk\n\
             \x20   http-check send meth GET uri-lf /servers/%[srv_name]/{path} ver HTTP/1.1 hdr Host {monitor}\n\
             \x20   http-check expect status 200\n\
             \x20   default-server check addr {monitor_host} port {monitor_port} inter 1s fall 2 rise 1 \
             on-marked-down shutdown-sessions init-addr last,libc,none\n"
        )
    };
    let mut text = about(wanted, &monitor);
    text.push_str(&listener("dbha_writes", &wanted.writes)?);
    text.push_str(&most(wanted.connections));
    text.push_str(writers_rule(wanted.writers));
    text.push_str(&asks("primary"));
    text.push_str(&server(0, ""));
    text.push_str(&server(1, ""));
    text.push('\n');
    text.push_str(&listener("dbha_reads", &wanted.reads)?);
    text.push_str(&most(wanted.connections));
    text.push_str(&format!(
        "    # A replica that is at most {} s behind. The servers below are tried in this order: without such a replica\n\
         \x20   # readers go to the one that takes writes, as the section above sees it.\n",
        wanted.max_lag
    ));
    text.push_str(&asks(&format!("replica?lag={}s", wanted.max_lag)));
    text.push_str(&server(1, ""));
    text.push_str(&server(0, " backup"));
    for index in 0..2 {
        let (name, address) = (names[index], &addresses[index]);
        text.push_str(&format!(
            "    server writer-{name} {address} no-check backup track dbha_writes/{name}\n"
        ));
    }
    Ok(text)
}

fn about(wanted: &HaproxyWanted, monitor: &str) -> String {
    let mut text = format!(
        "# Clients of a pair are led by dbha's monitor; made by dbha render haproxy, for HAProxy 2.4 or later.\n\
         # Put it behind the global section of haproxy.cfg, or give it as a second file: haproxy -f haproxy.cfg -f THIS.\n\
         # HAProxy asks the monitor at {monitor} once a second. When it does not answer, nobody is let through, so run\n\
         # a monitor on the machine of each HAProxy. Connections to a server that lost its role are closed.\n"
    );
    if !is_loopback(&wanted.monitor.0) {
        text.push_str(
            "# This monitor is on another machine and wants its token: add\n\
             #   hdr Authorization \"Bearer TOKEN\"\n\
             # to the end of both lines that begin with http-check send, and chmod 600 this file.\n",
        );
    }
    text.push('\n');
    text
}

/// The limit of a listener; that of the whole process is raised by the global section alone.
fn most(connections: Option<u64>) -> String {
    connections.map_or(String::new(), |most| {
        format!("    # The platform's connections; maxconn of the global section has to let them in, too.\n    maxconn {most}\n")
    })
}

fn listener(name: &str, at: &(String, u16)) -> Result<String, NotRenderable> {
    let (bind, port) = at;
    let bind = match bind.as_str() {
        "*" => format!("*:{port}"),
        other => address(other, *port)?,
    };
    // A quiet connection of a client is as good as a busy one; the server's own wait_timeout ends it.
    Ok(format!(
        "listen {name}\n\
         \x20   bind {bind}\n\
         \x20   mode tcp\n\
         \x20   balance leastconn\n\
         \x20   timeout connect 3s\n\
         \x20   timeout check 1s\n\
         \x20   timeout client 8h\n\
         \x20   timeout server 8h\n\
         \x20   option clitcpka\n\
         \x20   option srvtcpka\n"
    ))
}

/// HAProxy takes a server for good until its first check has failed: until then nobody may write, or a client could
/// write on the standby for a moment after each start.
fn writers_rule(writers: Writers) -> &'static str {
    match writers {
        Writers::One => {
            "    # The one server that the monitor calls the only writer; while it is in doubt, none. HAProxy takes both for good\n\
             \x20   # until it has asked for the first time: nobody is let through then.\n\
             \x20   tcp-request connection reject if { nbsrv(dbha_writes) gt 1 }\n"
        }
        Writers::Both => "    # Both servers that the monitor calls writers.\n",
    }
}

fn is_loopback(host: &str) -> bool {
    let address = host.parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// HAProxy takes the name for its own, and puts it into the monitor's path.
fn name(name: &str) -> Result<&str, NotRenderable> {
    plain(name, "-_.:", |value| NotRenderable {
        what: "the name",
        value,
        file: FILE,
        fix: "give the server a name of letters, digits, '-', '_' and '.' in the config file: [server.NAME]",
    })
}

fn host(host: &str) -> Result<&str, NotRenderable> {
    plain(host, "-_.:", |value| NotRenderable {
        what: "the host",
        value,
        file: FILE,
        fix: "give a host name or an address",
    })
}

fn address(address: &str, port: u16) -> Result<String, NotRenderable> {
    let host = host(address)?;
    Ok(match host.contains(':') {
        true => format!("[{host}]:{port}"),
        false => format!("{host}:{port}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> HaproxyWanted {
        let server = |name: &str, host: &str| HaproxyServer {
            name: name.into(),
            host: host.into(),
            port: 3306,
        };
        HaproxyWanted {
            servers: [server("db1", "10.0.0.11"), server("db2", "fd00::2")],
            monitor: ("127.0.0.1".into(), 9104),
            writes: ("127.0.0.1".into(), 3307),
            reads: ("*".into(), 3308),
            max_lag: 10,
            writers: Writers::One,
            connections: None,
        }
    }

    #[test]
    fn writes_go_to_the_primary_and_reads_to_the_replica_first() {
        let text = haproxy(&wanted()).unwrap();
        let reads = &text[text.find("listen dbha_reads").unwrap()..];
        let servers: Vec<&str> = reads
            .lines()
            .filter(|line| line.starts_with("    server "))
            .collect();
        assert_eq!(
            servers,
            [
                "    server db2 [fd00::2]:3306",
                "    server db1 10.0.0.11:3306 backup",
                "    server writer-db1 10.0.0.11:3306 no-check backup track dbha_writes/db1",
                "    server writer-db2 [fd00::2]:3306 no-check backup track dbha_writes/db2",
            ]
        );
        assert!(reads.contains("/servers/%[srv_name]/replica?lag=10s "), "{reads}");
        assert!(!text.contains("Authorization"), "{text}");
    }

    #[test]
    fn a_second_writer_is_let_in_only_where_it_is_meant() {
        let both = haproxy(&HaproxyWanted {
            writers: Writers::Both,
            ..wanted()
        });
        assert!(!both.unwrap().contains("reject"));
        assert!(
            haproxy(&wanted())
                .unwrap()
                .contains("reject if { nbsrv(dbha_writes) gt 1 }")
        );
    }

    #[test]
    fn a_monitor_elsewhere_wants_a_token() {
        let text = haproxy(&HaproxyWanted {
            monitor: ("10.0.0.9".into(), 9104),
            ..wanted()
        });
        assert!(text.unwrap().contains("Bearer TOKEN"));
    }

    #[test]
    fn scenario_84_no_name_or_host_becomes_a_directive() {
        let hostile = [
            "",
            "a b",
            "a\nserver evil 10.6.6.6:3306",
            "a\r",
            "a#",
            "a\"",
            "a'",
            "a\\",
            "a/../b",
            "a%[env(HOME)]",
            "a\u{0}",
            "ä",
            "a;b",
            "${HOME}",
            "a]",
            "@evil",
        ];
        for value in hostile {
            for place in 0..5 {
                let mut wanted = wanted();
                match place {
                    0 => wanted.servers[0].name = value.into(),
                    1 => wanted.servers[1].host = value.into(),
                    2 => wanted.monitor.0 = value.into(),
                    3 => wanted.writes.0 = value.into(),
                    _ => wanted.reads.0 = value.into(),
                }
                let refused = haproxy(&wanted).unwrap_err();
                assert_eq!(refused.value, value, "{place}");
            }
        }
    }
}
