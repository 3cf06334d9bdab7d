use dbha_testkit::Release;

/// A type and values of it, as literals.
pub(super) struct Values {
    pub(super) kind: String,
    /// Columns that stand beside it, each behind a comma.
    pub(super) beside: &'static str,
    pub(super) values: Vec<String>,
    /// Whether dbha sums such a table up by itself.
    pub(super) summed: bool,
}

fn summed(kind: &str, values: &[&str]) -> Values {
    Values {
        kind: kind.into(),
        beside: "",
        values: values.iter().map(|value| (*value).to_owned()).collect(),
        summed: true,
    }
}

/// A type that is left to the servers.
fn asked(kind: &str, values: &[&str]) -> Values {
    Values {
        summed: false,
        ..summed(kind, values)
    }
}

/// Returns the types that a release knows, each with its ends and its oddities.
pub(super) fn values_of(release: Release) -> Vec<Values> {
    let mut all = numbers();
    all.extend(moments());
    all.extend(texts());
    all.extend(long_texts());
    all.extend(by_number());
    all.extend(left_to_servers());
    match release.is_mysql() {
        true => all.push(summed(
            "JSON",
            &[
                "'null'",
                "'{\"b\": [1, 2.50, \"ß😀\"], \"a\": 1e300}'",
                "'\"\"'",
                "'-0.0'",
            ],
        )),
        false => all.extend(of_mariadb(release)),
    }
    all
}

fn numbers() -> Vec<Values> {
    vec![
        summed("TINYINT", &["-128", "-1", "0", "1", "127"]),
        summed("TINYINT UNSIGNED", &["0", "127", "128", "255"]),
        summed("BOOL", &["TRUE", "FALSE", "-7"]),
        summed("SMALLINT", &["-32768", "-1", "0", "32767"]),
        summed("SMALLINT UNSIGNED", &["0", "32768", "65535"]),
        summed("MEDIUMINT", &["-8388608", "-1", "0", "8388607"]),
        summed("MEDIUMINT UNSIGNED", &["0", "8388608", "16777215"]),
        summed("INT", &["-2147483648", "-1", "0", "2147483647"]),
        summed("INT UNSIGNED", &["0", "2147483648", "4294967295"]),
        summed("INT(3)", &["-2147483648", "5"]),
        summed(
            "BIGINT",
            &["-9223372036854775808", "-1", "0", "9223372036854775807"],
        ),
        summed(
            "BIGINT UNSIGNED",
            &["0", "9223372036854775808", "18446744073709551615"],
        ),
        summed(
            "DECIMAL(65,30)",
            &[
                "99999999999999999999999999999999999.999999999999999999999999999999",
                "-99999999999999999999999999999999999.999999999999999999999999999999",
                "0.000000000000000000000000000001",
                "-0.000000000000000000000000000001",
                "-0.0",
                "0",
                "12.5",
            ],
        ),
        summed(
            "DECIMAL(65,0)",
            &[
                "-1",
                "0",
                "99999999999999999999999999999999999999999999999999999999999999999",
            ],
        ),
        summed("DECIMAL(1,1)", &["0.9", "-0.1", "0"]),
        summed("DECIMAL(10,2) UNSIGNED", &["0", "99999999.99", "0.01"]),
        summed("YEAR", &["0", "1901", "2155", "'0000'"]),
    ]
}

fn moments() -> Vec<Values> {
    let mut all = vec![summed(
        "DATE",
        &[
            "'0000-00-00'",
            "'0001-01-01'",
            "'2020-00-00'",
            "'2020-02-30'",
            "'9999-12-31'",
        ],
    )];
    for digits in 0..=6 {
        all.push(summed(
            &format!("DATETIME({digits})"),
            &[
                "'0000-00-00 00:00:00'",
                "'0001-01-01 00:00:00'",
                "'2020-02-03 04:05:06.5'",
                "'2020-02-03 04:05:06.000001'",
                "'2020-02-03 00:00:00.999999'",
                "'2020-00-00 00:00:00'",
                "'2020-02-30 00:00:01'",
                "'9999-12-31 23:59:59'",
            ],
        ));
        all.push(summed(
            &format!("TIMESTAMP({digits})"),
            &[
                "'0000-00-00 00:00:00'",
                "'1970-01-01 00:00:01'",
                "'2020-02-03 04:05:06.5'",
                "'2020-02-03 04:05:06.000001'",
                "'2038-01-19 03:14:07'",
            ],
        ));
        all.push(summed(
            &format!("TIME({digits})"),
            &[
                "'-838:59:59'",
                "'838:59:59'",
                "'0:0:0'",
                "'-0:0:0.000001'",
                "'-00:00:01.5'",
                "'100:00:00.999999'",
                "'23:59:59.123456'",
            ],
        ));
    }
    all
}

/// Character sets, and a text that each of them has.
const CHARSETS: [(&str, &str); 15] = [
    ("ascii", "az~"),
    ("latin1", "äöß€"),
    ("latin2", "ľšč"),
    ("latin5", "ğış"),
    ("cp1250", "ľšč€"),
    ("cp1251", "Жук"),
    ("koi8r", "Жук"),
    ("greek", "αβω"),
    ("utf8mb3", "äßЖ語"),
    ("utf8mb4", "ä語😀"),
    // The second byte of some of these is a backslash, or another one that means something.
    ("gbk", "語誠啊"),
    ("big5", "語功許"),
    ("sjis", "ソ語ア"),
    ("ujis", "ソ語ア"),
    ("ucs2", "äЖ語"),
];

fn texts() -> Vec<Values> {
    let mut all = vec![];
    for (charset, text) in CHARSETS {
        let of = |kind: &str, longest: usize| {
            let long = text.repeat(longest / text.chars().count());
            let values = ["", "a", " ", "a  ", "#", "a#b", "1", text, &long];
            let values: Vec<String> = values.iter().map(|value| format!("'{value}'")).collect();
            Values {
                kind: format!("{kind} CHARACTER SET {charset}"),
                beside: "",
                values,
                // Digits have two bytes there.
                summed: charset != "ucs2",
            }
        };
        all.push(of("CHAR(10)", 10));
        all.push(of("VARCHAR(60)", 60));
        all.push(of("VARCHAR(5000)", 5_000));
        all.push(of("TEXT", 9_000));
    }
    all.push(summed(
        "BINARY(5)",
        &["''", "X'0000000000'", "X'00FF2300'", "'a '", "X'2323232323'"],
    ));
    all.push(summed(
        "VARBINARY(20)",
        &["''", "X'00'", "X'00FF235C0A'", "'a '", "'#'"],
    ));
    all.push(Values {
        beside: ", x VARCHAR(20) CHARACTER SET utf8mb4 DEFAULT 'ß語', y VARBINARY(9) DEFAULT X'00FF', \
                 z CHAR(5) CHARACTER SET sjis DEFAULT 'ソ', i INT DEFAULT -1, d DATE",
        ..summed("VARCHAR(20) CHARACTER SET latin1", &["''", "'äöß'", "'a '"])
    });
    all
}

fn long_texts() -> Vec<Values> {
    let mut all = vec![];
    for kind in ["TINYTEXT", "TINYBLOB"] {
        all.push(summed(kind, &["''", "'a '", "'#'", "REPEAT('z', 255)"]));
    }
    for kind in [
        "MEDIUMTEXT",
        "LONGTEXT",
        "BLOB",
        "MEDIUMBLOB",
        "LONGBLOB",
        "VARCHAR(7000)",
        "VARBINARY(2000)",
    ] {
        all.push(summed(
            kind,
            &["''", "'a '", "'#'", "REPEAT('z', 250)", "REPEAT('z', 2000)"],
        ));
    }
    let large = [
        "REPEAT('z', 65535)",
        "REPEAT('ab', 40000)",
        "REPEAT('x', 1000000)",
    ];
    all.push(summed("LONGTEXT CHARACTER SET utf8mb4", &large));
    all.push(summed(
        "LONGBLOB",
        &[large[1], large[2], "X'00'", "REPEAT(X'00FF0A5C', 30000)"],
    ));
    all
}

fn by_number() -> Vec<Values> {
    let members: Vec<String> = (0..64).map(|member| format!("'m{member}'")).collect();
    vec![
        summed("BIT(1)", &["0", "1"]),
        summed("BIT(9)", &["0", "1", "511"]),
        summed(
            "BIT(64)",
            &["0", "1", "18446744073709551615", "9223372036854775808"],
        ),
        // What fits no name becomes number 0.
        summed(
            "ENUM('2', '1', '', 'ß', 'a#b')",
            &["'1'", "'2'", "''", "'ß'", "'no such'", "'a#b'"],
        ),
        summed("SET('a', 'b', '1', '#')", &["''", "'a'", "'a,b,1,#'", "'1'"]),
        summed(
            &format!("SET({})", members.join(", ")),
            &["'m0'", "'m63'", "'m0,m62'", "18446744073709551615"],
        ),
    ]
}

fn left_to_servers() -> Vec<Values> {
    vec![
        asked("DOUBLE", &["0", "-0.0", "0.1", "1e300", "16777217"]),
        asked("FLOAT", &["0.1", "16777216", "-1e-30"]),
        asked("INT(5) UNSIGNED ZEROFILL", &["0", "7", "4294967295"]),
        asked("DECIMAL(8,2) UNSIGNED ZEROFILL", &["0", "7.5"]),
        asked("POINT", &["ST_GeomFromText('POINT(1 2)')"]),
        Values {
            beside: ", g INT AS (v + 1) STORED",
            ..asked("INT", &["7", "-7"])
        },
        Values {
            beside: ", g INT AS (v + 1) VIRTUAL, h INT DEFAULT 5",
            ..summed("INT", &["7", "-7"])
        },
    ]
}

fn of_mariadb(release: Release) -> Vec<Values> {
    let mut all = vec![
        summed("JSON", &["'null'", "'{\"b\": [1, 2.50, \"ß😀\"], \"a\": 1e300}'"]),
        summed("INET6", &["'::'", "'::1'", "'2001:db8::ff'", "'::ffff:1.2.3.4'"]),
        summed("VARCHAR(200) COMPRESSED", &["''", "'a '", "REPEAT('z', 200)"]),
        summed("BLOB COMPRESSED", &["''", "X'00'", "REPEAT('z', 20000)"]),
    ];
    if release != Release::MariaDb10_5 {
        all.push(summed(
            "UUID",
            &[
                "'00000000-0000-0000-0000-000000000000'",
                "'12345678-1234-1234-1234-123456789abc'",
            ],
        ));
        all.push(summed("INET4", &["'0.0.0.0'", "'1.2.3.4'", "'255.255.255.255'"]));
    }
    all
}
