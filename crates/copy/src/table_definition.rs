/// A `CREATE TABLE` cut in three: what rows need, the keys that are cheaper to build after them, and foreign keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SplitTable {
    /// The statement without secondary and foreign keys.
    pub(crate) base: String,
    /// Definitions of secondary keys, in order.
    pub(crate) keys: Vec<String>,
    /// Definitions of foreign keys, in order.
    pub(crate) foreign_keys: Vec<String>,
}

/// Words in a definition after which dbha does not cut it: the table would not come out the same, or not be built
/// at the same cost.
const LEAVE_WHOLE: [&str; 9] = [
    "PARTITION BY",
    "SYSTEM VERSIONING",
    "PERIOD FOR",
    "GENERATED ALWAYS",
    "FULLTEXT",
    "SPATIAL",
    "VECTOR",
    "WITHOUT OVERLAPS",
    "CLUSTERING",
];

/// Cuts what `SHOW CREATE TABLE` gave; `None` when there is nothing to gain or any doubt.
///
/// Whether the pieces really make the same table is tried on the target before a row is loaded.
pub(crate) fn split(create: &str) -> Option<SplitTable> {
    if LEAVE_WHOLE.iter().any(|word| create.contains(word)) {
        return None;
    }
    let lines: Vec<&str> = create.lines().collect();
    let (head, rest) = lines.split_first()?;
    let end = rest.iter().rposition(|line| line.starts_with(") ENGINE="))?;
    let (body, tail) = rest.split_at(end);
    let mut kept: Vec<&str> = vec![];
    let mut split = SplitTable {
        base: String::new(),
        keys: vec![],
        foreign_keys: vec![],
    };
    let mut has_primary_key = false;
    let mut generates = None;
    for line in body {
        let definition = line.strip_prefix("  ")?.trim_end_matches(',');
        match kind_of(definition)? {
            Line::Column => {
                if definition.contains(" AUTO_INCREMENT") {
                    generates = Some(quoted_name(definition)?);
                }
                kept.push(definition);
            }
            Line::PrimaryKey => {
                // The generated number needs a key that begins with it.
                let leads = |column: &str| definition.starts_with(&format!("PRIMARY KEY ({column}"));
                if generates.is_some_and(|column| !leads(column)) {
                    return None;
                }
                has_primary_key = true;
                kept.push(definition);
            }
            Line::Check => kept.push(definition),
            Line::Key => split.keys.push(definition.to_owned()),
            Line::ForeignKey => split.foreign_keys.push(definition.to_owned()),
        }
    }
    // Without a primary key the first unique key holds the rows.
    if !has_primary_key || split.keys.is_empty() {
        return None;
    }
    split.base = format!("{head}\n  {}\n{}", kept.join(",\n  "), tail.join("\n"));
    Some(split)
}

/// Tells what a table on the target still lacks of a definition; the outer `None` where it is another table.
pub(crate) fn missing(have: &str, wanted: &str) -> Option<Option<SplitTable>> {
    let have = without_counter(have);
    if have == without_counter(wanted) {
        return Some(None);
    }
    let pieces = split(wanted)?;
    if have == without_counter(&pieces.base) {
        return Some(Some(pieces));
    }
    let with_keys = without_foreign_keys(wanted)?;
    (have == without_counter(&with_keys)).then(|| {
        Some(SplitTable {
            keys: vec![],
            ..pieces
        })
    })
}

fn without_foreign_keys(create: &str) -> Option<String> {
    let lines: Vec<&str> = create.lines().collect();
    let end = lines.iter().rposition(|line| line.starts_with(") ENGINE="))?;
    let mut body = vec![];
    for line in &lines[1..end] {
        let definition = line.strip_prefix("  ")?.trim_end_matches(',');
        if !matches!(kind_of(definition)?, Line::ForeignKey) {
            body.push(definition);
        }
    }
    Some(format!(
        "{}\n  {}\n{}",
        lines[0],
        body.join(",\n  "),
        lines[end..].join("\n")
    ))
}

/// Returns the number that a table generates next, where its definition says so.
pub(crate) fn counter(create: &str) -> Option<u64> {
    let (_, options) = create.split_at(create.rfind("\n) ")?);
    let (_, after) = options.split_once(" AUTO_INCREMENT=")?;
    let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    after[..digits].parse().ok()
}

enum Line {
    Column,
    PrimaryKey,
    Key,
    ForeignKey,
    Check,
}

fn kind_of(definition: &str) -> Option<Line> {
    if definition.starts_with('`') {
        return Some(Line::Column);
    }
    if definition.starts_with("PRIMARY KEY (") {
        return Some(Line::PrimaryKey);
    }
    if definition.starts_with("KEY `") || definition.starts_with("UNIQUE KEY `") {
        return Some(Line::Key);
    }
    let named = definition.strip_prefix("CONSTRAINT ")?;
    let after_name = named.strip_prefix(quoted_name(named)?)?;
    if after_name.starts_with(" FOREIGN KEY (") {
        Some(Line::ForeignKey)
    } else if after_name.starts_with(" CHECK (") {
        Some(Line::Check)
    } else {
        None
    }
}

/// Returns the quoted name with which a text begins, backticks included.
fn quoted_name(text: &str) -> Option<&str> {
    let mut chars = text.char_indices().skip(1).peekable();
    if !text.starts_with('`') {
        return None;
    }
    while let Some((at, c)) = chars.next() {
        if c == '`' && chars.next_if(|(_, next)| *next == '`').is_none() {
            return Some(&text[..=at]);
        }
    }
    None
}

/// Takes the counter of generated numbers out of a definition: it moves, and is compared by its effect.
pub(crate) fn without_counter(create: &str) -> String {
    let Some(end) = create.rfind("\n) ") else {
        return create.to_owned();
    };
    let (body, options) = create.split_at(end);
    let Some(at) = options.find(" AUTO_INCREMENT=") else {
        return create.to_owned();
    };
    let after = &options[at + " AUTO_INCREMENT=".len()..];
    let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
    format!("{body}{}{}", &options[..at], &after[digits..])
}

/// Takes collations out of columns that have them from their table.
///
/// MySQL shows them where they are not the character set's first, and would remember a definition with them as
/// another wish: the same table would then be shown in other words.
pub(crate) fn with_inherited_collations(create: &str) -> String {
    let options = create.rfind("\n) ").map_or("", |at| &create[at..]);
    let default = options.split_once(" COLLATE=").map(|(_, rest)| rest);
    let Some(default) = default.and_then(|rest| rest.split([' ', '\n']).next()) else {
        return create.to_owned();
    };
    let words = format!(" COLLATE {default}");
    let lines: Vec<String> = create
        .split('\n')
        .map(|line| match line.starts_with("  `") {
            true => without_own_collation(line, &words),
            false => line.to_owned(),
        })
        .collect();
    lines.join("\n")
}

fn without_own_collation(line: &str, words: &str) -> String {
    let Some((before, after)) = line.split_once(words) else {
        return line.to_owned();
    };
    // Within the texts of an enumeration or a default the words mean nothing; a quote in a name opens no text.
    let quoted = after_name(before).matches('\'').count() % 2 == 1;
    let longer_name = !(after.is_empty() || after.starts_with([' ', ',']));
    match quoted || longer_name || before.contains(" CHARACTER SET ") {
        true => line.to_owned(),
        false => format!("{before}{after}"),
    }
}

/// Returns what follows the quoted name at the beginning of a column's line.
fn after_name(line: &str) -> &str {
    let mut rest = line.trim_start().strip_prefix('`').unwrap_or(line);
    while let Some((_, after)) = rest.split_once('`') {
        match after.strip_prefix('`') {
            Some(more) => rest = more,
            None => return after,
        }
    }
    rest
}

/// Tells where two definitions part, in a few words of each.
pub(crate) fn first_difference(source: &str, target: &str) -> String {
    let lines = source.lines().zip(target.lines()).find(|(a, b)| a != b);
    match lines {
        Some((a, b)) => format!("`{}` became `{}`", a.trim(), b.trim()),
        None => "one of them goes on where the other ends".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: &str = "CREATE TABLE `t` (\n  `id` int(11) NOT NULL AUTO_INCREMENT,\n  `a``b` int(11) DEFAULT NULL,\n  \
        `c` char(3) DEFAULT ',',\n  PRIMARY KEY (`id`),\n  UNIQUE KEY `u` (`a``b`),\n  KEY `k` (`c`,`a``b`),\n  \
        CONSTRAINT `f` FOREIGN KEY (`c`) REFERENCES `o` (`c`),\n  CONSTRAINT `ch` CHECK (`c` <> 'x')\n) \
        ENGINE=InnoDB AUTO_INCREMENT=12 DEFAULT CHARSET=latin1 COMMENT='AUTO_INCREMENT=3'";

    #[test]
    fn keys_and_foreign_keys_are_cut_out_in_order() {
        let split = split(PLAIN).unwrap();
        assert_eq!(split.keys, ["UNIQUE KEY `u` (`a``b`)", "KEY `k` (`c`,`a``b`)"]);
        assert_eq!(split.foreign_keys.len(), 1);
        assert!(split.base.contains("CHECK") && !split.base.contains("KEY `k`"));
        assert!(split.base.contains("AUTO_INCREMENT=12"));
    }

    #[test]
    fn doubt_leaves_a_table_whole() {
        for (from, to) in [
            ("PRIMARY KEY (`id`)", "KEY `id` (`id`)"),
            ("PRIMARY KEY (`id`)", "PRIMARY KEY (`c`,`id`)"),
            ("KEY `k`", "FULLTEXT KEY `k`"),
            ("  KEY `k`", "  SOME KEY `k`"),
            ("COMMENT=", "PARTITION BY "),
        ] {
            assert_eq!(split(&PLAIN.replace(from, to)), None, "{to}");
        }
    }

    #[test]
    fn what_a_table_lacks_is_seen_by_what_it_has() {
        let pieces = split(PLAIN).unwrap();
        let moved = PLAIN.replace("AUTO_INCREMENT=12 ", "AUTO_INCREMENT=99 ");
        assert_eq!(missing(&moved, PLAIN), Some(None));
        assert_eq!(missing(&pieces.base, PLAIN), Some(Some(pieces.clone())));
        let with_keys = without_foreign_keys(PLAIN).unwrap();
        let left = missing(&with_keys, PLAIN).unwrap().unwrap();
        assert_eq!((left.keys.len(), left.foreign_keys.len()), (0, 1));
        assert_eq!(missing(&PLAIN.replace("char(3)", "char(4)"), PLAIN), None);
        assert_eq!(missing(&PLAIN.replace("KEY `k`", "KEY `j`"), PLAIN), None);
        assert_eq!(counter(PLAIN), Some(12));
    }

    #[test]
    fn only_the_counter_itself_is_taken_out() {
        assert_eq!(without_counter(PLAIN), PLAIN.replace(" AUTO_INCREMENT=12", ""));
        assert_eq!(without_counter("CREATE VIEW"), "CREATE VIEW");
    }

    #[test]
    fn quotes_in_a_name_open_no_text() {
        let create = "CREATE TABLE `t` (\n  `what's ``in` it` char(1) COLLATE x_bin\n) COLLATE=x_bin";
        assert!(!with_inherited_collations(create).contains("` char(1) COLLATE"));
    }

    #[test]
    fn only_collations_of_the_table_are_taken_out() {
        let create = "CREATE TABLE `t` (\n  `a` char(1) COLLATE x_bin DEFAULT NULL,\n  `b` char(1) COLLATE x_binx,\n  \
            `c` char(1) CHARACTER SET x COLLATE x_bin,\n  `d` enum(' COLLATE x_bin')\n) ENGINE=InnoDB COLLATE=x_bin";
        let expected = create.replacen(" COLLATE x_bin", "", 1);
        assert_eq!(with_inherited_collations(create), expected);
        let first = create.replace(" COLLATE=x_bin", "");
        assert_eq!(with_inherited_collations(&first), first);
    }

    #[test]
    fn a_name_ends_where_its_quotes_do() {
        assert_eq!(quoted_name("`a``b` x"), Some("`a``b`"));
        assert_eq!(quoted_name("`a``"), None);
    }
}
