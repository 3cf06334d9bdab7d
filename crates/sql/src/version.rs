use crate::Flavor;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A server's version as three numbers; compared by order, never by equality.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version {
    /// First number.
    pub major: u16,
    /// Second number.
    pub minor: u16,
    /// Third number.
    pub patch: u16,
}

/// The text is not a server version.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a server version such as 10.11.6-MariaDB or 8.4.2")]
pub struct ParseVersionError(String);

impl Version {
    /// Makes a version of its three numbers.
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self { major, minor, patch }
    }

    /// Reads what `SELECT VERSION()` or a greeting packet says, e.g. `5.5.5-10.11.19-MariaDB-log`, `9.7.4-2`.
    pub fn detect(text: &str) -> Result<(Flavor, Version), ParseVersionError> {
        let flavor = match text.to_ascii_lowercase().contains("mariadb") {
            true => Flavor::MariaDb,
            false => Flavor::MySql,
        };
        // On the wire old MariaDB servers hide behind a 5.5.5- so that ancient replicas accept them.
        let bare = match flavor {
            Flavor::MariaDb => match text.strip_prefix("5.5.5-") {
                Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => rest,
                _ => text,
            },
            Flavor::MySql => text,
        };
        let mut numbers = bare.splitn(3, '.').map(|part| {
            let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            part[..end].parse::<u16>().ok()
        });
        match (
            numbers.next().flatten(),
            numbers.next().flatten(),
            numbers.next().flatten(),
        ) {
            (Some(major), Some(minor), Some(patch)) => Ok((flavor, Version::new(major, minor, patch))),
            _ => Err(ParseVersionError(crate::printable(text))),
        }
    }

    /// Tells whether both belong to one release series (`10.11`, `8.4`).
    pub fn same_series(self, other: Version) -> bool {
        (self.major, self.minor) == (other.major, other.minor)
    }

    /// Returns the series, `10.11`.
    pub fn series(self) -> String {
        format!("{}.{}", self.major, self.minor)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_every_form_seen_in_the_field() {
        let cases = [
            (
                "5.5.5-10.11.19-MariaDB-0+deb12u1-log",
                Flavor::MariaDb,
                Version::new(10, 11, 19),
            ),
            (
                "11.8.6-MariaDB-0+deb13u1 from Debian-log",
                Flavor::MariaDb,
                Version::new(11, 8, 6),
            ),
            (
                "10.5.23-MariaDB-0+deb11u1",
                Flavor::MariaDb,
                Version::new(10, 5, 23),
            ),
            ("9.7.4-2", Flavor::MySql, Version::new(9, 7, 4)),
            ("8.0.36-0ubuntu0.22.04.1", Flavor::MySql, Version::new(8, 0, 36)),
            ("5.7.44-log", Flavor::MySql, Version::new(5, 7, 44)),
            ("26.10.0", Flavor::MySql, Version::new(26, 10, 0)),
            ("5.5.68-MariaDB", Flavor::MariaDb, Version::new(5, 5, 68)),
            ("5.5.5-MariaDB", Flavor::MariaDb, Version::new(5, 5, 5)),
        ];
        for (text, flavor, version) in cases {
            assert_eq!(Version::detect(text), Ok((flavor, version)), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_version() {
        for text in ["", "x", "8", "8.0", "8.0.", "99999999.1.1", "MariaDB"] {
            assert!(Version::detect(text).is_err(), "{text}");
        }
    }
}
