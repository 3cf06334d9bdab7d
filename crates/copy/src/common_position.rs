use dbha_sql::GtidSet;

/// Where the secondary stands, seen from a primary that stands still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stand {
    /// It lacks these transactions.
    Behind(GtidSet),
    /// It has transactions that will reach the primary, and have not.
    Ahead(GtidSet),
    /// It has exactly what the primary has, and these beside it, that will never reach the primary.
    Together(GtidSet),
}

/// Judges two positions; `way_back` tells whether what is written on the secondary reaches the primary.
pub(crate) fn judge(primary: &GtidSet, secondary: &GtidSet, way_back: bool) -> Stand {
    let missing = primary.minus(secondary);
    let more = secondary.minus(primary);
    if !more.is_empty() && way_back {
        // Also where it is behind as well: the primary stands still and gets no more of it.
        return Stand::Ahead(more);
    }
    match (missing.is_empty(), more.is_empty()) {
        (false, _) => Stand::Behind(missing),
        // The same number from another server: in a domain that both write to it says nothing about the rest.
        (true, true) if secondary != primary => Stand::Ahead(secondary.clone()),
        (true, _) => Stand::Together(more),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbha_sql::Flavor;

    fn judged(primary: &str, secondary: &str, way_back: bool) -> Stand {
        let set = |text| GtidSet::parse(Flavor::MariaDb, text).unwrap();
        judge(&set(primary), &set(secondary), way_back)
    }

    #[test]
    fn every_domain_counts() {
        let set = |text| GtidSet::parse(Flavor::MariaDb, text).unwrap();
        assert_eq!(
            judged("0-1-9,2-2-3", "0-1-9,2-2-3", true),
            Stand::Together(set(""))
        );
        assert_eq!(
            judged("0-1-9,2-2-3", "0-1-8,2-2-3", true),
            Stand::Behind(set("0-1-9"))
        );
        assert_eq!(
            judged("0-1-9,2-2-3", "0-1-8,2-2-4", true),
            Stand::Ahead(set("2-2-4"))
        );
        assert_eq!(judged("0-1-9", "0-1-9,2-2-4", true), Stand::Ahead(set("2-2-4")));
        assert_eq!(
            judged("0-1-9", "0-1-9,2-2-4", false),
            Stand::Together(set("2-2-4"))
        );
    }

    #[test]
    fn one_number_of_two_servers_is_no_common_position() {
        assert!(matches!(judged("0-1-9", "0-2-9", false), Stand::Ahead(_)));
    }
}
