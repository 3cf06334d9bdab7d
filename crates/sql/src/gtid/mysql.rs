use super::ParseGtidError;
use serde::{Deserialize, Serialize, Serializer};
use std::{collections::BTreeMap, fmt, str::FromStr};

/// A MySQL GTID set: per server (and tag, from 8.3) the intervals of its transactions.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct MySqlGtids(BTreeMap<(String, String), Vec<Interval>>);

/// First and last transaction of an unbroken run, both included.
type Interval = (u64, u64);

impl MySqlGtids {
    /// Tells whether there is no transaction in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Counts the transactions.
    pub fn count(&self) -> u64 {
        self.0
            .values()
            .flatten()
            .map(|(first, last)| last - first + 1)
            .fold(0, u64::saturating_add)
    }

    /// Returns what belongs to one server.
    #[must_use]
    pub fn of_server(&self, server_uuid: &str) -> Self {
        let mine =
            |((uuid, _), _): &(&(String, String), &Vec<Interval>)| uuid.eq_ignore_ascii_case(server_uuid);
        Self(
            self.0
                .iter()
                .filter(mine)
                .map(|(key, runs)| (key.clone(), runs.clone()))
                .collect(),
        )
    }

    pub(super) fn minus(&self, other: &Self) -> Self {
        let mut left = BTreeMap::new();
        for (key, runs) in &self.0 {
            let remaining = subtract(runs, other.0.get(key).map_or(&[], Vec::as_slice));
            if !remaining.is_empty() {
                left.insert(key.clone(), remaining);
            }
        }
        Self(left)
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        let mut all = self.0.clone();
        for (key, runs) in &other.0 {
            let entry = all.entry(key.clone()).or_default();
            entry.extend(runs);
            *entry = normal(std::mem::take(entry));
        }
        Self(all)
    }
}

/// Sorts intervals and joins those that touch.
fn normal(mut runs: Vec<Interval>) -> Vec<Interval> {
    runs.sort_unstable();
    let mut joined: Vec<Interval> = Vec::with_capacity(runs.len());
    for (first, last) in runs {
        match joined.last_mut() {
            Some((_, end)) if first <= end.saturating_add(1) => *end = (*end).max(last),
            _ => joined.push((first, last)),
        }
    }
    joined
}

fn subtract(runs: &[Interval], holes: &[Interval]) -> Vec<Interval> {
    let mut left = Vec::new();
    for (mut first, last) in runs.iter().copied() {
        for (hole_first, hole_last) in holes.iter().copied() {
            if hole_last < first || hole_first > last {
                continue;
            }
            if hole_first > first {
                left.push((first, hole_first - 1));
            }
            first = hole_last.saturating_add(1);
            if first > last {
                break;
            }
        }
        if first <= last {
            left.push((first, last));
        }
    }
    left
}

fn interval(text: &str) -> Option<Interval> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first >= 1 && first <= last && last < u64::MAX).then_some((first, last))
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.char_indices().all(|(at, c)| match at {
            8 | 13 | 18 | 23 => c == '-',
            _ => c.is_ascii_hexdigit(),
        })
}

impl FromStr for MySqlGtids {
    type Err = ParseGtidError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = || ParseGtidError(crate::printable(text));
        let mut sets: BTreeMap<(String, String), Vec<Interval>> = BTreeMap::new();
        for one in text.split(',').map(str::trim).filter(|one| !one.is_empty()) {
            let mut parts = one.split(':').map(str::trim);
            let uuid = parts
                .next()
                .filter(|uuid| is_uuid(uuid))
                .ok_or_else(refuse)?
                .to_ascii_lowercase();
            let mut tag = String::new();
            for part in parts {
                match interval(part) {
                    Some(run) => sets.entry((uuid.clone(), tag.clone())).or_default().push(run),
                    // A tag holds for the intervals after it.
                    None if part.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') => {
                        tag = part.to_ascii_lowercase();
                    }
                    None => return Err(refuse()),
                }
            }
        }
        Ok(Self(
            sets.into_iter().map(|(key, runs)| (key, normal(runs))).collect(),
        ))
    }
}

impl TryFrom<String> for MySqlGtids {
    type Error = ParseGtidError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl Serialize for MySqlGtids {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl fmt::Display for MySqlGtids {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, ((uuid, tag), runs)) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{uuid}")?;
            if !tag.is_empty() {
                write!(f, ":{tag}")?;
            }
            for (first, last) in runs {
                match first == last {
                    true => write!(f, ":{first}")?,
                    false => write!(f, ":{first}-{last}")?,
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
    const B: &str = "4e11fa47-71ca-11e1-9e33-c80aa9429562";

    fn gtids(text: &str) -> MySqlGtids {
        text.parse().unwrap()
    }

    #[test]
    fn what_is_read_is_written_again() {
        for text in [
            String::new(),
            format!("{A}:1-5"),
            format!("{A}:1-5:7:9-10,{B}:1"),
            format!("{A}:1,{A}:tag:3-4"),
        ] {
            assert_eq!(gtids(&text).to_string(), text);
        }
    }

    #[test]
    fn servers_break_lines_and_repeat_themselves() {
        assert_eq!(
            gtids(&format!("{}:3-5:1-2,\n{B}:1", A.to_uppercase())),
            gtids(&format!("{A}:1-5,{B}:1"))
        );
        assert_eq!(gtids(&format!("{A}:1:tag:3")), gtids(&format!("{A}:1,{A}:tag:3")));
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "x",
            "3e11fa47:1",
            &format!("{A}:0"),
            &format!("{A}:5-1"),
            &format!("{A}:-3"),
            "0-1-5",
        ] {
            assert!(text.parse::<MySqlGtids>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_difference_cuts_intervals() {
        let all = gtids(&format!("{A}:1-10,{B}:1-3"));
        let some = gtids(&format!("{A}:1-2:5:9-20"));
        assert_eq!(all.minus(&some), gtids(&format!("{A}:3-4:6-8,{B}:1-3")));
        assert_eq!(all.minus(&some).count(), 8);
        assert!(all.minus(&all).is_empty());
    }

    #[test]
    fn laws_hold_for_many_small_sets() {
        // Every subset of 1..=6 against every other, by bits.
        let set = |bits: u32| {
            let runs: String = (1..=6)
                .filter(|n| bits & (1 << n) != 0)
                .map(|n| format!(":{n}"))
                .collect();
            gtids(&if runs.is_empty() {
                String::new()
            } else {
                format!("{A}{runs}")
            })
        };
        for a in (0..128).step_by(2) {
            for b in (0..128).step_by(2) {
                assert_eq!(set(a).minus(&set(b)), set(a & !b));
                assert_eq!(set(a).union(&set(b)), set(a | b));
            }
        }
    }
}
