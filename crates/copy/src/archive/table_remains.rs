use crate::table_definition::{SplitTable, split, without_counter};
use std::collections::HashSet;

/// Tells what a table still lacks that a load was cut off in; `None` where it is not on its way to what is wanted.
///
/// Letter by letter, so between servers of two series, which write one definition in other words, it is `None`.
pub(super) fn what_is_missing(wanted: &str, have: &str) -> Option<SplitTable> {
    let (wanted, have) = (without_counter(wanted), without_counter(have));
    let nothing = SplitTable {
        base: String::new(),
        keys: vec![],
        foreign_keys: vec![],
    };
    if wanted == have {
        return Some(nothing);
    }
    let pieces = split(&wanted)?;
    let (wanted, have) = (lines(&wanted), lines(&have));
    if !have.is_subset(&wanted) {
        return None;
    }
    let left = |all: Vec<String>| -> Vec<String> {
        all.into_iter().filter(|line| !have.contains(line.as_str())).collect()
    };
    let missing = SplitTable {
        keys: left(pieces.keys),
        foreign_keys: left(pieces.foreign_keys),
        ..nothing
    };
    (missing.keys.len() + missing.foreign_keys.len() + have.len() == wanted.len()).then_some(missing)
}

fn lines(create: &str) -> HashSet<&str> {
    create
        .lines()
        .map(|line| line.strip_prefix("  ").unwrap_or(line).trim_end_matches(','))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const WHOLE: &str = "CREATE TABLE `t` (\n  `id` int(11) NOT NULL AUTO_INCREMENT,\n  `a` int(11) DEFAULT NULL,\n  \
        PRIMARY KEY (`id`),\n  KEY `k` (`a`),\n  KEY `l` (`a`,`id`),\n  CONSTRAINT `f` FOREIGN KEY (`a`) REFERENCES `o` \
        (`c`)\n) ENGINE=InnoDB AUTO_INCREMENT=12 DEFAULT CHARSET=latin1";

    #[test]
    fn keys_and_foreign_keys_may_be_missing_and_nothing_else() {
        let whole = what_is_missing(WHOLE, &WHOLE.replace("=12", "=99")).unwrap();
        assert!(whole.keys.is_empty() && whole.foreign_keys.is_empty());
        let base = split(WHOLE).unwrap().base;
        let missing = what_is_missing(WHOLE, &base).unwrap();
        assert_eq!((missing.keys.len(), missing.foreign_keys.len()), (2, 1));
        let keyed = base.replace("(`id`)\n", "(`id`),\n  KEY `k` (`a`),\n  KEY `l` (`a`,`id`)\n");
        let missing = what_is_missing(WHOLE, &keyed).unwrap();
        assert_eq!((missing.keys.len(), missing.foreign_keys.len()), (0, 1));
        assert!(what_is_missing(WHOLE, &base.replace("latin1", "utf8mb4")).is_none());
        assert!(what_is_missing(WHOLE, &base.replace("  `a` int(11) DEFAULT NULL,\n", "")).is_none());
        assert!(what_is_missing(WHOLE, &base.replace("`a` int", "`b` int")).is_none());
    }
}
