use super::*;
use crate::table::tests::table_with_key;
use dbha_sql::{Flavor, Parameter, Version};

fn mysql() -> Dialect {
    Dialect::new(Flavor::MySql, Version::new(9, 7, 0))
}

fn line(kinds: &[(u8, bool)], nulls: u8, values: &[u8], forms: &[TextForm]) -> io::Result<String> {
    let columns: Vec<Parameter> = kinds
        .iter()
        .map(|(kind, unsigned)| Parameter::of_column(*kind, *unsigned))
        .collect();
    let row = [&[0, nulls << 2][..], values].concat();
    let mut line = vec![];
    append_line(&mut line, BinaryRow::new(&row, &columns), forms)?;
    Ok(String::from_utf8_lossy(&line).into_owned())
}

#[test]
fn every_type_whose_text_is_exact_has_a_form_and_one_other_leaves_its_table_out() {
    let exact = [
        ("tinyint", TextForm::Integer),
        ("bigint", TextForm::Integer),
        ("enum", TextForm::Integer),
        ("set", TextForm::Integer),
        ("bit", TextForm::Integer),
        ("year", TextForm::Year),
        ("float", TextForm::Float),
        ("double", TextForm::Double),
        ("decimal", TextForm::Bytes),
        ("date", TextForm::Date),
        ("datetime", TextForm::Moment),
        ("timestamp", TextForm::Moment),
        ("time", TextForm::Bytes),
        ("varchar", TextForm::Bytes),
        ("longblob", TextForm::Bytes),
        ("json", TextForm::Bytes),
        ("geometry", TextForm::Bytes),
        ("vector", TextForm::Bytes),
    ];
    for (name, form) in exact {
        let table = table_with_key(&[("c", name, false)]);
        assert_eq!(text_forms(&table, mysql()), Some(vec![form]), "{name}");
    }
    let table = table_with_key(&[("id", "int", false), ("c", "a type of tomorrow", false)]);
    assert_eq!(text_forms(&table, mysql()), None);
    assert_eq!(text_forms(&table_with_key(&[]), mysql()), None);
}

#[test]
fn large_rows_leave_their_table_out_and_small_tables_never_are() {
    let of_size = |bytes_estimate, rows_estimate| Table {
        bytes_estimate,
        rows_estimate,
        ..table_with_key(&[("c", "longblob", false)])
    };
    assert!(text_forms(&of_size(11 << 20, 1_000), mysql()).is_none());
    assert!(text_forms(&of_size(11 << 20, 100_000), mysql()).is_some());
    assert!(text_forms(&of_size(16 << 10, 0), mysql()).is_some());
}

#[test]
fn numbers_keep_sign_and_size() {
    use TextForm::Integer;
    let one = |kind, unsigned, value: &[u8]| line(&[(kind, unsigned)], 0, value, &[Integer]).unwrap();
    assert_eq!(one(1, false, &[0x80]), "-128\n");
    assert_eq!(one(1, true, &[0xff]), "255\n");
    assert_eq!(one(2, false, &[0xfe, 0xff]), "-2\n");
    assert_eq!(one(9, true, &[0xff, 0xff, 0xff, 0]), "16777215\n");
    assert_eq!(one(8, false, &i64::MIN.to_le_bytes()), "-9223372036854775808\n");
    assert_eq!(one(8, true, &u64::MAX.to_le_bytes()), "18446744073709551615\n");
    assert_eq!(
        line(&[(13, true)], 0, &[0, 0], &[TextForm::Year]).unwrap(),
        "0000\n"
    );
}

#[test]
fn what_is_written_of_a_float_reads_back_as_the_same_one() {
    for value in [
        16_777_216.0_f32,
        f32::MAX,
        f32::MIN_POSITIVE,
        f32::from_bits(1),
        -0.1,
        -0.0,
    ] {
        let text = line(&[(4, false)], 0, &value.to_le_bytes(), &[TextForm::Float]).unwrap();
        let back: f64 = text.trim().parse().unwrap();
        assert_eq!((back as f32).to_bits(), value.to_bits(), "{text}");
        assert_eq!(back, f64::from(value), "{text}");
    }
    for value in [f64::MAX, f64::from_bits(1), -0.0, 0.1, 1.0 / 3.0] {
        let text = line(&[(5, false)], 0, &value.to_le_bytes(), &[TextForm::Double]).unwrap();
        assert_eq!(
            text.trim().parse::<f64>().unwrap().to_bits(),
            value.to_bits(),
            "{text}"
        );
    }
}

#[test]
fn dates_are_whole_whatever_was_left_out_of_them() {
    use TextForm::{Date, Moment};
    let date = |value: &[u8]| line(&[(10, false)], 0, value, &[Date]).unwrap();
    let moment = |value: &[u8]| line(&[(12, false)], 0, value, &[Moment]).unwrap();
    assert_eq!(date(&[0]), "0000-00-00\n");
    assert_eq!(date(&[4, 0xe4, 7, 0, 0]), "2020-00-00\n");
    assert_eq!(moment(&[0]), "0000-00-00 00:00:00\n");
    assert_eq!(moment(&[4, 0x0f, 0x27, 12, 31]), "9999-12-31 00:00:00\n");
    assert_eq!(moment(&[7, 0xe4, 7, 2, 30, 0, 0, 1]), "2020-02-30 00:00:01\n");
    assert_eq!(
        moment(&[11, 0xe4, 7, 2, 3, 4, 5, 6, 1, 0, 0, 0]),
        "2020-02-03 04:05:06.000001\n"
    );
}

#[test]
fn nulls_and_bytes_that_mean_something_are_told_apart() {
    use TextForm::Bytes;
    let kinds = [(253, false), (252, false), (253, false)];
    let values = b"\x02\\N\x06a\tb\nc\\";
    assert_eq!(
        line(&kinds, 0b100, values, &[Bytes; 3]).unwrap(),
        "\\\\N\ta\\\tb\\\nc\\\\\t\\N\n"
    );
    assert_eq!(line(&kinds, 0b011, b"\0", &[Bytes; 3]).unwrap(), "\\N\t\\N\t\n");
}

#[test]
fn scenario_82_values_that_are_not_what_their_column_promised_are_errors() {
    for (kind, value, form) in [
        (10, &[3, 1, 1, 1][..], TextForm::Date),
        (10, &[200][..], TextForm::Moment),
        (3, &[1, 0, 0, 0][..], TextForm::Double),
        (8, &[1, 0, 0, 0, 0, 0, 0, 0][..], TextForm::Float),
        (253, &[2, 1, 1][..], TextForm::Integer),
    ] {
        assert!(line(&[(kind, false)], 0, value, &[form]).is_err(), "{form:?}");
    }
    let month_200 = line(&[(10, false)], 0, &[4, 1, 0, 200, 1], &[TextForm::Date]).unwrap();
    assert_eq!(month_200, "0001-??-01\n");
}
