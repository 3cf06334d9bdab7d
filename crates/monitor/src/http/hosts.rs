//! By which names the monitor lets itself be called: a page of another site cannot get at it by giving its own name
//! this machine's address (DNS rebinding).

use axum::http::{HeaderMap, Uri, header::HOST};
use std::net::{IpAddr, SocketAddr};

/// The names that are allowed beside loopback and the address that was dialled.
#[derive(Debug, Clone)]
pub(super) struct Hosts(Vec<String>);

impl Hosts {
    pub(super) fn new(allowed: &[String], listen: SocketAddr) -> Self {
        let mut names: Vec<String> = allowed.iter().filter_map(|name| host_of(name)).collect();
        names.push("localhost".into());
        if !listen.ip().is_unspecified() {
            names.push(listen.ip().to_string());
        }
        Self(names)
    }

    /// Tells whether a request calls the monitor by one of its names.
    ///
    /// A request without a name comes from a prober that speaks HTTP/1.0; browsers always send one. Ports do not count,
    /// since a tunnel or a container gives another one.
    pub(super) fn allow(&self, headers: &HeaderMap, uri: &Uri, dialled: IpAddr) -> bool {
        let mut said = headers.get_all(HOST).iter();
        let (first, second) = (said.next(), said.next());
        if second.is_some() {
            return false;
        }
        let in_header = first.map(|value| value.to_str().unwrap_or(""));
        let in_target = uri.authority().map(|authority| authority.as_str());
        [in_header, in_target]
            .into_iter()
            .flatten()
            .all(|name| self.knows(name, dialled))
    }

    fn knows(&self, name: &str, dialled: IpAddr) -> bool {
        let Some(host) = host_of(name) else {
            return false;
        };
        match host.parse::<IpAddr>() {
            // An address cannot be rebound; still only those that lead here.
            Ok(ip) => {
                ip.is_loopback() || ip.to_canonical() == dialled.to_canonical() || self.0.contains(&host)
            }
            Err(_) => self.0.contains(&host),
        }
    }
}

/// Takes the host out of `host`, `host:port`, `[v6]:port` or a bare IPv6 address, in lower case.
fn host_of(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    if text.parse::<IpAddr>().is_ok() {
        return Some(text);
    }
    let (host, rest) = match text.strip_prefix('[') {
        Some(inner) => inner.split_once(']')?,
        None => text.split_at(text.find(':').unwrap_or(text.len())),
    };
    let port = rest.strip_prefix(':').unwrap_or(rest);
    let fit = !host.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    fit.then(|| host.trim_end_matches('.').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(host: &str) -> bool {
        let hosts = Hosts::new(&["Monitor.example:9104".into()], "10.0.0.5:9104".parse().unwrap());
        let mut headers = HeaderMap::new();
        headers.insert(HOST, host.parse().unwrap());
        hosts.allow(&headers, &Uri::from_static("/"), "10.0.0.6".parse().unwrap())
    }

    #[test]
    fn own_names_are_allowed_with_any_port() {
        for own in [
            "localhost:1",
            "LOCALHOST",
            "127.0.0.1:9104",
            "[::1]:9104",
            "10.0.0.5:80",
            "10.0.0.6",
            "monitor.example",
            "monitor.example.:443",
        ] {
            assert!(allows(own), "{own}");
        }
    }

    #[test]
    fn scenario_83_other_names_are_not() {
        for other in [
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "10.0.0.7",
            "",
            ":9104",
            "[::1",
            "localhost:80@evil.example",
            "evil.example:localhost",
        ] {
            assert!(!allows(other), "{other}");
        }
    }

    #[test]
    fn scenario_83_a_name_in_the_target_counts_as_well_and_two_names_count_as_none() {
        let hosts = Hosts::new(&[], "127.0.0.1:1".parse().unwrap());
        let dialled = "127.0.0.1".parse().unwrap();
        let mut headers = HeaderMap::new();
        assert!(hosts.allow(&headers, &Uri::from_static("/"), dialled));
        assert!(!hosts.allow(&headers, &Uri::from_static("http://evil.example/"), dialled));
        headers.append(HOST, "localhost".parse().unwrap());
        headers.append(HOST, "localhost".parse().unwrap());
        assert!(!hosts.allow(&headers, &Uri::from_static("/"), dialled));
    }
}
