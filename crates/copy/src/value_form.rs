use crate::{Column, Origin};
use dbha_sql::Dialect;

/// How the values of a column travel without being changed on the way.
///
/// Rows are read and written in the binary protocol under `SET NAMES binary`, so numbers, times and texts come as
/// they are; the forms other than [`ValueForm::Plain`] are for types where that alone would lose something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueForm {
    /// As it is.
    Plain,
    /// By its number: bits, sets, and the place in an enumeration, which may be 0 where no name fits.
    Number {
        /// Whether 0 is a value that the target notes when it is stored.
        zero_is_noted: bool,
    },
    /// As a text, because raw bytes are refused or read as the 16 bytes of an address.
    Text,
    /// As a text: MySQL refuses the ends of the range of TIME in the binary protocol.
    Time,
    /// As a text with a character set, because JSON takes no raw bytes.
    Json,
    /// The end of time of a current row, which newer servers put later.
    EndOfTime,
}

impl ValueForm {
    /// Chooses the form for a column that goes from one server to another.
    pub(crate) fn of(column: &Column, target: Dialect) -> Self {
        match column.data_type.as_str() {
            "enum" => ValueForm::Number { zero_is_noted: true },
            "set" | "bit" => ValueForm::Number { zero_is_noted: false },
            "uuid" | "inet4" | "inet6" => ValueForm::Text,
            "time" => ValueForm::Time,
            "json" if target.json_needs_charset() => ValueForm::Json,
            _ if column.origin == Origin::RowEnd => ValueForm::EndOfTime,
            _ => ValueForm::Plain,
        }
    }
}

/// How a column enters the checksum of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProofForm {
    /// Its own text, which is exact: integers, decimals, times, doubles.
    Plain,
    /// As a double: the text of a FLOAT is cut to six digits.
    Double,
    /// By its number: bits, sets, enumerations.
    Number,
    /// Its raw bytes.
    Bytes,
    /// A checksum of its raw bytes: long values would burst the limit of one text.
    LongBytes,
    /// A checksum of its hexadecimal form, for types that are no strings.
    Hexadecimal,
    /// As a text of its own.
    Text,
    /// A checksum of its text, for JSON of MySQL.
    LongText,
    /// The end of time of a current row.
    EndOfTime,
}

/// Up to here a value's own bytes go into the row's checksum.
const SHORT: u64 = 1_024;

impl ProofForm {
    /// Chooses the form for a column.
    pub(crate) fn of(column: &Column, dialect: Dialect) -> Self {
        let short = column.longest_bytes.is_some_and(|bytes| bytes <= SHORT);
        match column.data_type.as_str() {
            "float" => ProofForm::Double,
            "enum" | "set" | "bit" => ProofForm::Number,
            "uuid" | "inet4" | "inet6" => ProofForm::Text,
            "json" if dialect.json_needs_charset() => ProofForm::LongText,
            "char" | "varchar" | "binary" | "varbinary" | "tinytext" | "tinyblob" if short => {
                ProofForm::Bytes
            }
            "char" | "varchar" | "binary" | "varbinary" => ProofForm::LongBytes,
            kind if kind.ends_with("text") || kind.ends_with("blob") || kind == "json" => {
                ProofForm::LongBytes
            }
            "tinyint" | "smallint" | "mediumint" | "int" | "integer" | "bigint" | "decimal" | "numeric"
            | "double" | "real" | "date" | "time" | "datetime" | "timestamp" | "year"
                if column.origin != Origin::RowEnd =>
            {
                ProofForm::Plain
            }
            _ if column.origin == Origin::RowEnd => ProofForm::EndOfTime,
            // Geometries, vectors, and whatever type comes next.
            _ => ProofForm::Hexadecimal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dbha_sql::{Flavor, Version};

    fn column(data_type: &str, longest_bytes: Option<u64>) -> Column {
        Column {
            name: "c".into(),
            data_type: data_type.into(),
            column_type: data_type.into(),
            charset: None,
            collation: None,
            longest_bytes,
            nullable: true,
            origin: Origin::Written,
        }
    }

    #[test]
    fn json_differs_by_what_the_server_makes_of_it() {
        let mariadb = Dialect::new(Flavor::MariaDb, Version::new(10, 11, 6));
        let mysql = Dialect::new(Flavor::MySql, Version::new(9, 7, 0));
        assert_eq!(ValueForm::of(&column("json", None), mysql), ValueForm::Json);
        assert_eq!(
            ValueForm::of(&column("longtext", None), mariadb),
            ValueForm::Plain
        );
    }

    #[test]
    fn long_values_enter_the_proof_by_a_checksum_of_their_own() {
        let mariadb = Dialect::new(Flavor::MariaDb, Version::new(10, 11, 6));
        assert_eq!(
            ProofForm::of(&column("varchar", Some(400)), mariadb),
            ProofForm::Bytes
        );
        assert_eq!(
            ProofForm::of(&column("varchar", Some(65_535)), mariadb),
            ProofForm::LongBytes
        );
        assert_eq!(
            ProofForm::of(&column("mediumtext", None), mariadb),
            ProofForm::LongBytes
        );
        assert_eq!(
            ProofForm::of(&column("point", None), mariadb),
            ProofForm::Hexadecimal
        );
        assert_eq!(
            ProofForm::of(&column("a type of tomorrow", None), mariadb),
            ProofForm::Hexadecimal
        );
    }
}
