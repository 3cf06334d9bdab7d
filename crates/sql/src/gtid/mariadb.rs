use super::ParseGtidError;
use serde::{Deserialize, Serialize, Serializer};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// A MariaDB GTID position: per domain, the last transaction and the server that wrote it.
///
/// Within a domain numbers only grow, so a position stands for every transaction of the domain up to it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct MariaDbGtids(BTreeMap<u32, (u32, u64)>);

impl MariaDbGtids {
    /// Tells whether there is no domain in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the domains with server and number of their last transaction.
    pub fn domains(&self) -> impl Iterator<Item = (u32, u32, u64)> + '_ {
        self.0
            .iter()
            .map(|(domain, (server, number))| (*domain, *server, *number))
    }

    /// Returns server and number of a domain's last transaction.
    pub fn domain(&self, domain: u32) -> Option<(u32, u64)> {
        self.0.get(&domain).copied()
    }

    /// Puts a domain's last transaction in.
    pub fn insert(&mut self, domain: u32, server: u32, number: u64) {
        self.0.insert(domain, (server, number));
    }

    pub(super) fn written_by(&self, server_id: u32) -> Self {
        let written = self.0.iter().filter(|(_, (server, _))| *server == server_id);
        Self(written.map(|(domain, last)| (*domain, *last)).collect())
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        let beyond = |(domain, last): (&u32, &(u32, u64))| {
            let have = other.0.get(domain).map_or(0, |(_, number)| *number);
            (last.1 > have).then_some((*domain, *last))
        };
        Self(self.0.iter().filter_map(beyond).collect())
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        let mut all = self.0.clone();
        for (domain, last) in &other.0 {
            let entry = all.entry(*domain).or_insert(*last);
            if last.1 > entry.1 {
                *entry = *last;
            }
        }
        Self(all)
    }

    /// What both have: in each domain of both, the lesser of the two.
    pub(super) fn common_with(&self, other: &Self) -> Self {
        let lesser = |(domain, last): (&u32, &(u32, u64))| {
            let theirs = other.0.get(domain)?;
            Some((*domain, if theirs.1 < last.1 { *theirs } else { *last }))
        };
        Self(self.0.iter().filter_map(lesser).collect())
    }

    pub(super) fn count_beyond(&self, other: &Self) -> u64 {
        let beyond = |(domain, (_, number)): (&u32, &(u32, u64))| {
            number.saturating_sub(other.0.get(domain).map_or(0, |(_, have)| *have))
        };
        self.0.iter().map(beyond).fold(0, u64::saturating_add)
    }
}

impl FromStr for MariaDbGtids {
    type Err = ParseGtidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || ParseGtidError(crate::printable(text));
        let mut domains = BTreeMap::new();
        for gtid in text.split(',').map(str::trim).filter(|gtid| !gtid.is_empty()) {
            let mut parts = gtid.split('-');
            let (domain, server, number) = (parts.next(), parts.next(), parts.next());
            let (Some(domain), Some(server), Some(number), None) = (domain, server, number, parts.next())
            else {
                return Err(refuse());
            };
            let domain: u32 = domain.parse().map_err(|_| refuse())?;
            let last: (u32, u64) = (
                server.parse().map_err(|_| refuse())?,
                number.parse().map_err(|_| refuse())?,
            );
            // gtid_binlog_state names a domain once per server: the furthest counts.
            let entry = domains.entry(domain).or_insert(last);
            if last.1 > entry.1 {
                *entry = last;
            }
        }
        Ok(Self(domains))
    }
}

impl TryFrom<String> for MariaDbGtids {
    type Error = ParseGtidError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl Serialize for MariaDbGtids {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for MariaDbGtids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (domain, (server, number))) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{domain}-{server}-{number}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gtids(text: &str) -> MariaDbGtids {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_read_is_written_again() {
        for text in ["", "0-1-100", "0-1-100,1-2-7,4294967295-1-18446744073709551615"] {
            assert_eq!(gtids(text).to_string(), text);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["0-1", "a-b-c", "0-1-2-3", "-1-1", "4294967296-1-1", "0-1--1"] {
            assert!(text.parse::<MariaDbGtids>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_difference_is_counted_by_domain() {
        let (a, b) = (gtids("0-1-100,1-2-7"), gtids("0-1-90,1-2-9"));
        assert_eq!(a.minus(&b), gtids("0-1-100"));
        assert_eq!(a.count_beyond(&b), 10);
        assert_eq!(b.count_beyond(&a), 2);
        assert_eq!(a.union(&b), gtids("0-1-100,1-2-9"));
    }

    #[test]
    fn a_state_with_a_domain_twice_keeps_the_furthest() {
        assert_eq!(gtids("0-1-5,0-2-9"), gtids("0-2-9"));
    }
}
