use super::*;
use crate::table::tests::table_with_key;
use dbha_sql::{Flavor, Parameter, Version};

fn mariadb() -> Dialect {
    Dialect::new(Flavor::MariaDb, Version::new(10, 11, 6))
}

fn sum_of(table: &Table) -> Option<RowSum> {
    RowSum::of(table, mariadb(), mariadb())
}

/// A table of one column by its whole type.
fn table_of(column_type: &str, longest_bytes: Option<u64>) -> Table {
    let data_type: String = column_type.chars().take_while(char::is_ascii_lowercase).collect();
    let mut table = table_with_key(&[("c", &data_type, false)]);
    table.columns[0].column_type = column_type.into();
    table.columns[0].longest_bytes = longest_bytes;
    table
}

fn forms(table: &Table) -> Option<Vec<SumForm>> {
    Some(sum_of(table)?.parts.iter().map(|part| part.form).collect())
}

#[test]
fn every_type_whose_text_is_certain_has_a_form() {
    let exact = [
        ("tinyint(1)", None, SumForm::Integer),
        ("bigint(20) unsigned", None, SumForm::Integer),
        ("enum('a','b')", None, SumForm::Integer),
        ("set('a','b')", None, SumForm::Integer),
        ("bit(64)", None, SumForm::Integer),
        ("year(4)", None, SumForm::Year),
        ("decimal(65,30)", None, SumForm::Bytes),
        ("date", None, SumForm::Date),
        ("datetime", None, SumForm::Moment(0)),
        ("timestamp(6)", None, SumForm::Moment(6)),
        ("time(3)", None, SumForm::Bytes),
        ("uuid", None, SumForm::Bytes),
        ("varchar(10)", Some(40), SumForm::Bytes),
        ("varchar(9000)", Some(9_000), SumForm::LongBytes),
        ("longblob", None, SumForm::LongBytes),
    ];
    for (column_type, longest, form) in exact {
        assert_eq!(
            forms(&table_of(column_type, longest)),
            Some(vec![form]),
            "{column_type}"
        );
    }
    let mysql = Dialect::new(Flavor::MySql, Version::new(9, 7, 0));
    assert!(RowSum::of(&table_of("json", None), mysql, mysql).is_some());
}

#[test]
fn one_column_that_is_not_certain_leaves_its_table_to_the_servers() {
    for column_type in [
        "float",
        "double",
        "int(5) unsigned zerofill",
        "decimal(10,2) unsigned zerofill",
        "year(2)",
        "datetime /* mariadb-5.3 */",
        "timestamp(7)",
        "time /* mariadb-5.3 */",
        "point",
        "vector",
        "typeoftomorrow",
    ] {
        let table = table_of(column_type, None);
        assert_eq!(forms(&table), None, "{column_type}");
        let mut beside = table_with_key(&[("id", "int", false)]);
        beside.columns.extend(table.columns);
        assert_eq!(forms(&beside), None, "{column_type}");
    }
    let mut wide = table_of("varchar(10)", Some(40));
    wide.columns[0].charset = Some("ucs2".into());
    assert_eq!(forms(&wide), None);
    let mut computed = table_of("int(11)", None);
    computed.columns[0].origin = Origin::Stored;
    assert_eq!(forms(&computed), None);
    // What is computed whenever it is read is not kept, and so not proven.
    computed.columns[0].origin = Origin::Virtual;
    computed.columns.extend(table_of("int(11)", None).columns);
    assert_eq!(forms(&computed), Some(vec![SumForm::Integer]));
    let mut versioned = table_of("int(11)", None);
    versioned.system_versioned = true;
    assert_eq!(forms(&versioned), None);
    assert_eq!(forms(&table_with_key(&[])), None);
}

/// Adds one row and returns the text whose checksum that is.
fn line(columns: &[(&str, u8, bool)], nulls: u8, values: &[u8]) -> String {
    let mut table = table_with_key(&[]);
    let parameters: Vec<Parameter> = columns
        .iter()
        .map(|(_, kind, _)| Parameter::of_column(*kind, false))
        .collect();
    for (column_type, _, nullable) in columns {
        let mut column = table_of(column_type, Some(40)).columns.remove(0);
        column.nullable = *nullable;
        table.columns.push(column);
    }
    let mut sum = sum_of(&table).unwrap();
    let row = [&[0, nulls << 2][..], values].concat();
    sum.add(BinaryRow::new(&row, &parameters)).unwrap();
    assert_eq!(sum.sum(), u128::from(crc32fast::hash(&sum.line)));
    String::from_utf8_lossy(&sum.line).into_owned()
}

#[test]
fn rows_are_written_as_the_statement_writes_them() {
    let text = ("varchar(10)", 253, true);
    let firm = ("varchar(10)", 253, false);
    assert_eq!(line(&[firm, firm], 0, b"\x01a\x00"), "a#");
    assert_eq!(line(&[firm, text], 0b10, b"\x00"), "#1");
    assert_eq!(line(&[text, text, firm], 0b01, b"\x00\x01b"), "#b#10");
    assert_eq!(line(&[text, text], 0b11, b""), "11");
    assert_eq!(line(&[firm], 0b1, b""), "");
    let moment = [7, 0xe4, 7, 2, 3, 4, 5, 6];
    assert_eq!(
        line(&[("datetime(3)", 12, false)], 0, &moment),
        "2020-02-03 04:05:06.000"
    );
    assert_eq!(line(&[("datetime", 12, false)], 0, &[0]), "0000-00-00 00:00:00");
    let long = ("mediumtext", 252, false);
    assert_eq!(
        line(&[long, ("int(11)", 3, false)], 0, b"\x03abc\xff\xff\xff\xff"),
        "891568578#-1"
    );
}

#[test]
fn sums_add_up_and_a_row_of_another_shape_is_none() {
    let mut sum = sum_of(&table_of("int(11)", None)).unwrap();
    let int = [Parameter::of_column(3, false)];
    for number in [1_u8, 2] {
        sum.add(BinaryRow::new(&[0, 0, number, 0, 0, 0], &int)).unwrap();
    }
    let wanted = u128::from(crc32fast::hash(b"1")) + u128::from(crc32fast::hash(b"2"));
    assert_eq!(sum.sum(), wanted);
    assert!(sum.add(BinaryRow::new(&[0, 0], &[])).is_err());
    assert!(sum.add(BinaryRow::new(&[0, 0, 1], &int)).is_err());
}
