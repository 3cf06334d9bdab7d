use crate::{difference::DifferenceKind, range_key::Bound};
use std::collections::HashMap;

/// Key and checksum of one row.
pub(crate) type KeyedRow = (Bound, u64);

/// Compares the rows of two servers by their keys; in the order of the primary's, the secondary's own behind them.
///
/// Keys are the same when they are written the same: under a collation that takes `a` for `A`, a key that was changed
/// so counts as a row of each server.
pub(crate) fn differences(primary: Vec<KeyedRow>, secondary: Vec<KeyedRow>) -> Vec<(DifferenceKind, Bound)> {
    let order: Vec<Bound> = secondary.iter().map(|(key, _)| key.clone()).collect();
    let mut left: HashMap<Bound, u64> = secondary.into_iter().collect();
    let mut found = vec![];
    for (key, checksum) in primary {
        match left.remove(&key) {
            None => found.push((DifferenceKind::OnlyOnPrimary, key)),
            Some(other) if other != checksum => found.push((DifferenceKind::Differs, key)),
            Some(_) => {}
        }
    }
    let extra = order.into_iter().filter(|key| left.contains_key(key));
    found.extend(extra.map(|key| (DifferenceKind::OnlyOnSecondary, key)));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_paired_by_key_wherever_they_stand() {
        let row = |key: &str, checksum| (vec![key.to_owned()], checksum);
        let primary = vec![row("1", 10), row("2", 20), row("4", 40)];
        let secondary = vec![row("0", 5), row("2", 21), row("4", 40), row("9", 90)];
        let found = differences(primary, secondary);
        let found: Vec<_> = found.iter().map(|(kind, key)| (*kind, key[0].as_str())).collect();
        assert_eq!(
            found,
            [
                (DifferenceKind::OnlyOnPrimary, "1"),
                (DifferenceKind::Differs, "2"),
                (DifferenceKind::OnlyOnSecondary, "0"),
                (DifferenceKind::OnlyOnSecondary, "9"),
            ]
        );
    }
}
