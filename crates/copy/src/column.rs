use serde::{Deserialize, Serialize};

/// One column of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type without length and attributes, in lower case: `varchar`, `bigint`, `enum`.
    pub data_type: String,
    /// Its whole type: `bigint(20) unsigned`.
    pub column_type: String,
    /// Character set of its texts; `None` where it holds none.
    pub charset: Option<String>,
    /// Collation of its texts; `None` where it holds none.
    pub collation: Option<String>,
    /// Longest value in bytes, for texts and binary strings.
    pub longest_bytes: Option<u64>,
    /// Whether it takes NULL.
    pub nullable: bool,
    /// Who gives it its value.
    pub origin: Origin,
}

/// Who gives a column its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Origin {
    /// Whoever writes the row.
    Written,
    /// Computed from the row whenever it is read.
    Virtual,
    /// Computed from the row and kept.
    Stored,
    /// The moment since which this version of the row holds.
    RowStart,
    /// The moment until which this version of the row held.
    RowEnd,
}

impl Origin {
    /// Reads what `information_schema.COLUMNS` says in EXTRA and GENERATION_EXPRESSION.
    pub(crate) fn detect(extra: &str, expression: &str) -> Self {
        let extra = extra.to_ascii_uppercase();
        // MySQL's DEFAULT_GENERATED is a default by expression, and no generated column.
        let generated = ["VIRTUAL GENERATED", "STORED GENERATED", "PERSISTENT GENERATED"]
            .into_iter()
            .find(|word| extra.contains(word));
        match (expression.to_ascii_uppercase().as_str(), generated) {
            ("ROW START", _) => Origin::RowStart,
            ("ROW END", _) => Origin::RowEnd,
            (_, Some("VIRTUAL GENERATED")) => Origin::Virtual,
            (_, Some(_)) => Origin::Stored,
            (_, None) => Origin::Written,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Origin;

    #[test]
    fn a_default_by_expression_is_still_written() {
        assert_eq!(Origin::detect("DEFAULT_GENERATED", ""), Origin::Written);
        assert_eq!(Origin::detect("INVISIBLE", ""), Origin::Written);
        assert_eq!(Origin::detect("auto_increment", ""), Origin::Written);
    }

    #[test]
    fn generated_columns_are_told_apart() {
        assert_eq!(Origin::detect("VIRTUAL GENERATED", "`a` + 1"), Origin::Virtual);
        assert_eq!(Origin::detect("STORED GENERATED", "`a` + 1"), Origin::Stored);
        assert_eq!(
            Origin::detect("STORED GENERATED, INVISIBLE", "ROW START"),
            Origin::RowStart
        );
        assert_eq!(Origin::detect("STORED GENERATED", "ROW END"), Origin::RowEnd);
    }
}
