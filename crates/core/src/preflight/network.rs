//! Whether each server can be dialled by the other, as far as its own settings tell (scenario 29).

use crate::{Both, Finding, FindingCode as Code, SetupOptions, Side, Topology};
use dbha_sql::{Facts, Setting};
use std::net::IpAddr;

pub(super) fn findings(facts: &Both<Facts>, topology: &Topology, options: &SetupOptions) -> Vec<Finding> {
    let mut found = Vec::new();
    for side in Side::BOTH {
        found.extend(out_of_reach(side, facts, options));
        found.extend(names_not_resolved(side, facts.of(side), options));
        found.extend(refuses_clear_text(side, facts.of(side), topology));
    }
    found
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn out_of_reach(side: Side, facts: &Both<Facts>, options: &SetupOptions) -> Option<Finding> {
    let server = facts.of(side);
    let given = match side {
        Side::Primary => &options.primary_address,
        Side::Secondary => &options.secondary_address,
    };
    if server.has(Setting::SkipNetworking, "ON") {
        let seen = format!(
            "{} runs with skip_networking=ON: it listens on no port",
            server.name
        );
        let fix = "change this line under [mysqld] in its option file and restart it";
        let finding = Finding::new(Code::OutOfReach, Some(side), seen, fix);
        return Some(finding.with_lines(vec!["skip_networking=OFF".to_owned()]));
    }
    let here = |facts: &Facts| facts.tcp.as_ref().map(|(host, _)| is_loopback(host));
    // Who gives another address knows how the other server comes here; a tunnel's ends may well be loopback.
    let leads_home =
        given.is_none() && here(server) == Some(true) && here(facts.of(side.peer())) == Some(false);
    leads_home.then(|| {
        Finding::new(
            Code::OutOfReach,
            Some(side),
            format!(
                "the {side} is given as {}; for the {} that is itself",
                server.name,
                side.peer()
            ),
            format!("add --{side}-address HOST:PORT, as the {} sees it", side.peer()),
        )
    })
}

/// Only a host part that was given: those that dbha finds out are as the server itself sees them.
fn names_not_resolved(side: Side, facts: &Facts, options: &SetupOptions) -> Option<Finding> {
    let host = options.replication_host.as_deref()?;
    let is_name =
        !host.contains('%') && !host.contains('/') && host != "localhost" && host.parse::<IpAddr>().is_err();
    (is_name && facts.has(Setting::SkipNameResolve, "ON")).then(|| {
        Finding::new(
            Code::NamesNotResolved,
            Some(side),
            format!(
                "{} runs with skip_name_resolve=ON, and --replication-host is the name {host}",
                facts.name
            ),
            "give --replication-host as an address or a pattern such as 10.0.0.%",
        )
    })
}

fn refuses_clear_text(side: Side, facts: &Facts, topology: &Topology) -> Option<Finding> {
    let refused = facts.has(Setting::RequireSecureTransport, "ON") && !topology.link_from(side).tls;
    refused.then(|| {
        Finding::new(
            Code::LinkTls,
            Some(side),
            format!(
                "{} runs with require_secure_transport=ON and offers no TLS",
                facts.name
            ),
            "give it ssl_cert and ssl_key in its option file, or turn require_secure_transport off",
        )
    })
}
