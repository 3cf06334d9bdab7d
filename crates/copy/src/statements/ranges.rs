use crate::{
    piece::Piece,
    range_key::{Bound, RangeKey},
    statements::rows,
};
use dbha_sql::{Dialect, Statement, quote_identifier};

/// Reads rows of a piece, columns by name, in the order of its key and at most so many, where it has one.
pub(crate) fn read(piece: &Piece, target: Dialect, most: u64) -> Statement {
    let values = rows::values(&piece.table, target);
    let rows = match &piece.key {
        Some(key) => format!("{} ORDER BY {} LIMIT {most}", selected(piece), order(key)),
        None => selected(piece),
    };
    Statement::new(format!("SELECT {values} FROM {rows}"))
}

/// Finds the key of the row that lies so many rows behind a piece's beginning: the columns that a bound is made of,
/// as they travel.
pub(crate) fn probe(piece: &Piece, key: &RangeKey, target: Dialect, rows: u64) -> Statement {
    let columns = rows::key_values(&piece.table, key, target);
    Statement::new(format!(
        "SELECT {columns} FROM {} ORDER BY {} LIMIT 1 OFFSET {rows}",
        selected(piece),
        order(key)
    ))
}

/// Names the rows of a piece as a source of rows.
pub(crate) fn selected(piece: &Piece) -> String {
    let mut text = rows::source_of(&piece.table, piece.partition.as_deref());
    if let Some(key) = &piece.key {
        text.push_str(&format!(" FORCE INDEX ({})", quote_identifier(&key.index)));
    }
    text + &conditions(piece)
}

/// Names the rows of a piece for a statement that takes no index by name.
pub(crate) fn restricted(piece: &Piece) -> String {
    rows::source_of(&piece.table, piece.partition.as_deref()) + &conditions(piece)
}

fn conditions(piece: &Piece) -> String {
    let Some(key) = &piece.key else {
        return String::new();
    };
    let after = piece.after.as_ref().map(|bound| beyond(key, bound));
    let through = piece.through.as_ref().map(|bound| up_to(key, bound));
    let conditions: Vec<String> = after.into_iter().chain(through).collect();
    match conditions.is_empty() {
        true => String::new(),
        false => format!(" WHERE {}", conditions.join(" AND ")),
    }
}

/// Lists the columns of a key, each in its direction.
pub(crate) fn order(key: &RangeKey) -> String {
    let part = |part: &crate::range_key::RangeKeyPart| {
        let direction = if part.descending { " DESC" } else { "" };
        format!("{}{direction}", quote_identifier(&part.column))
    };
    key.parts.iter().map(part).collect::<Vec<_>>().join(", ")
}

/// Says that a key lies behind a bound.
///
/// Spelt out column by column: a comparison of rows would read the index from its beginning.
fn beyond(key: &RangeKey, bound: &Bound) -> String {
    compared(key, bound, false)
}

/// Says that a key lies at a bound or before it.
fn up_to(key: &RangeKey, bound: &Bound) -> String {
    compared(key, bound, true)
}

fn compared(key: &RangeKey, bound: &Bound, up_to: bool) -> String {
    let mut text = String::new();
    for (part, literal) in key.parts.iter().zip(bound).rev() {
        let name = quote_identifier(&part.column);
        let sign = match part.descending == up_to {
            true => ">",
            false => "<",
        };
        text = match (text.is_empty(), up_to) {
            (true, true) => format!("{name} {sign}= {literal}"),
            (true, false) => format!("{name} {sign} {literal}"),
            // The first condition alone lets the server find the place in the index.
            (false, _) => format!("{name} {sign}= {literal} AND ({name} {sign} {literal} OR {text})"),
        };
    }
    format!("({text})")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::table_with_key;
    use dbha_sql::{Flavor, Version};
    use std::sync::Arc;

    fn piece(columns: &[(&str, &str, bool)]) -> Piece {
        Piece::whole(Arc::new(table_with_key(columns)))
    }

    #[test]
    fn one_column_is_compared_as_it_stands() {
        let piece = piece(&[("id", "int", false)]).between(Some(vec!["3".into()]), Some(vec!["9".into()]));
        let dialect = Dialect::new(Flavor::MariaDb, Version::new(10, 11, 6));
        assert_eq!(
            read(&piece, dialect, 7).sql(),
            "SELECT `id` FROM `s`.`t` FORCE INDEX (`PRIMARY`) WHERE (`id` > 3) AND (`id` <= 9) ORDER BY `id` LIMIT 7"
        );
    }

    #[test]
    fn several_columns_are_compared_one_after_the_other_each_in_its_direction() {
        let piece = piece(&[("a", "int", false), ("b", "int", true)])
            .between(Some(vec!["3".into(), "4".into()]), None);
        assert_eq!(
            selected(&piece),
            "`s`.`t` FORCE INDEX (`PRIMARY`) WHERE (`a` >= 3 AND (`a` > 3 OR `b` < 4))"
        );
        let piece = piece.between(None, Some(vec!["3".into(), "4".into()]));
        assert_eq!(
            selected(&piece),
            "`s`.`t` FORCE INDEX (`PRIMARY`) WHERE (`a` <= 3 AND (`a` < 3 OR `b` >= 4))"
        );
    }

    #[test]
    fn a_type_without_literals_is_not_cut() {
        assert_eq!(piece(&[("d", "double", false)]).key, None);
        assert_eq!(piece(&[("id", "int", false), ("e", "enum", false)]).key, None);
    }
}
