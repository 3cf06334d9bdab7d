use super::{Address, Endpoint};
use crate::{Secret, SslMode, printable};
use std::{path::PathBuf, str::FromStr};

/// A SERVER argument that cannot be read; the text says which form is wanted and never quotes a password.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{what}; a server is given as host, host:port, [ipv6]:port, /path/to/socket, mysql://user@host:port/ or user@tcp(host:port)/"
)]
pub struct ParseEndpointError {
    what: String,
}

fn error(what: impl Into<String>) -> ParseEndpointError {
    ParseEndpointError { what: what.into() }
}

impl FromStr for Endpoint {
    type Err = ParseEndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.chars().any(|c| c.is_control()) {
            return Err(error("the server's name holds a control character"));
        }
        if let Some(rest) = text
            .strip_prefix("mysql://")
            .or_else(|| text.strip_prefix("mariadb://"))
        {
            return url(rest);
        }
        if text.contains("://") {
            return Err(error("the URL does not begin with mysql://"));
        }
        if text.starts_with('/') {
            return Ok(Endpoint::new(Address::Socket {
                path: PathBuf::from(text),
            }));
        }
        if let Some(found) = go_dsn(text) {
            return found;
        }
        if text.contains('@') {
            return Err(error("an account before the address is read only in a URL"));
        }
        Ok(Endpoint::new(host_and_port(text)?))
    }
}

/// Reads `host`, `host:port`, `[ipv6]`, `[ipv6]:port` and a bare IPv6 address.
fn host_and_port(text: &str) -> Result<Address, ParseEndpointError> {
    let (host, port) = if let Some(rest) = text.strip_prefix('[') {
        let (host, after) = rest
            .split_once(']')
            .ok_or_else(|| error("a bracket is not closed"))?;
        match after.strip_prefix(':') {
            Some(port) => (host, Some(port)),
            None if after.is_empty() => (host, None),
            None => return Err(error("only a port may follow the bracket")),
        }
    } else if text.matches(':').count() > 1 {
        (text, None)
    } else {
        text.split_once(':')
            .map_or((text, None), |(host, port)| (host, Some(port)))
    };
    if host.is_empty() {
        return Err(error("the host is empty"));
    }
    // An address of the link can name its interface, fe80::1%eth0.
    let bare = host.split('%').next().unwrap_or(host);
    if (host.contains(':') || text.starts_with('[')) && bare.parse::<std::net::Ipv6Addr>().is_err() {
        return Err(error(format!("{:?} is no IPv6 address", printable(host))));
    }
    let odd = |c: char| c.is_control() || c.is_whitespace();
    if host.contains(['[', ']', '/', '?', '#', '@', ' ', '(', ')', '\'', '"', '`', '\\'])
        || host.contains(odd)
    {
        return Err(error(format!("{:?} is no host name", printable(host))));
    }
    let port = match port {
        None => 3306,
        Some(digits) => match digits.parse::<u16>() {
            Ok(port) if port > 0 => port,
            _ => {
                return Err(error(format!(
                    "{:?} is no port between 1 and 65535",
                    printable(digits)
                )));
            }
        },
    };
    Ok(Address::Tcp {
        host: host.to_owned(),
        port,
    })
}

fn socket(path: &str) -> Result<Address, ParseEndpointError> {
    match path.is_empty() {
        true => Err(error("the socket's path is empty")),
        false => Ok(Address::Socket {
            path: PathBuf::from(path),
        }),
    }
}

fn url(rest: &str) -> Result<Endpoint, ParseEndpointError> {
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (account, place) = match rest.rsplit_once('@') {
        Some((account, place)) => (Some(account), place),
        None => (None, rest),
    };
    let place = place.split('/').next().unwrap_or("");
    let mut endpoint = Endpoint::new(Address::Tcp {
        host: "localhost".into(),
        port: 3306,
    });
    if !place.is_empty() {
        endpoint.address = host_and_port(&percent_decoded(place)?)?;
    }
    if let Some(account) = account {
        let (user, password) = account
            .split_once(':')
            .map_or((account, None), |(u, p)| (u, Some(p)));
        endpoint.user = Some(percent_decoded(user)?).filter(|user| !user.is_empty());
        endpoint.password = password.map(percent_decoded).transpose()?.map(Secret::new);
    }
    let mut with_place = !place.is_empty();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = percent_decoded(value)?;
        match key.replace('_', "-").as_str() {
            "ssl-mode" => endpoint.tls.mode = Some(value.parse::<SslMode>().map_err(error)?),
            "ssl-ca" => endpoint.tls.ca = Some(PathBuf::from(value)),
            "socket" => {
                endpoint.address = socket(&value)?;
                with_place = true;
            }
            other => {
                return Err(error(format!(
                    "the URL's parameter {:?} is unknown",
                    printable(other)
                )));
            }
        }
    }
    if !with_place {
        return Err(error("the URL names neither host nor socket"));
    }
    endpoint.name = endpoint.address.to_string();
    Ok(endpoint)
}

/// Reads a Go DSN, `user:password@tcp(host:port)/db?…`; `None` when the text has not this form.
///
/// Nothing in it is percent-encoded: the last `@tcp(` or `@unix(` ends the account.
fn go_dsn(text: &str) -> Option<Result<Endpoint, ParseEndpointError>> {
    let (at, tcp) = match (text.rfind("tcp("), text.rfind("unix(")) {
        (_, Some(at)) => (at, false),
        (Some(at), None) => (at, true),
        (None, None) => return None,
    };
    let account = text[..at].strip_suffix('@').unwrap_or("");
    if account.is_empty() && at != 0 {
        return None;
    }
    let inside = &text[at + if tcp { 4 } else { 5 }..];
    let Some((place, _database)) = inside.split_once(')') else {
        return Some(Err(error("a parenthesis of the DSN is not closed")));
    };
    let address = match tcp {
        true => host_and_port(place),
        false => socket(place),
    };
    Some(address.map(|address| {
        let mut endpoint = Endpoint::new(address);
        let (user, password) = account
            .split_once(':')
            .map_or((account, None), |(u, p)| (u, Some(p)));
        endpoint.user = Some(user.to_owned()).filter(|user| !user.is_empty());
        endpoint.password = password.map(Secret::new);
        endpoint
    }))
}

fn percent_decoded(text: &str) -> Result<String, ParseEndpointError> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let decoded = tail.get(..2).and_then(|two| std::str::from_utf8(two).ok());
        match decoded.and_then(|two| u8::from_str_radix(two, 16).ok()) {
            Some(byte) => bytes.push(byte),
            None => {
                return Err(error(
                    "a % in the URL is not followed by two hexadecimal digits (write % as %25)",
                ));
            }
        }
        rest = &tail[2..];
    }
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok(text),
        _ => Err(error("the URL holds bytes that are no text")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(host: &str, port: u16) -> Address {
        Address::Tcp {
            host: host.into(),
            port,
        }
    }

    #[test]
    fn every_form_of_an_address_is_read() {
        for (text, address) in [
            ("db1", tcp("db1", 3306)),
            ("db1:3307", tcp("db1", 3307)),
            ("10.0.0.1:3307", tcp("10.0.0.1", 3307)),
            ("[::1]:3307", tcp("::1", 3307)),
            ("[::1]", tcp("::1", 3306)),
            ("fe80::1", tcp("fe80::1", 3306)),
            (
                "/run/mysqld/mysqld.sock",
                Address::Socket {
                    path: "/run/mysqld/mysqld.sock".into(),
                },
            ),
            (
                "mysql://root@localhost?socket=/run/m.sock",
                Address::Socket {
                    path: "/run/m.sock".into(),
                },
            ),
            ("mysql://u:p@db2:3399/", tcp("db2", 3399)),
            ("u:p@tcp(db3:3307)/kine", tcp("db3", 3307)),
            (
                "u:p@unix(/run/m.sock)/",
                Address::Socket {
                    path: "/run/m.sock".into(),
                },
            ),
        ] {
            let endpoint = text
                .parse::<Endpoint>()
                .unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(endpoint.address, address, "{text}");
            assert_eq!(endpoint.name, address.to_string(), "{text}");
        }
    }

    #[test]
    fn scenario_2_nonsense_is_refused() {
        for text in [
            "",
            ":3306",
            "db:0",
            "db:65536",
            "db:x",
            "[::1",
            "[::1]x",
            "9f7[e::1]:3306",
            "[db1]:3306",
            "a:b:c",
            "mysql://u@a%0ab/",
            "unix()(",
            "mysql://u@h/?socket=",
            "mysql://u@a%C2%85b/",
            "a b",
            "mysql://",
            "http://x/",
            "u@h",
            "mysql://u@h:3306/?bogus=1",
            "mysql://u@h/?ssl-mode=maybe",
            "mysql://u:%zz@h/",
            "a\nb",
            "u@tcp(h",
        ] {
            assert!(text.parse::<Endpoint>().is_err(), "{text:?} was taken");
        }
    }

    #[test]
    fn scenario_3_passwords_come_through_exactly() {
        let password = |text: &str| {
            text.parse::<Endpoint>()
                .unwrap()
                .password
                .unwrap()
                .expose()
                .to_owned()
        };
        assert_eq!(password("mysql://u:%27%22%5C%3B%40%3A%2F%25@h/"), "'\"\\;@:/%");
        assert_eq!(password("u:p@ss:w/rd@tcp(h:1)/"), "p@ss:w/rd");
        assert_eq!(password("mysql://u:@h/"), "");
    }

    #[test]
    fn an_error_never_shows_the_password() {
        for text in [
            "mysql://u:hunter2@h:99999/",
            "mysql://u:hunter2@/",
            "u:hunter2@tcp(h",
            "u:hunter2@h",
        ] {
            let refusal = text.parse::<Endpoint>().unwrap_err().to_string();
            assert!(!refusal.contains("hunter2"), "{refusal}");
        }
    }

    #[test]
    fn tls_wishes_are_read() {
        let tls = "mysql://u@h/?ssl-mode=verify-ca&ssl-ca=/etc/ca.pem"
            .parse::<Endpoint>()
            .unwrap()
            .tls;
        assert_eq!(tls.mode, Some(SslMode::VerifyCa));
        assert_eq!(tls.ca, Some("/etc/ca.pem".into()));
    }
}
