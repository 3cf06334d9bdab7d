//! By which way a server's machine is reached.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::{fmt, str::FromStr};

/// Way to the machine of a server, as `local`, `ssh:USER@HOST[:PORT]` or `docker:CONTAINER`; it holds no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostAccess {
    /// The machine that dbha runs on.
    Local,
    /// Through the system's `ssh`, with its keys and its configuration.
    Ssh {
        /// Account there; `None` leaves it to `ssh`.
        user: Option<String>,
        /// Host as `ssh` knows it.
        host: String,
        /// Port; `None` leaves it to `ssh`.
        port: Option<u16>,
    },
    /// A container of the Docker that the `docker` command speaks to.
    Docker {
        /// Name or id.
        container: String,
    },
}

/// Whether dbha may restart a server.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Restart {
    /// Never.
    #[default]
    Never,
    /// Where a setting cannot be had without.
    Allowed,
}

impl fmt::Display for HostAccess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostAccess::Local => f.write_str("local"),
            HostAccess::Ssh { user, host, port } => {
                f.write_str("ssh:")?;
                if let Some(user) = user {
                    write!(f, "{user}@")?;
                }
                match port {
                    // Without brackets the port would be read as a part of the address.
                    Some(port) if host.contains(':') => write!(f, "[{host}]:{port}"),
                    Some(port) => write!(f, "{host}:{port}"),
                    None if host.contains(':') => write!(f, "[{host}]"),
                    None => f.write_str(host),
                }
            }
            HostAccess::Docker { container } => write!(f, "docker:{container}"),
        }
    }
}

impl FromStr for HostAccess {
    type Err = String;

    /// Reads a way; only letters, digits and a few marks may be in names, so that none can be read as an option.
    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is none of local, ssh:USER@HOST[:PORT], docker:CONTAINER");
        if text == "local" {
            return Ok(HostAccess::Local);
        }
        if let Some(container) = text.strip_prefix("docker:") {
            let container = container.to_owned();
            return is_name(&container, "_.-")
                .then_some(HostAccess::Docker { container })
                .ok_or_else(wrong);
        }
        let rest = text.strip_prefix("ssh:").ok_or_else(wrong)?;
        let (user, place) = match rest.split_once('@') {
            Some((user, place)) => (Some(user.to_owned()), place),
            None => (None, rest),
        };
        let (host, port) = host_and_port(place).ok_or_else(wrong)?;
        if !is_name(&host, "_.-:%") || user.as_deref().is_some_and(|user| !is_name(user, "_.-\\")) {
            return Err(wrong());
        }
        Ok(HostAccess::Ssh { user, host, port })
    }
}

fn host_and_port(place: &str) -> Option<(String, Option<u16>)> {
    let port = |text: &str| text.parse().ok().filter(|port| *port != 0);
    if let Some((host, rest)) = place.strip_prefix('[').and_then(|place| place.split_once(']')) {
        return match rest.strip_prefix(':') {
            Some(number) => Some((host.to_owned(), Some(port(number)?))),
            None if rest.is_empty() => Some((host.to_owned(), None)),
            None => None,
        };
    }
    match place.split_once(':') {
        Some((host, number)) if !number.contains(':') => Some((host.to_owned(), Some(port(number)?))),
        // An IPv6 address without brackets.
        _ => Some((place.to_owned(), None)),
    }
}

fn is_name(text: &str, marks: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || marks.contains(c);
    text.len() <= 255
        && text.chars().all(allowed)
        && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == ':' || c == '_')
}

impl Serialize for HostAccess {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for HostAccess {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_is_read_as_it_is_written() {
        for text in [
            "local",
            "ssh:db1",
            "ssh:root@db1.example",
            "ssh:root@db1:2222",
            "ssh:root@[fd00::1]:22",
            "ssh:[fd00::1]",
            "docker:shop_db-1",
        ] {
            assert_eq!(text.parse::<HostAccess>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn scenario_84_a_name_that_could_be_an_option_or_a_command_is_refused() {
        for text in [
            "",
            "Local",
            "ssh:",
            "ssh:-oProxyCommand=sh",
            "ssh:root@-x",
            "ssh:a b",
            "ssh:a;b",
            "ssh:host:0",
            "ssh:host:port",
            "ssh:$(id)@host",
            "docker:",
            "docker:--privileged",
            "docker:a\nb",
            "docker:../x",
        ] {
            assert!(text.parse::<HostAccess>().is_err(), "{text:?}");
        }
    }
}
